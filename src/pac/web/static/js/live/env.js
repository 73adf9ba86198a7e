// @ts-check
/** What is taken from the browser, so that a test runs an hour in a second. */

export { browserEnv } from './socket.js';

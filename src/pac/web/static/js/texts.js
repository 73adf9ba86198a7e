// @ts-check
export { loadTexts, say } from './ui/texts.js';

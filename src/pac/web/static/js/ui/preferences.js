// @ts-check
/**
 * What is preferred on this device: attributes of <html>, which the server writes from a cookie before the first paint
 * (web/preferences.py). A change in one tab is one in all of them.
 */

import { signal } from '../vendor/signals-core.js';

const CHANNEL = 'pac-preferences';

/** @typedef {Record<string, string | undefined>} Values theme, text, density, enter, announce, keys, notify */

const { dataset } = document.documentElement;

/** Read as a signal: the values now. */
export const preferences = signal(/** @type {Values} */ ({ ...dataset }));

const channel = 'BroadcastChannel' in window ? new BroadcastChannel(CHANNEL) : null;
channel?.addEventListener('message', (event) => apply(event.data));

function apply(/** @type {Values} */ values) {
  Object.assign(dataset, values);
  preferences.value = { ...dataset };
}

/** At once here and in the other tabs; the server is told by who calls. */
export function prefer(/** @type {Values} */ values) {
  apply(values);
  channel?.postMessage(values);
}

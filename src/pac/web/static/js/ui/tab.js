// @ts-check
/** The browser's tab: how much is unread in all rooms, and which room this is. */

import { effect } from '../vendor/signals.js';

/** @param {import('./state.js').State} state */
export function keepTab(state) {
  const icon = /** @type {HTMLLinkElement | null} */ (document.getElementById('favicon'));
  const plain = icon?.getAttribute('href') ?? '';
  return effect(() => {
    const unread = state.rooms.unread.value;
    const name = state.view.value?.room.value.name ?? '';
    document.title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${name ? `${name} · ` : ''}PAC`;
    const wanted = unread ? icon?.dataset.dot ?? plain : plain;
    if (icon && icon.getAttribute('href') !== wanted) icon.setAttribute('href', wanted);
  });
}

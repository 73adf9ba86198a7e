// @ts-check
/**
 * Keys that bring something up on any page: Ctrl+K or ⌘K the rooms, `?` outside a field the list of keys. What they
 * bring is loaded when it is first asked for.
 */

import { preferences } from './preferences.js';

const FIELDS = 'input, textarea, select, [contenteditable]';

/** @typedef {import('./my_rooms.js').RoomRow} RoomRow */
/** @typedef {{rooms: () => Promise<RoomRow[]> | RoomRow[], go: (id: string) => void}} Use */

export function listenForSummons(/** @type {Use} */ use) {
  document.addEventListener('keydown', async (event) => {
    if (event.altKey || event.defaultPrevented) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const isRooms = isCommand && !event.shiftKey && event.key.toLowerCase() === 'k';
    const isKeys = !isCommand && event.key === '?' && preferences.peek().keys !== 'off'
      && !(/** @type {Element} */ (event.target).closest(FIELDS));
    if (!isRooms && !isKeys) return;
    event.preventDefault();
    if (document.querySelector('dialog[open]')) return;
    if (isRooms) (await import('./switcher.js')).openSwitcher(use);
    else (await import('./shortcuts.js')).openShortcuts();
  });
}

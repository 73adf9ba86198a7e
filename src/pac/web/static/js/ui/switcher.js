// @ts-check
/**
 * To a room by a few letters of its name, from anywhere on the page. It finds as the lobby does, 초성 and half-written
 * syllables included.
 */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { over } from './dialog.js';
import { pieces, search } from './search.js';
import { signOf, unreadMark } from './signs.js';
import { say } from './texts.js';

const SHOWN_MAX = 8;

/** @typedef {import('./my_rooms.js').RoomRow} RoomRow */

/** @returns {Promise<unknown>} when it is closed */
export function openSwitcher(/** @type {import('./summons.js').Use} */ use) {
  const rooms = Promise.resolve(use.rooms()).catch(() => /** @type {RoomRow[]} */ ([]));
  return over('switcher', say('Go to a room'), (dialog) => {
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    return h(Finder, { rooms, go: (id) => { dialog.close(); use.go(id); } });
  });
}

/** @extends {Component<{rooms: Promise<RoomRow[]>, go: (id: string) => void}>} */
class Finder extends Component {
  query = signal('');
  at = signal(0);
  rooms = signal(/** @type {RoomRow[] | null} */ (null));

  /** What is typed while the rooms are on their way is looked for when they are there. */
  async componentDidMount() { this.rooms.value = await this.props.rooms; }

  get found() { return search(this.query.value, this.rooms.value ?? [], (row) => row.name).slice(0, SHOWN_MAX); }

  onKey(/** @type {KeyboardEvent} */ event) {
    const { found } = this;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && found.length) this.at.value = (this.at.value + step + found.length) % found.length;
    else if (event.key === 'Enter' && !event.isComposing && event.keyCode !== 229) this.choose();
    else return;
    event.preventDefault();
  }

  async choose() {
    await this.props.rooms;
    const chosen = this.found[this.at.peek()];
    if (chosen) this.props.go(chosen.row.roomId);
  }

  render() {
    const { found } = this;
    const at = this.at.value;
    return [
      h('input', {
        type: 'text', role: 'combobox', 'aria-expanded': found.length > 0, 'aria-controls': 'switcher-rooms', 'aria-autocomplete': 'list',
        'aria-activedescendant': found.length ? `switch-${at}` : undefined, 'aria-label': say('Go to a room'), placeholder: say('Go to a room'),
        maxLength: 64, autoFocus: true,
        onInput: (/** @type {InputEvent} */ event) => { this.query.value = /** @type {HTMLInputElement} */ (event.currentTarget).value; this.at.value = 0; },
        onKeyDown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
      }),
      h('ul', { id: 'switcher-rooms', role: 'listbox', 'aria-label': say('My rooms') }, found.map(({ row, found: where }, place) => h(
        'li', {
          key: row.roomId, id: `switch-${place}`, role: 'option', class: 'side-row', 'aria-selected': place === at,
          onPointerMove: () => { this.at.value = place; }, onClick: () => this.props.go(row.roomId),
        },
        signOf(row),
        h('bdi', { class: 'side-name' }, pieces(row.name, where.marks).map(({ text, marked }) => (marked ? h('mark', null, text) : text))),
        unreadMark(row.unread),
      ))),
      this.rooms.value && !found.length && h('p', { class: 'side-none', role: 'status' }, say('No room is called “{query}”.', { query: this.query.value })),
    ];
  }
}

// @ts-check
/**
 * My rooms at the left: drawn as templates/side.html draws them, and kept true.
 *
 * Rows are links, so that everything a browser does with links works; the page takes a plain click over (navigation.js).
 * ↑ and ↓ walk the rows; what is typed above them finds names as a Korean keyboard writes them (search.js).
 */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { pieces, search } from './search.js';
import { signOf, statusWords, unreadMark } from './signs.js';
import { say } from './texts.js';

const SEARCH_FROM = 6;

/** @typedef {import('./my_rooms.js').RoomRow} RoomRow */
/** @typedef {import('./search.js').Found} Found */
/** @typedef {{rooms: import('./my_rooms.js').MyRooms, shown: () => string}} Props `shown`: the room on screen, read as a signal */

/** @extends {Component<Props>} */
export class RoomsPane extends Component {
  query = signal('');

  hold(/** @type {boolean} */ isHeld) { this.props.rooms.isHeld.value = isHeld; }

  onKey(/** @type {KeyboardEvent} */ event) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape' && this.query.value) { this.query.value = ''; return; }
    if (!step || event.isComposing) return;
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    const stops = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('input, a.side-row')]);
    const next = stops[stops.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  /** @override */
  render(/** @type {Props} */ { rooms, shown }) {
    const all = rooms.sorted.value;
    const found = search(this.query.value, all, (row) => row.name);
    return h(
      'div', {
        class: 'side-inner',
        onPointerEnter: () => this.hold(true), onPointerLeave: () => this.hold(false),
        onKeyDown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
      },
      h('h2', null, say('My rooms')),
      all.length >= SEARCH_FROM && h('input', {
        class: 'side-find', type: 'search', id: 'side-find', 'aria-label': say('Search my rooms'), placeholder: say('Search my rooms'),
        value: this.query.value, maxLength: 64,
        onInput: (/** @type {InputEvent} */ event) => { this.query.value = /** @type {HTMLInputElement} */ (event.currentTarget).value; },
      }),
      found.length > 0 && h('ul', { class: 'side-list' }, found.map(({ row, found: where }) => this.row(row, where, shown()))),
      !all.length && h('p', { class: 'side-none' }, say('You are in no room yet.'), h('br', null), h('a', { href: '/chat/lobby' }, say('See the lobby'))),
      all.length > 0 && !found.length && h(
        'p', { class: 'side-none' }, say('None of your rooms is called so.'), h('br', null),
        h('a', { href: `/chat/lobby?q=${encodeURIComponent(this.query.value)}` }, say('Search the lobby')),
      ),
    );
  }

  /** @param {RoomRow} row @param {Found} found @param {string} shown */
  row(row, found, shown) {
    const isShown = row.roomId === shown;
    const isDrafted = !isShown && this.props.rooms.drafts.value.has(row.roomId);
    const words = statusWords(row.status);
    const marks = `${row.unread ? ' has-unread' : ''}${row.status === 'VOID' ? ' is-void' : ''}`;
    return h('li', { key: row.roomId }, h(
      'a', {
        class: `side-row${marks}`, href: `/chat/room/${row.roomId}`, 'data-room': row.roomId,
        'aria-current': isShown ? 'page' : undefined,
      },
      signOf(row),
      h('bdi', { class: 'side-name' }, pieces(row.name, found.marks).map(({ text, marked }) => (marked ? h('mark', null, text) : text))),
      isDrafted && h('span', { class: 'side-draft' }, say('Draft')),
      words && h('span', { class: 'badge ended' }, words),
      h('span', { class: 'mention-slot' }),
      unreadMark(row.unread),
    ));
  }
}

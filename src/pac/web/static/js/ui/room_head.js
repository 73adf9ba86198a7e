// @ts-check
/** The line above the messages: what room this is, who is there, and what can be done with it. */

import { Component, h } from '../vendor/preact.js';
import { badges, sign } from './signs.js';
import { say } from './texts.js';

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {{view: RoomView, isOpen: import('../vendor/signals.js').ReadonlySignal<boolean>, details: () => boolean}} Props
 *  `details` opens and closes the pane of details; false where the window has no room for it */

/** @extends {Component<Props>} */
export class RoomHead extends Component {
  render(/** @type {Props} */ { view, isOpen, details }) {
    const room = view.room.value;
    const may = view.may.value;
    const online = view.online.value;
    const address = `/chat/room/${room.roomId}`;
    return [
      h('a', { class: 'round back', href: '/chat/rooms', 'aria-label': say('To my rooms') }, sign('back')),
      h('h1', null, h('bdi', null, room.name)),
      badges(room),
      h(
        'span', { class: 'room-count' },
        h('span', { id: 'online', class: 'online', hidden: !online }, online), ' ',
        h('span', { id: 'count' }, `${room.roomMembersCount}/${room.capacity}`),
      ),
      may.read && h('a', { class: 'round', href: `/chat/log/${room.roomId}`, 'aria-label': say('Search the log'), title: say('Search the log') }, sign('search')),
      may.read && h('a', {
        id: 'people', class: 'round', href: `${address}/members`, 'aria-label': say('Members'), title: say('Members'),
        'aria-expanded': isOpen.value, 'aria-controls': 'details', role: 'button',
        onClick: (/** @type {MouseEvent} */ event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || !details()) return;
          event.preventDefault();
        },
        onKeyDown: (/** @type {KeyboardEvent} */ event) => { if (event.key === ' ' && details()) event.preventDefault(); },
      }, sign('people'), may.change && room.requests > 0 && h('span', { class: 'dot' }, h('span', { class: 'unseen' }, say('Somebody asks to join')))),
      h(Menu, { key: room.roomId, view }),
    ];
  }
}

/** @extends {Component<{view: RoomView}>} */
class Menu extends Component {
  /** Closed by Esc, and by a press anywhere else. */
  componentDidMount() {
    this.away = (/** @type {Event} */ event) => {
      const menu = /** @type {HTMLDetailsElement | null} */ (document.querySelector('#room-head details.menu'));
      if (!menu?.open) return;
      const isKey = event instanceof KeyboardEvent;
      if (isKey ? event.key !== 'Escape' : menu.contains(/** @type {Node} */ (event.target))) return;
      menu.open = false;
      if (isKey) { event.stopPropagation(); menu.querySelector('summary')?.focus(); }
    };
    document.addEventListener('pointerdown', this.away, true);
    document.addEventListener('keydown', this.away, true);
  }

  componentWillUnmount() {
    if (!this.away) return;
    document.removeEventListener('pointerdown', this.away, true);
    document.removeEventListener('keydown', this.away, true);
  }

  render(/** @type {{view: RoomView}} */ { view }) {
    const room = view.room.value;
    const may = view.may.value;
    const address = `/chat/room/${room.roomId}`;
    if (!room.description && !may.change && !may.leave && !may.end) return null;
    return h(
      'details', { class: 'menu' },
      h('summary', { 'aria-label': say('About this room'), title: say('About this room') }, sign('more')),
      h(
        'div', { class: 'menu-body' },
        room.description && h('p', null, h('bdi', null, room.description)),
        may.change && h(
          'a', { class: 'button wide', href: `/chat/room/modify/${room.roomId}` }, say('Room settings'),
          h('span', { id: 'requests', class: 'unread', hidden: !room.requests }, room.requests),
        ),
        may.leave && h('form', { method: 'post', action: `${address}/exit` }, h('button', { class: 'wide' }, say('Leave the room'))),
        may.end && h('a', { class: 'button danger wide', href: `${address}/end` }, say('End the room')),
      ),
    );
  }
}

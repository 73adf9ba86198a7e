// @ts-check
/** One room of the lobby, as templates/room_row.html draws it, with what was found in its name marked. */

import { h } from '../vendor/preact.js';
import { pieces } from './search.js';
import { badges, statusWords, unreadMark } from './signs.js';
import { say } from './texts.js';

/** @typedef {import('./lobby_rows.js').LobbyRow} LobbyRow */

/** @param {LobbyRow} row @param {[number, number][]} marks what was found in the name @param {string} language */
export function lobbyRow(row, marks, language) {
  const time = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
  const words = row.status && row.status !== 'ALIVE' ? statusWords(row.status) : '';
  const address = `/chat/room/${row.roomId}`;
  const name = h('span', { class: 'unseen' }, ` ${row.name}`);
  return h(
    'li', { class: 'room-row', key: row.roomId, 'data-room': row.roomId },
    h(
      'div', { class: 'room-what' },
      h('a', { class: 'room-name', href: address }, h('bdi', null, pieces(row.name, marks).map(({ text, marked }) => (marked ? h('mark', null, text) : text)))), ' ',
      badges(row), words && h('span', { class: 'badge ended' }, words), unreadMark(row.unread),
      row.description && h('p', { class: 'room-about' }, h('bdi', null, row.description)),
    ),
    h(
      'div', { class: 'room-count' },
      row.onlineCount > 0 && [h('span', { class: 'online' }, row.onlineCount), ' '], `${row.roomMembersCount}/${row.capacity} `,
      h('span', { class: 'room-when' }, time.format(Date.parse(row.lastActivityAt))),
    ),
    h(
      'div', { class: 'room-do' },
      row.mayJoin
        ? h('form', { method: 'post', action: `${address}/join` },
          h('button', { disabled: row.isFull }, row.isFull ? say('Full') : row.asks ? say('Ask to join') : say('Join'), name))
        : h('a', { class: 'button', href: address }, say('Open room'), name),
    ),
  );
}

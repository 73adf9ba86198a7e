// @ts-check
/**
 * The lobby found by typing: what templates/lobby.html drew is drawn again with what matches, at every key, composing
 * included; counts are asked for every ten seconds. Without this script the form does the same with a press.
 */

import { h, render } from '../vendor/preact.js';
import { effect } from '../vendor/signals.js';
import { LobbyRows } from '../ui/lobby_rows.js';
import { pieces } from '../ui/search.js';
import { badges, statusWords, unreadMark } from '../ui/signs.js';
import { loadTexts, say } from '../ui/texts.js';

const REFRESH_MS = 10_000;
const ASK_AFTER_MS = 200;

/** @typedef {import('../ui/lobby_rows.js').LobbyRow} LobbyRow */

const list = /** @type {HTMLElement} */ (document.getElementById('lobby'));
const form = /** @type {HTMLFormElement} */ (document.getElementById('lobby-search'));
const field = /** @type {HTMLInputElement} */ (document.getElementById('q'));
const order = /** @type {HTMLSelectElement} */ (document.getElementById('sort'));
const language = document.documentElement.lang;
const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });

const rows = new LobbyRows();
let asked = 0;
let timer = 0;

document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

async function ask(mayOrder = false) {
  asked += 1;
  const turn = asked;
  const query = rows.isWhole || !rows.told.peek() ? '' : field.value.trim();
  try {
    const answer = await fetch(`/chat/lobby?sort=${order.value}&q=${encodeURIComponent(query)}`, { headers: { Accept: 'application/json' } });
    if (answer.status === 401 || answer.redirected) { location.reload(); return; }
    if (answer.ok && turn === asked) rows.take(await answer.json(), mayOrder);
  } catch {
    // no line: what is shown stays, and the next turn asks again
  }
}

function typed() {
  const query = field.value.trim();
  const address = new URLSearchParams();
  if (query) address.set('q', query);
  if (order.value !== 'activity') address.set('sort', order.value);
  history.replaceState(null, '', `${location.pathname}${address.size ? `?${address}` : ''}`);
  rows.query.value = query;
  if (!rows.told.peek() || rows.isWhole) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => ask(true), ASK_AFTER_MS);
}

/** @param {LobbyRow} row @param {[number, number][]} marks */
function drawn(row, marks) {
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
      row.onlineCount > 0 && [h('span', { class: 'online' }, `● ${row.onlineCount}`), ' · '], `${row.roomMembersCount}/${row.capacity} `,
      h('span', { class: 'room-when' }, day.format(Date.parse(row.lastActivityAt))),
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

function draw() {
  if (!rows.told.value) return;
  const [query, found] = [rows.query.value, rows.found.value];
  const make = `/chat/room/create${query ? `?q=${encodeURIComponent(query)}` : ''}`;
  render([
    rows.isStale.value && h('p', { class: 'chip-line', key: 'chip' }, h('button', { type: 'button', class: 'chip', onClick: () => rows.reorder() }, say('Update the order'))),
    found.length > 0 && h('ul', { class: 'rooms', key: 'rooms' }, found.map(({ row, found: where }) => drawn(row, where.marks))),
    !found.length && h(
      'div', { class: 'empty', key: 'empty' },
      h('p', { role: 'status' }, query ? say('No room is called “{query}”.', { query }) : say('There is no room yet. Make the first one.')),
      h('a', { class: query ? 'button' : 'button primary', href: make }, query ? say('Make a room with this name') : say('New room')),
    ),
  ], list);
}

function held() {
  const isHeld = list.matches(':hover') || list.contains(document.activeElement);
  rows.isHeld.value = isHeld;
  if (!isHeld && rows.isStale.peek()) rows.reorder();
}

await loadTexts(document.documentElement.dataset.texts ?? '', language);
rows.query.value = field.value.trim();
await ask(true);
list.replaceChildren();
effect(draw);
form.addEventListener('submit', (event) => { event.preventDefault(); typed(); });
field.addEventListener('input', typed);
order.addEventListener('change', () => { typed(); ask(true); });
for (const event of ['pointerenter', 'pointerleave', 'focusin', 'focusout']) list.addEventListener(event, () => window.setTimeout(held));
window.setInterval(() => { if (!document.hidden) ask(); }, REFRESH_MS);
if (field.value.trim() !== rows.query.peek()) typed(); // what was typed while this was loading

// @ts-check
/**
 * The lobby found by typing: what templates/lobby.html drew is drawn again with what matches, at every key, composing
 * included; counts are asked for every ten seconds. Without this script the form does the same with a press.
 */

import { h, render } from '../vendor/preact.js';
import { effect } from '../vendor/signals.js';
import { lobbyRow } from '../ui/lobby_row.js';
import { LobbyRows } from '../ui/lobby_rows.js';
import { loadTexts, say } from '../ui/texts.js';

const REFRESH_MS = 10_000;
const ASK_AFTER_MS = 200;

const list = /** @type {HTMLElement} */ (document.getElementById('lobby'));
const form = /** @type {HTMLFormElement} */ (document.getElementById('lobby-search'));
const field = /** @type {HTMLInputElement} */ (document.getElementById('q'));
const order = /** @type {HTMLSelectElement} */ (document.getElementById('sort'));
const language = document.documentElement.lang;

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

function draw() {
  if (!rows.told.value) return;
  const [query, found] = [rows.query.value, rows.found.value];
  const make = `/chat/room/create${query ? `?q=${encodeURIComponent(query)}` : ''}`;
  render([
    rows.isStale.value && h('p', { class: 'chip-line', key: 'chip' }, h('button', { type: 'button', class: 'chip', onClick: () => rows.reorder() }, say('Update the order'))),
    found.length > 0 && h('ul', { class: 'rooms', key: 'rooms' }, found.map(({ row, found: where }) => lobbyRow(row, where.marks, language))),
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
form.classList.add('is-live');
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

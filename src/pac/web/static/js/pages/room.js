// @ts-check
/**
 * The room page: what the server drew is drawn again by components, kept true by the socket, and exchanged for another
 * room's without leaving the page. This file only ties them together.
 */

import { h, render } from '../vendor/preact.js';
import { computed, effect, signal } from '../vendor/signals.js';
import { LiveClient } from '../live/client.js';
import { browserEnv } from '../live/env.js';
import { openOutboxStore } from '../live/store.js';
import { Actions } from '../ui/actions.js';
import { Announcer } from '../ui/announcer.js';
import { Banner } from '../ui/banner.js';
import { enterSendsHere } from '../ui/composer/keys.js';
import { confirm } from '../ui/dialog.js';
import { MessageList } from '../ui/list/message_list.js';
import { Notifications } from '../ui/notifications.js';
import { preferences } from '../ui/preferences.js';
import { Navigation, roomOf } from '../ui/navigation.js';
import { RoomFoot } from '../ui/room_foot.js';
import { RoomHead } from '../ui/room_head.js';
import { RoomsPane } from '../ui/rooms_pane.js';
import { DetailsPane, keepHeight } from '../ui/shell.js';
import { SignOut, forget, toSignIn } from '../ui/sign_out.js';
import { State, pageState } from '../ui/state.js';
import { listenForSummons } from '../ui/summons.js';
import { keepTab } from '../ui/tab.js';
import { loadTexts } from '../ui/texts.js';
import { Typists } from '../ui/typing_line.js';

/** @typedef {import('../ui/composer/composer.js').Handle} Handle */
/** @typedef {import('../ui/state.js').RoomView} RoomView */

const page = pageState();
await loadTexts(document.documentElement.dataset.texts ?? '', page.language);
document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

const slot = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const [pane, head, list, foot, banner, details] = ['rooms-pane', 'room-head', 'list-slot', 'composer-pane', 'banner-slot', 'details'].map(slot);

const state = new State(page);
const store = await openOutboxStore();
const client = new LiveClient({
  url: page.socketUrl || `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/message`,
  me: page.me, env: browserEnv(), store,
});
const { drafts } = client;
const announcer = new Announcer(slot('announcer'), page.me.id);
const typists = new Typists();
const actions = new Actions(state, client, {
  entries: (entries) => {
    if (preferences.peek().announce !== 'off') announcer.heard(entries);
    for (const entry of entries) typists.said(entry.member.id);
  },
  typing: (frame) => typists.heard(frame),
  quiet: () => { typists.clear(); announcer.clear(); },
  trouble: (words) => announcer.say(words),
  left: () => {},
});

const enterSends = computed(() => {
  const { enter } = preferences.value;
  return enter === 'send' || (enter !== 'newline' && enterSendsHere());
});
const notifications = new Notifications({
  me: page.me.id,
  nameOf: (id) => state.rooms.rows.peek().find((row) => row.roomId === id)?.name ?? 'PAC',
  open: (id) => { if (id !== shown.peek()) navigation.go({ id, at: 0 }, `/chat/room/${id}`); },
});
client.on('message', (frame) => notifications.heard(frame));

/** The pane at the right, loaded when it is first opened: a phone shows members on a page of its own. */
const Details = signal(/** @type {typeof import('../ui/details.js').Details | null} */ (null));

/** @type {Handle | null} */
let composer = null;
const hasKeyboard = matchMedia('(pointer: fine)');
const field = () => /** @type {HTMLTextAreaElement | null} */ (document.getElementById('composer'));
const shown = computed(() => state.opening.value || state.view.value?.id || '');
const panel = new DetailsPane(state.isDetailsOpen, () => document.getElementById('people')?.focus());

/** A slot drawn by a component for the room on screen, again for every room. */
function fill(/** @type {HTMLElement} */ place, /** @type {(view: RoomView) => any} */ draw) {
  effect(() => {
    const view = state.view.value;
    if (view) render(draw(view), place);
  });
}

/**
 * What was typed before the scripts were there goes into the draft, which the composer begins with. A syllable that
 * is being composed is finished first: taking the field away would break it (first_view.js says whether one is).
 * @returns {Promise<boolean>} whether somebody is writing
 */
async function takeEarly() {
  const early = /** @type {HTMLTextAreaElement | null} */ (document.getElementById('early'));
  const id = page.room?.roomId;
  if (!early || !id) return false;
  if (early.dataset.composing) await new Promise((resolve) => { early.addEventListener('compositionend', resolve, { once: true }); });
  const draft = drafts.text(id);
  if (early.value.trim()) drafts.write(id, draft ? `${draft}\n${early.value}` : early.value);
  return document.activeElement === early;
}

function start() {
  for (const place of [pane, head, list, foot]) place.replaceChildren();
  render(h(RoomsPane, { rooms: state.rooms, shown: () => shown.value }), pane);
  render(h(Banner, { connection: actions.connection, now: () => client.connectNow() }), banner);
  actions.start(page, roomOf(location)?.at ?? 0);
  fill(head, (view) => h(RoomHead, { key: view.id, view, isOpen: state.isDetailsOpen, details: () => panel.toggle() }));
  fill(list, (view) => (isReadable(view) ? h(MessageList, { key: view.id, ...listProps(view) }) : null));
  fill(foot, (view) => h(RoomFoot, { view, state, actions, drafts, typists, enterSends, composer: (handle) => { composer = handle; } }));
  effect(() => {
    const view = state.view.value;
    const isOpen = state.isDetailsOpen.value && view !== null && isReadable(view);
    details.hidden = !isOpen;
    const part = Details.value;
    if (isOpen && !part) import('../ui/details.js').then((loaded) => { Details.value = loaded.Details; });
    render(view && isOpen && part ? h(part, { view, language: state.language, close: () => panel.close(), confirm }) : null, details);
  });
}

/** Its log may be shown. Who was banned sees that, and no history. */
function isReadable(/** @type {RoomView} */ view) {
  return view.may.value.read && !['banned', 'gone', 'forbidden'].includes(view.gone.value?.code ?? '');
}

function listProps(/** @type {RoomView} */ view) {
  const { held, items, mayDelete, unreadAfter, place } = view;
  const at = view.at;
  view.at = 0; // a room one comes back to is where it was left
  return {
    entries: held.entries, items, me: state.me, mayDelete, unreadAfter,
    hasOlder: held.hasOlder, hasNewer: held.hasNewer, missed: held.missed, at, place,
    use: {
      older: () => held.older(), newer: () => actions.newer(), around: (/** @type {number} */ seq) => actions.around(seq),
      latest: () => actions.latest(), seen: (/** @type {number} */ seq) => actions.seen(seq),
      retry: (/** @type {string} */ cid) => actions.retry(cid), discard: (/** @type {string} */ cid) => actions.discard(cid),
      edit: (/** @type {{cid: string, body: string}} */ item) => { actions.discard(item.cid); composer?.fill(item.body); },
      remove: (/** @type {number} */ seq) => actions.remove(seq),
      leave: () => field()?.focus(),
    },
  };
}

/** Where the caret was, kept with the room that is left. */
function left() {
  const [view, text] = [state.view.peek(), field()];
  if (view && text) view.caret = [text.selectionStart, text.selectionEnd];
}

function arrived() {
  const [view, text] = [state.view.peek(), field()];
  for (const place of [head, list, foot]) place.scrollLeft = 0;
  drafted();
  if (!text) return;
  if (view?.caret) text.setSelectionRange(...view.caret);
  if (hasKeyboard.matches) text.focus();
}

/** Where the text ends, as if nothing had happened. */
function writeOn() {
  const text = field();
  text?.focus();
  text?.setSelectionRange(text.value.length, text.value.length);
}

/** In which rooms something is half written. */
function drafted() {
  const has = new Set(drafts.rooms());
  for (const id of [...state.rooms.ids, ...state.rooms.drafts.peek()]) state.rooms.drafted(id, has.has(id));
}

async function forgotten() {
  client.end();
  const text = field();
  if (text) text.value = ''; // what goes is not saved once more
  await forget(page.me.id, store);
}

const isWriting = await takeEarly();
start();
keepHeight();
keepTab(state);
arrived();
if (isWriting) writeOn();
const navigation = new Navigation({ open: (id, at) => actions.open(id, at), left, arrived }, () => state.view.peek()?.id ?? '');
listenForSummons({
  rooms: () => state.rooms.sorted.peek(),
  go: (id) => { if (id !== shown.peek()) navigation.go({ id, at: 0 }, `/chat/room/${id}`); },
});
new SignOut({ waiting: () => client.items.length, clear: forgotten, confirm });
effect(() => { if (actions.connection.value.ended?.why === 'sign-in') toSignIn(); });
addEventListener('online', () => client.connectNow());
document.addEventListener('visibilitychange', () => { if (!document.hidden) client.connectNow(); });
drafts.on('change', drafted);
client.connect();

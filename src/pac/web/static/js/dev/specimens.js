// @ts-check
/**
 * /dev/ui: every component in every state, over rooms and messages that are made up (fixtures.js). Nothing leaves the
 * page: what components ask the server for is answered here.
 */

import { h, render } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { Banner } from '../ui/banner.js';
import { Composer } from '../ui/composer/composer.js';
import { Details } from '../ui/details.js';
import { confirm } from '../ui/dialog.js';
import { JoinBar } from '../ui/join_bar.js';
import { MessageList } from '../ui/list/message_list.js';
import { lobbyRow } from '../ui/lobby_row.js';
import { MyRooms } from '../ui/my_rooms.js';
import { RoomHead } from '../ui/room_head.js';
import { RoomsPane } from '../ui/rooms_pane.js';
import { search } from '../ui/search.js';
import { RoomView } from '../ui/state.js';
import { loadTexts, say } from '../ui/texts.js';
import { Typists, TypingLine } from '../ui/typing_line.js';
import { ME, NOW, answers, conversation, lobby, myRooms, onItsWay, pageOf } from './fixtures.js';

const language = document.documentElement.lang;
await loadTexts(document.documentElement.dataset.texts ?? '', language);
window.fetch = async (path) => new Response(JSON.stringify(answers(String(path))), { headers: { 'Content-Type': 'application/json' } });

const frame = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.querySelector(`[data-specimen="${name}"]`));

function put(/** @type {string} */ name, /** @type {any} */ drawn) { render(drawn, frame(name)); }

/** Several states of one component, one below the other. */
function putAll(/** @type {string} */ name, /** @type {any[]} */ drawn) {
  put(name, drawn.map((one, at) => h('div', { key: at }, one)));
}

/** @param {object} [room] @param {object} [may] @param {{code: string, until: number} | null} [gone] */
function viewOf(room = {}, may = {}, gone = null) {
  const view = new RoomView(pageOf(room, may), () => Promise.resolve({ messages: [], more: false }), 0);
  view.gone.value = gone;
  return view;
}

/** @param {string} name @param {{entries: any[], items?: any[], unreadAfter?: number, missed?: number}} what */
function putList(name, { entries, items = [], unreadAfter = 0, missed = 0 }) {
  const nothing = () => Promise.resolve();
  const quiet = () => {};
  put(name, h(MessageList, {
    entries: signal(entries), items: signal(items), me: ME, mayDelete: signal(true), unreadAfter, at: 0,
    hasOlder: signal(false), hasNewer: signal(missed > 0), missed: signal(missed),
    use: { older: nothing, newer: nothing, around: nothing, latest: nothing, seen: quiet, retry: quiet, edit: quiet, discard: quiet, remove: quiet },
  }));
}

/** @param {string} name @param {string} text @param {number} [until] ms */
function putComposer(name, text, until = 0) {
  const drafts = /** @type {any} */ ({ text: () => text, write: () => {}, on: () => () => {} });
  put(name, h('div', { class: 'composer-pane' }, h(Composer, {
    room: { roomId: name, name: '한강 산책 모임' }, uid: ME.id, drafts, limit: 40, enterSends: signal(true), until: signal(until),
    use: { send: () => {}, typing: () => {} },
  })));
}

function putRooms() {
  const rooms = new MyRooms(myRooms, ME.id);
  rooms.drafted('r4', true);
  put('rooms', h(RoomsPane, { rooms, shown: () => 'r1' }));
  put('rooms-empty', h(RoomsPane, { rooms: new MyRooms([], ME.id), shown: () => '' }));
  const found = search('ㅎㄱ', lobby, (row) => row.name);
  put('lobby', h('ul', { class: 'rooms' }, [
    ...found.map(({ row, found: where }) => lobbyRow(row, where.marks, language)),
    ...lobby.filter((row) => !found.some((one) => one.row === row)).map((row) => lobbyRow(row, [], language)),
  ]));
}

function putNotices() {
  const bar = (/** @type {RoomView} */ view) => h(JoinBar, { view, language, refresh: () => {} });
  const reader = { send: false };
  putAll('bars', [
    bar(viewOf({}, { ...reader, join: true })),
    bar(viewOf({ asks: true, roomPublic: 'PRIVATE' }, { ...reader, read: false, join: true })),
    bar(viewOf({ hasAsked: true }, { ...reader, read: false })),
    bar(viewOf({ roomMembersCount: 50, capacity: 50 }, { ...reader, join: true })),
    bar(viewOf({ roomStatus: 'ENDED' }, reader)),
    bar(viewOf({}, reader, { code: 'banned', until: NOW + 25 * 60_000 })),
    bar(viewOf({}, reader, { code: 'banned', until: NOW + 3 * 86_400_000 })),
    bar(viewOf({}, reader, { code: 'gone', until: 0 })),
    bar(viewOf({}, { ...reader, join: true }, { code: 'kicked', until: 0 })),
  ]);
  const line = (/** @type {object} */ more) => h(Banner, {
    now: () => {}, connection: signal(/** @type {any} */ ({ state: 'waiting', until: NOW + 4_000, downSince: NOW - 5_000, ended: null, ...more })),
  });
  putAll('banners', [
    line({}), line({ state: 'connecting' }), line({ downSince: NOW - 90_000 }),
    line({ state: 'ended', ended: { why: 'stop', code: 4503 } }), line({ state: 'ended', ended: { why: 'stop', code: 4500 } }),
  ]);
  const head = (/** @type {RoomView} */ view) => h('header', { class: 'room-head' }, h(RoomHead, { view, isOpen: signal(true), details: () => true }));
  putAll('head', [
    head(viewOf()),
    head(viewOf({ name: '이름이 아주 길어서 한 줄에 다 들어가지 않는 방, 그래도 읽을 수 있어야 하는 방', roomPublic: 'PRIVATE', requests: 2 })),
    head(viewOf({ name: 'Release planning', roomPublic: 'OBSERVER', roomStatus: 'ENDED' }, reader)),
  ]);
  const typists = (/** @type {string[]} */ ...names) => {
    const all = new Typists();
    for (const name of names) all.heard({ member: { id: name, nickname: name }, on: true });
    return h(TypingLine, { typists: all });
  };
  putAll('typing', [typists('지은'), typists('지은', 'Margarethe'), typists('지은', '민수', 'Ada')]);
}

function putDetails() {
  const view = viewOf({ requests: 2 }, { change: true, moderate: true });
  const pane = () => h(Details, { view, language, close: () => {}, confirm });
  for (const name of ['members', 'about', 'admissions']) put(name, pane());
  const press = (/** @type {string} */ name, /** @type {number} */ tab) => /** @type {HTMLElement} */ (frame(name).querySelectorAll('.tab')[tab]).click();
  press('about', 1);
  press('admissions', 2);
}

/** What lies over the page: a press opens it. */
function putLayers() {
  putList('menu', { entries: conversation.slice(0, 2) });
  put('question', h('button', { type: 'button', class: 'danger', onClick: () => confirm(say('Ban {name} until somebody lifts it?', { name: '도배왕' }), say('Ban until lifted')) }, say('Ban until lifted')));
}

putRooms();
putList('messages', { entries: conversation, unreadAfter: conversation[conversation.length - 3].seq });
putList('sending', { entries: conversation.slice(0, 2), items: onItsWay });
putList('nothing', { entries: [] });
putComposer('composer', '');
putComposer('composer-full', '가'.repeat(37));
putComposer('composer-over', '가'.repeat(52));
putComposer('composer-waiting', '곧 갈게요', NOW + 3_000);
putNotices();
putDetails();
putLayers();
document.body.dataset.ready = '1';

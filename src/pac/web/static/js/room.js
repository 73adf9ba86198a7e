// @ts-check
/**
 * The live room: the server-drawn page, kept true by a socket.
 *
 * The socket comes back by itself, the log fills its own holes, the outbox sends what was written; this file ties
 * them to the page and to each other.
 */

import { Composer } from './composer.js';
import { LiveClient } from './live/client.js';
import { browserEnv } from './live/env.js';
import { openOutboxStore } from './live/store.js';
import { MessageList } from './messages.js';
import { loadTexts, say } from './texts.js';
import { Typing } from './typing.js';

const QUIET_MS = 2_000;
const OFFLINE_AFTER_MS = 60_000;
const OLDER = 50;

/** @typedef {import('./live/types.js').Frame} Frame */

const page = /** @type {HTMLElement} */ (document.getElementById('room'));
const room = page.dataset.room ?? '';
const member = page.dataset.member ?? '';
const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById('composer'));
const banner = /** @type {HTMLElement} */ (document.getElementById('connection'));
const typingLine = /** @type {HTMLElement} */ (document.getElementById('typing'));
const announcer = /** @type {HTMLElement} */ (document.getElementById('announcer'));

await loadTexts(page.dataset.texts ?? '');
document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

const env = browserEnv();
const list = new MessageList(
  {
    list: /** @type {HTMLOListElement} */ (document.getElementById('messages')),
    scroller: /** @type {HTMLElement} */ (document.getElementById('scroller')),
    pill: /** @type {HTMLElement} */ (document.getElementById('pill')),
    nothing: document.getElementById('nothing'),
  },
  {
    member,
    nickname: page.dataset.nickname ?? '',
    locale: document.documentElement.lang,
    onretry: (cid) => live.retry(cid),
    onedit: (item) => { if (live.discard(item.cid)) composer?.giveBack(item.body); },
    ondiscard: (cid) => live.discard(cid),
    ondelete: (seq) => remove(seq),
    mayDeleteAny: page.dataset.mayDelete === 'yes',
  },
);
list.toEnd();

const socketUrl = page.dataset.socketUrl || `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/message`;
let bannerTimer = 0;
let hasEnded = false;

const client = new LiveClient({ url: socketUrl, me: { id: member }, env, store: await openOutboxStore() });
const live = client.open(room, { after: list.last || Number(page.dataset.top), epoch: page.dataset.epoch });
client.on('state', () => showConnection());
client.on('room', (frame) => { if (frame.room === room) showRoom(frame); });
client.on('membership', (frame) => { if (frame.room === room) standing(frame); });
live.on('entries', (entries) => {
  list.append(entries);
  announce(entries);
  for (const entry of entries) typing.said(entry.member.id);
});
live.on('reset', () => list.clear());
live.on('detached', async () => {
  const { messages } = await live.history({ limit: OLDER });
  list.clear();
  list.append(messages);
  live.attach(list.last);
});
live.on('standing', (entry) => subscribed(entry));
live.on('unsubscribed', (code) => unsubscribed(code));
live.on('typing', (frame) => typing.heard(frame));
live.on('presence', (frame) => showOnline(frame.online));
live.on('items', (items) => {
  const kept = new Set(items.map((item) => item.cid));
  for (const cid of [...list.pending.keys()]) if (!kept.has(cid)) list.drop(cid);
  for (const item of items) list.pend(item);
});
live.on('sent', ({ cid, seq }) => list.sent(cid, seq));
addEventListener('beforeunload', (event) => { if (env.unsafe && client.items.length) event.preventDefault(); });

const composer = field
  ? new Composer(field, /** @type {HTMLElement} */ (document.getElementById('send')), /** @type {HTMLElement} */ (document.getElementById('counter')), {
      limit: Number(page.dataset.bodyChars),
      draft: () => client.drafts.text(room),
      ondraft: (text) => client.drafts.write(room, text),
      onsend: (body) => { live.send(body); typing.sent(); },
    })
  : null;
client.drafts.on('change', (changed) => { if (changed === room && document.activeElement !== field) composer?.restoreDraft(); });

const typing = new Typing(room, env, {
  tell: (frame) => client.socket.tell(frame),
  onchange: (words) => { typingLine.textContent = words; typingLine.hidden = !words; },
});
field?.addEventListener('input', () => typing.wrote(field.value));

composer?.enable();
if (matchMedia('(pointer: fine)').matches) field?.focus();
client.connect();

addEventListener('online', () => client.connectNow());
document.addEventListener('visibilitychange', () => { if (!document.hidden) client.connectNow(); });
document.getElementById('scroller')?.addEventListener('scroll', () => older());
setInterval(() => tick(), 500);

function subscribed(/** @type {Frame} */ entry) {
  if (entry.code) { readOnly(entry.message ?? ''); return; }
  showOnline(entry.online);
  if (entry.roomStatus === 'ENDED') readOnly(say('This room has ended. Its members can still read it.'));
}

function unsubscribed(/** @type {string} */ code) {
  if (code === 'ended') readOnly(say('This room has ended. Its members can still read it.'));
  else if (code === 'banned') readOnly(say('You are banned from this room.'));
  else if (code === 'kicked') readOnly(say('You were removed from this room.'));
  else readOnly(say('You are no longer in this room.'));
}

/** How this member stands here has changed: the server draws what may be done now. What was written is kept. */
function standing(/** @type {Frame} */ frame) {
  if (!['joined', 'accepted', 'role', 'owner', 'unbanned'].includes(frame.change)) return;
  composer?.saveDraft();
  location.reload();
}

function showOnline(/** @type {number | undefined} */ online) {
  const mark = document.getElementById('online');
  if (!mark || online === undefined) return;
  mark.textContent = `● ${online} ·`;
  mark.hidden = online === 0;
}

/** Fields of the room that are different now. */
function showRoom(/** @type {Frame} */ frame) {
  const title = page.querySelector('h1 bdi');
  if (frame.name !== undefined && title) {
    title.textContent = frame.name;
    document.title = `${frame.name} · PAC`;
  }
  const count = document.getElementById('count');
  if (count) {
    const [members, capacity] = (count.textContent ?? '').split('/');
    count.textContent = `${frame.roomMembersCount ?? members}/${frame.capacity ?? capacity}`;
  }
  const requests = document.getElementById('requests');
  if (requests && frame.requests !== undefined) {
    requests.textContent = String(frame.requests);
    requests.hidden = frame.requests === 0;
  }
}

async function remove(/** @type {number} */ seq) {
  if (!window.confirm(say('Delete this message for everybody?'))) return;
  try {
    await live.remove(seq);
  } catch (fault) {
    announcer.textContent = /** @type {Frame} */ (fault).message ?? say('The connection was refused. Reload the page.');
  }
}

/** Tell how far this member has read, while it is looking. */
function sawNow() {
  if (!document.hidden && list.atEnd()) live.read(live.last);
}

/** Nobody writes here any more; what was being written stays to be copied. */
function readOnly(/** @type {string} */ words) {
  if (hasEnded || !composer) return;
  hasEnded = true;
  composer.saveDraft();
  composer.disable();
  const notice = document.createElement('p');
  notice.className = 'notice';
  notice.id = 'notice';
  notice.textContent = words;
  document.getElementById('composer-form')?.replaceWith(notice);
}

function ended(/** @type {string} */ why, /** @type {number} */ code) {
  composer?.saveDraft();
  if (why === 'sign-in') {
    location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  const words = code === 4503 ? say('This account is locked.')
    : code === 4504 ? say('This room is open in too many windows. Close some and reload.')
      : say('The connection was refused. Reload the page.');
  showBanner(words);
}

function showConnection() {
  clearTimeout(bannerTimer);
  if (client.ended) ended(client.ended.why, client.ended.code);
  else if (client.state === 'open') banner.hidden = true;
  else {
    const left = QUIET_MS - (Date.now() - client.downSince);
    bannerTimer = window.setTimeout(() => describe(client.state, client.until), Math.max(0, left));
  }
}

function describe(/** @type {string} */ state, /** @type {number} */ until) {
  if (!navigator.onLine || Date.now() - client.downSince > OFFLINE_AFTER_MS) {
    showBanner(say('Offline. What you write goes out when the connection is back.'), true);
  } else if (state === 'connecting') showBanner(say('Connecting…'));
  else {
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1_000));
    showBanner(say('The connection is lost. Trying again in {seconds} s.', { seconds }), true);
  }
}

function showBanner(/** @type {string} */ words, retry = false) {
  banner.replaceChildren(words);
  if (retry) {
    const now = document.createElement('button');
    now.type = 'button';
    now.textContent = say('Connect now');
    now.addEventListener('click', () => client.connectNow());
    banner.append(now);
  }
  banner.hidden = false;
}

/** Countdowns that are on screen. */
function tick() {
  for (const item of live.items) if (item.state === 'waiting') list.pend(item);
  typing.tick();
  sawNow();
}

let reading = false;
let noneOlder = page.dataset.more !== 'yes';

/** Read on upwards when the reader comes near the first row. */
async function older() {
  const scroller = /** @type {HTMLElement} */ (document.getElementById('scroller'));
  const first = list.first;
  if (reading || noneOlder || first <= 1 || scroller.scrollTop > 2 * scroller.clientHeight) return;
  reading = true;
  try {
    const answer = await live.history({ before: first, limit: OLDER });
    if (list.first === first) list.prepend(answer.messages);
    noneOlder = !answer.more;
  } catch {
    // the next scroll asks again
  } finally {
    reading = false;
  }
}

let announced = 0;

/** For those who listen: at most one line in two seconds, and never history. */
function announce(/** @type {Frame[]} */ entries) {
  const others = entries.filter((entry) => entry.member.id !== member && entry.type === 'TEXT');
  if (!others.length || Date.now() - announced < 2_000) return;
  announced = Date.now();
  const latest = others[others.length - 1];
  announcer.textContent = others.length > 3
    ? say('{count} new messages ↓', { count: others.length })
    : `${latest.member.nickname}: ${latest.body.slice(0, 120)}`;
}

// @ts-check
/**
 * What can be done: the verbs of the page, and the one place that changes what is known (state.js).
 *
 * It stands between the components and the two sources: the socket (live/), and the server's decisions, which are
 * asked for again whenever a frame says that the member's standing or the room has changed.
 */

import { batch, signal } from '../vendor/signals.js';
import { RoomView } from './state.js';

const KEPT = 5;
const REFRESH_MS = 150;

/** @typedef {import('../live/types.js').Frame} AnyFrame */
/** @typedef {AnyFrame & {room: string}} Frame */
/** @typedef {import('./held.js').Frame} Entry */
/** @typedef {import('../live/client.js').LiveClient} LiveClient */
/** @typedef {import('../live/live_room.js').LiveRoom} LiveRoom */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').PageState} PageState */
/** @typedef {import('./state.js').Item} Item */
/** @typedef {{member: {id: string, nickname: string}, on: boolean}} TypingFrame */
/**
 * What happens that is no state: said aloud, or asked of the page.
 * @typedef {{entries: (entries: Entry[]) => void, typing: (frame: TypingFrame) => void, quiet: () => void,
 *   trouble: (words: string) => void, left: (status: number) => void}} Hearing
 */

/** The page's data for a room, or for none; a number where the server refuses. @returns {Promise<PageState | number>} */
export async function askState(/** @type {string} */ path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  return answer.ok ? answer.json() : answer.status;
}

/** A frame of one room, as all are that the client tells of. */
function ofRoom(/** @type {AnyFrame} */ frame) { return /** @type {Frame} */ (frame); }

export class Actions {
  /** @param {State} state @param {LiveClient} client @param {Hearing} hearing */
  constructor(state, client, hearing) {
    this.state = state;
    this.client = client;
    this.hearing = hearing;
    /** @type {Map<string, RoomView>} by last use, latest last */
    this.kept = new Map();
    /** @type {LiveRoom | null} of the room on screen, if it may be read */
    this.live = null;
    /** @type {(() => void)[]} */
    this.offs = [];
    this.refreshTimer = 0;
    this.connection = signal({ state: client.state, until: 0, downSince: 0, ended: /** @type {{why: string, code: number} | null} */ (null) });
    this.hear();
  }

  hear() {
    const { client, state: { rooms } } = this;
    client.on('state', () => {
      this.connection.value = { state: client.state, until: client.until, downSince: client.downSince, ended: client.ended };
      if (client.state !== 'open') this.hearing.quiet();
    });
    client.on('standing', (entry) => { if (!entry.code) rooms.stands(ofRoom(entry)); });
    client.on('message', (frame) => rooms.said(ofRoom(frame)));
    client.on('read', (frame) => this.readElsewhere(ofRoom(frame)));
    client.on('room', (frame) => this.roomChanged(ofRoom(frame)));
    client.on('membership', (frame) => this.standingChanged(ofRoom(frame)));
    client.on('unsubscribed', (frame) => this.refreshSoon(ofRoom(frame).room));
    client.follow(rooms.ids);
  }

  // ---- which room is on screen

  /** Shows what the page was loaded with. */
  start(/** @type {PageState} */ page, /** @type {number} */ at) {
    if (page.room) this.show(this.made(page, at));
  }

  /** The room of this id; at once where it is kept, else when the server has answered. False: it may not be known. */
  async open(/** @type {string} */ id, /** @type {number} */ at = 0) {
    const kept = at ? undefined : this.kept.get(id);
    this.state.opening.value = id;
    if (kept) {
      kept.unreadAfter = kept.read;
      this.show(kept);
      this.refresh(kept);
      return true;
    }
    const page = await askState(`/chat/room/${id}`);
    if (this.state.opening.peek() !== id) return true; // another was asked for meanwhile
    if (typeof page === 'number' || !page.room) { this.state.opening.value = ''; return false; }
    this.state.rooms.set(page.rooms);
    this.show(this.made(page, at));
    return true;
  }

  made(/** @type {PageState} */ page, /** @type {number} */ at) {
    const room = /** @type {NonNullable<PageState['room']>} */ (page.room);
    return new RoomView({ ...page, room }, (range) => this.historyOf(room.roomId, range), at);
  }

  /** @param {string} id @param {{before?: number, after?: number, limit: number}} range */
  historyOf(id, range) {
    const live = this.state.view.peek()?.id === id ? this.live : null;
    if (live) return /** @type {Promise<import('./held.js').Page>} */ (live.history(range));
    return Promise.reject(new Error('the room is not open'));
  }

  show(/** @type {RoomView} */ view) {
    this.close();
    this.kept.delete(view.id);
    this.kept.set(view.id, view);
    for (const id of [...this.kept.keys()].slice(0, -KEPT)) this.kept.delete(id);
    batch(() => {
      this.state.view.value = view;
      this.state.opening.value = '';
    });
    this.listen(view);
  }

  /** Follow this room's log from where it is held, if it may be read. */
  listen(/** @type {RoomView} */ view) {
    if (this.live || !view.may.peek().read) return;
    const { held } = view;
    const live = this.client.open(view.id, { after: held.hasNewer.peek() ? held.top : held.last, epoch: held.epoch });
    this.live = live;
    this.offs = [
      live.on('entries', (entries) => this.entriesCame(view, /** @type {Entry[]} */ (entries))),
      live.on('detached', (top) => held.detach(top)),
      live.on('reset', () => held.drop(live.epoch)), // its newest entries follow
      live.on('standing', (entry) => { if (entry.online !== undefined) view.online.value = entry.online; }),
      live.on('presence', (frame) => { view.online.value = frame.online; }),
      live.on('typing', (frame) => this.hearing.typing(frame)),
      live.on('unsubscribed', (code) => this.lost(view, code)),
      live.on('items', () => this.itemsChanged(view)),
      live.on('sent', ({ cid, seq }) => this.wasSent(view, cid, seq)),
    ];
    this.itemsChanged(view);
  }

  close() {
    for (const off of this.offs) off();
    this.offs = [];
    this.live?.close();
    this.live = null;
    this.hearing.quiet();
  }

  // ---- what comes in

  /** @param {RoomView} view @param {Entry[]} entries */
  entriesCame(view, entries) {
    batch(() => {
      view.held.append(entries);
      for (const [cid, item] of view.sent) if ((item.seq ?? 0) <= view.held.top) view.sent.delete(cid);
      this.itemsChanged(view);
    });
    this.hearing.entries(entries);
  }

  itemsChanged(/** @type {RoomView} */ view) {
    const sent = [...view.sent.values()];
    const rest = (this.live?.items ?? []).filter((item) => !view.sent.has(item.cid));
    view.items.value = [...sent, ...rest.map((item) => ({ ...item }))];
    view.until.value = Math.max(0, ...rest.map((item) => (item.state === 'waiting' ? item.until ?? 0 : 0)));
  }

  /** The answer came before the push: the row stays, under the seq it will have. @param {RoomView} view @param {string} cid @param {number} seq */
  wasSent(view, cid, seq) {
    const item = view.items.peek().find((one) => one.cid === cid);
    if (item && seq > view.held.top) view.sent.set(cid, { ...item, state: 'sending', seq });
    this.itemsChanged(view);
  }

  readElsewhere(/** @type {Frame} */ frame) {
    const view = this.kept.get(frame.room);
    if (view) view.read = Math.max(view.read, frame.seq);
    if (!this.state.rooms.read(frame.room, frame.seq)) this.refreshSoon('');
  }

  /** The room is not what it was: what may be done there may have changed with it. */
  roomChanged(/** @type {Frame} */ frame) {
    this.state.rooms.changed(frame);
    const view = this.kept.get(frame.room);
    if (!view) return;
    const known = view.room.peek();
    const fields = Object.fromEntries(Object.entries(frame).filter(([name]) => name in known));
    view.room.value = { ...known, ...fields };
    if (frame.roomPublic !== undefined || frame.roomStatus !== undefined) this.refreshSoon(frame.room);
  }

  standingChanged(/** @type {Frame} */ frame) {
    const view = this.kept.get(frame.room);
    if (view && frame.change === 'banned') {
      view.gone.value = { code: 'banned', until: frame.until ? Date.parse(frame.until) : 0 };
    }
    if (view && frame.change === 'warned') view.hasSeenWarning.value = false;
    this.refreshSoon(frame.room);
  }

  /** @param {RoomView} view @param {string} code */
  lost(view, code) {
    if (code !== 'ended' && view.gone.peek()?.code !== 'banned') view.gone.value = { code, until: 0 };
    this.close();
    this.refreshSoon(view.id);
  }

  // ---- what the server decides

  /** Ask anew, once for all that was told in one go. '' asks for the rooms alone. */
  refreshSoon(/** @type {string} */ id) {
    const view = this.state.view.peek();
    const isShown = view !== null && (id === view.id || !id);
    if (!isShown) this.kept.delete(id);
    clearTimeout(this.refreshTimer);
    this.refreshTimer = window.setTimeout(() => {
      const shown = this.state.view.peek();
      if (shown) this.refresh(shown);
    }, REFRESH_MS);
  }

  async refresh(/** @type {RoomView} */ view) {
    /** @type {PageState | number} */
    let page = 0;
    try {
      page = await askState(`/chat/room/${view.id}`);
    } catch {
      return; // no line: the next frame, or the next visit, asks again
    }
    if (this.state.view.peek() !== view) return;
    if (typeof page === 'number') { this.hearing.left(page); return; }
    const { room } = page;
    if (!room) return;
    const rooms = page.rooms;
    batch(() => {
      view.refresh({ .../** @type {PageState} */ (page), room });
      this.state.rooms.set(rooms.map((row) => (row.roomId === view.id && this.live ? { ...row, unread: this.unreadHere(view, row.unread) } : row)));
    });
    this.client.follow(this.state.rooms.ids);
    if (view.may.peek().read) this.listen(view);
    else this.close();
  }

  /** What is unread in the room on screen: it may have been read since the server was asked. @param {RoomView} view @param {number | null} told */
  unreadHere(view, told) {
    return view.unreadFrom(view.read, this.state.me.id) ?? told;
  }

  // ---- what people do

  /** @param {string} body @param {string} [cid] */
  send(body, cid) { return this.live?.send(body, cid); }

  typing(/** @type {boolean} */ on) { this.live?.typing(on); }

  retry(/** @type {string} */ cid) { this.live?.retry(cid); }

  discard(/** @type {string} */ cid) { this.live?.discard(cid); }

  async remove(/** @type {number} */ seq) {
    try {
      await this.live?.remove(seq);
    } catch (fault) {
      this.hearing.trouble(/** @type {AnyFrame} */ (fault)?.message ?? '');
    }
  }

  seen(/** @type {number} */ seq) {
    const view = this.state.view.peek();
    if (!view || seq <= view.read) return;
    view.read = seq;
    this.live?.read(seq);
    const left = view.unreadFrom(seq, this.state.me.id);
    if (left !== null) this.state.rooms.change(view.id, { unread: left });
  }

  async newer() {
    const view = this.state.view.peek();
    if (view && await view.held.newer()) this.attach(view);
  }

  async around(/** @type {number} */ seq) {
    const view = this.state.view.peek();
    if (view && await view.held.around(seq)) this.attach(view);
  }

  async latest() {
    const view = this.state.view.peek();
    if (view && await view.held.latest()) this.attach(view);
  }

  /** The end of what is held is the end of the log: what is said from here on is appended. */
  attach(/** @type {RoomView} */ view) {
    if (this.live?.detached && this.state.view.peek() === view) this.live.attach(view.held.last);
  }
}

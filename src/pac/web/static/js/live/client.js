// @ts-check
/**
 * The connection of one page and everything that is kept true by it: which rooms are read, where their logs end,
 * what was written and is not stored yet (docs/CLIENT.md, live/).
 *
 * It decides nothing itself: the socket comes back, the subscriptions are brought up to what is wanted, the logs
 * and the outbox hear of it. No DOM and no framework, so that any page and any test can use it alone.
 */

import { Drafts } from './drafts.js';
import { Emitter } from './emitter.js';
import { LiveRoom } from './live_room.js';
import { Outbox, newCid } from './outbox.js';
import { LiveSocket } from './socket.js';
import { Subscriptions } from './subscriptions.js';
import { Tabs } from './tabs.js';

const FRAME_BYTES = 65_536;
/** A change of standing after which a refused room may be read, or one that is read may be another's to write. */
const RIGHTS = new Set(['joined', 'accepted', 'unbanned', 'role', 'owner']);

/**
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').Item} Item
 */

/**
 * @extends {Emitter<{
 *   state: [], standing: [Frame], message: [Frame], membership: [Frame], room: [Frame], read: [Frame],
 *   unsubscribed: [Frame], outbox: [Item[]],
 * }>}
 */
export class LiveClient extends Emitter {
  /**
   * @param {{url: string, me: {id: string}, env: import('./types.js').Env,
   *   store: import('./types.js').OutboxStore}} parts
   */
  constructor({ url, me, env, store }) {
    super();
    this.me = me;
    this.env = env;
    /** ms since the line is down, 0 while it is up. */
    this.downSince = 0;
    this.frameBytes = FRAME_BYTES;
    /** @type {Map<string, LiveRoom>} */
    this.rooms = new Map();
    /** @type {string[]} */
    this.followed = [];
    this.owing = '';
    const tabs = new Tabs(me.id, env);
    this.drafts = new Drafts(me.id, env, () => tabs.id);
    this.socket = new LiveSocket(url, env, {
      onopen: (welcome) => this.opened(welcome),
      onframe: (frame) => this.heard(frame),
      onstate: (state) => this.turned(state),
    });
    this.subscriptions = new Subscriptions(env, {
      wanted: () => this.wanted(),
      ask: (frame) => this.socket.ask(frame),
      cursor: (room) => this.rooms.get(room)?.log.asking() ?? {},
      onentry: (entry) => this.stood(entry),
    });
    this.outbox = new Outbox({ uid: me.id, env, store, tabs }, {
      send: (item) => this.post(item),
      onlost: (room) => this.subscriptions.again(room, true),
      onstored: (item) => this.drafts.stored(item.room, item.cid),
      onsent: (item, ok) => this.rooms.get(item.room)?.acknowledged(item.cid, ok),
      onchange: (room) => this.itemsChanged(room),
    });
    /** The outbox of earlier pages is back, and drafts that are in it are gone. */
    this.ready = this.outbox.load().then((cids) => {
      this.drafts.recover(new Set([...cids, ...this.items.map((item) => item.cid)]));
    });
  }

  /** @returns {import('./types.js').State} */
  get state() { return this.socket.state; }

  /** When the next attempt is made, ms, while waiting. */
  get until() { return this.socket.until; }

  /** Why it is over, once it is. */
  get ended() { return this.socket.ended; }

  /** @returns {Item[]} of all rooms */
  get items() { return this.outbox.items(); }

  connect() { this.socket.connect(); }

  connectNow() { this.socket.connectNow(); }

  /** The page goes. What is written is kept. */
  end() {
    this.socket.end();
    this.outbox.end();
  }

  /** The rooms that are subscribed without being shown. */
  follow(/** @type {string[]} */ ids) {
    this.followed = [...ids];
    this.subscriptions.changed();
  }

  /**
   * Show a room. Without `after` it begins with the newest entries.
   * @param {string} id
   * @param {{after?: number, epoch?: string}} at where the page's entries end
   * @returns {LiveRoom} the same one until it is closed
   */
  open(id, { after, epoch } = {}) {
    const known = this.rooms.get(id);
    if (known) return known;
    const room = new LiveRoom(id, { after, epoch }, {
      env: this.env,
      ask: (frame) => this.socket.ask(frame),
      tell: (frame) => this.socket.tell(frame),
      items: () => this.outbox.items(id),
      send: (body, cid) => this.send(id, body, cid),
      retry: (cid) => this.retry(id, cid),
      discard: (cid) => this.outbox.discard(cid),
      close: () => {
        if (this.rooms.get(id) !== room) return;
        this.rooms.delete(id);
        this.subscriptions.changed();
      },
    });
    this.rooms.set(id, room);
    this.subscriptions.again(id);
    return room;
  }

  /** Its cid can be had before it is sent. */
  newCid() { return newCid(this.env); }

  // What rooms do

  /** Saved as a draft under its cid when this returns, so the field may be cleared; sent when the outbox has it. */
  send(/** @type {string} */ room, /** @type {string} */ body, cid = this.newCid()) {
    if (!this.outbox.find(cid)) this.drafts.take(room, cid, body);
    return this.outbox.add(room, body, cid);
  }

  retry(/** @type {string} */ room, /** @type {string} */ cid) {
    const isRetried = this.outbox.retry(cid);
    if (isRetried && !this.subscriptions.stands(room)) this.subscriptions.again(room);
    return isRetried;
  }

  /** What cannot be a frame is not sent: a frame that is too large ends the connection for good. */
  post(/** @type {Item} */ item) {
    const frame = { op: 'send', room: item.room, cid: item.cid, body: item.body };
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length + 100;
    if (bytes > this.frameBytes) return Promise.reject({ op: 'error', code: 'too_large' });
    return this.socket.ask(frame);
  }

  /** By urgency: what is shown, what is to be written to, the rest. */
  wanted() {
    const shown = [...this.rooms.keys()];
    const owing = this.outbox.owing().filter((room) => !this.rooms.has(room));
    const urgent = new Set([...shown, ...owing]);
    return [[...urgent], this.followed.filter((room) => !urgent.has(room))];
  }

  // What the socket says

  opened(/** @type {Frame} */ welcome) {
    this.downSince = 0;
    this.frameBytes = welcome.limits?.frame ?? FRAME_BYTES;
    this.subscriptions.opened(welcome);
  }

  turned(/** @type {import('./types.js').State} */ state) {
    if (state !== 'open') {
      if (!this.downSince) this.downSince = this.env.now();
      this.subscriptions.closed();
      this.outbox.closed();
      for (const room of this.rooms.values()) room.log.paused();
    }
    this.emit('state');
  }

  stood(/** @type {Frame} */ entry) {
    const id = entry.room ?? '';
    this.rooms.get(id)?.stood(entry);
    this.emit('standing', entry);
    if (entry.code === undefined) this.outbox.opened(id);
    else if (entry.code !== 'too_many_rooms') this.outbox.refused(id, entry);
  }

  heard(/** @type {Frame} */ frame) {
    const { op, room = '' } = frame;
    if (op === 'unsubscribed') this.outbox.closed(room);
    this.rooms.get(room)?.heard(frame);
    if (op === 'message') this.emit('message', frame);
    else if (op === 'room') this.emit('room', frame);
    else if (op === 'read') this.emit('read', frame);
    else if (op === 'membership') {
      this.emit('membership', frame);
      if (RIGHTS.has(frame.change) && !this.subscriptions.stands(room)) this.subscriptions.again(room);
    } else if (op === 'unsubscribed') {
      this.emit('unsubscribed', frame);
      this.subscriptions.again(room); // it may be read still, or the answer says why not
    }
  }

  itemsChanged(/** @type {string} */ room) {
    this.rooms.get(room)?.emit('items', this.outbox.items(room));
    this.emit('outbox', this.outbox.items());
    const owing = this.outbox.owing().join(' ');
    if (owing !== this.owing) this.subscriptions.changed();
    this.owing = owing;
  }
}

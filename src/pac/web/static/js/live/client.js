// @ts-check
/** The connection and the rooms that are open or followed on it, as docs/CLIENT.md says. */

import { newCid, Outbox } from './outbox.js';
import { RoomLog } from './room_log.js';
import { LiveSocket } from './socket.js';

/** @typedef {import('./socket.js').Frame} Frame */
/** @typedef {import('./outbox.js').Item} Item */

class Events {
  constructor() { /** @type {Map<string, Set<(value: any) => void>>} */ this.calls = new Map(); }

  on(/** @type {string} */ event, /** @type {(value: any) => void} */ call) {
    const calls = this.calls.get(event) ?? new Set();
    this.calls.set(event, calls.add(call));
    return () => { calls.delete(call); };
  }

  tell(/** @type {string} */ event, /** @type {any} */ value = undefined) {
    for (const call of [...(this.calls.get(event) ?? [])]) call(value);
  }
}

export class LiveClient extends Events {
  /** @param {{url: string, me: {id: string}, env: import('./socket.js').Env, store: import('./outbox.js').Store}} use */
  constructor({ url, me, env, store }) {
    super();
    this.me = me;
    this.env = env;
    this.store = store;
    /** @type {import('./socket.js').State} */
    this.state = 'waiting';
    this.until = 0;
    this.downSince = env.now();
    /** @type {{why: 'sign-in' | 'stop', code: number} | null} */
    this.ended = null;
    /** @type {Map<string, LiveRoom>} */
    this.rooms = new Map();
    /** @type {Set<string>} */
    this.followed = new Set();
    /** @type {Set<string>} */
    this.subscribed = new Set();
    this.socket = new LiveSocket(url, env, {
      onopen: () => { this.subscribed.clear(); this.subscribe([...this.wanted()]); },
      onframe: (frame) => this.heard(frame),
      onstate: (state, until) => this.changed(state, until),
      onended: (why, code) => { this.ended = { why, code }; this.tell('state'); },
    });
  }

  connect() { this.socket.connect(); }

  connectNow() { this.socket.connectNow(); }

  end() { this.socket.end(); }

  changed(/** @type {import('./socket.js').State} */ state, /** @type {number} */ until) {
    this.state = state;
    this.until = until;
    if (state === 'open') this.downSince = 0;
    else {
      if (!this.downSince) this.downSince = this.env.now();
      for (const room of this.rooms.values()) room.outbox.closed();
    }
    this.tell('state');
  }

  wanted() {
    const open = [...this.rooms.values()].filter((room) => room.isOpen).map((room) => room.id);
    return new Set([...open, ...this.followed]);
  }

  follow(/** @type {string[]} */ ids) {
    this.followed = new Set(ids);
    this.settle();
  }

  settle() {
    const wanted = this.wanted();
    const fresh = [...wanted].filter((id) => !this.subscribed.has(id));
    const gone = [...this.subscribed].filter((id) => !wanted.has(id));
    if (gone.length) { for (const id of gone) this.subscribed.delete(id); this.ask({ op: 'unsubscribe', rooms: gone }).catch(() => {}); }
    if (fresh.length) this.subscribe(fresh);
  }

  async subscribe(/** @type {string[]} */ ids) {
    if (this.state !== 'open' || !ids.length) return;
    for (const id of ids) this.subscribed.add(id);
    try {
      const answer = await this.ask({ op: 'subscribe', rooms: ids.map((id) => this.rooms.get(id)?.cursor() ?? { room: id }) });
      for (const entry of answer.rooms) this.stands(entry);
    } catch {
      // the connection went: the next one subscribes again
    }
  }

  stands(/** @type {Frame} */ entry) {
    if (entry.code === 'rate_limited') {
      this.subscribed.delete(entry.room);
      this.env.setTimeout(() => this.settle(), entry.retry_after_ms ?? 1_000);
      return;
    }
    this.tell('standing', entry);
    if (entry.code) { this.rooms.get(entry.room)?.tell('unsubscribed', entry.code); return; }
    const room = this.rooms.get(entry.room);
    if (!room) return;
    room.log.subscribed(entry);
    room.tell('standing', entry);
    if (entry.roomStatus !== 'ENDED') room.outbox.opened();
  }

  heard(/** @type {Frame} */ frame) {
    const room = this.rooms.get(frame.room);
    if (['message', 'membership', 'room', 'read', 'unsubscribed'].includes(frame.op)) this.tell(frame.op, frame);
    if (frame.op === 'unsubscribed') this.subscribed.delete(frame.room);
    if (!room?.isOpen) return;
    if (frame.op === 'message') room.log.push(frame);
    if (frame.op === 'top' && frame.epoch === room.log.epoch) room.log.top(frame.top);
    if (frame.op === 'typing' || frame.op === 'presence') room.tell(frame.op, frame);
    if (frame.op === 'unsubscribed') { room.outbox.closed(); room.tell('unsubscribed', frame.code); }
  }

  ask(/** @type {{op: string, [field: string]: any}} */ frame) { return this.socket.ask(frame); }

  /** @param {string} id @param {{after: number, epoch: string}} from */
  open(id, { after, epoch }) {
    let room = this.rooms.get(id);
    if (!room) { room = new LiveRoom(this, id); this.rooms.set(id, room); room.outbox.restore(); }
    room.log.last = after;
    room.log.epoch = epoch;
    room.isOpen = true;
    if (this.subscribed.has(id)) this.subscribed.delete(id);
    this.settle();
    return room;
  }

  items() { return [...this.rooms.values()].flatMap((room) => room.items); }
}

export class LiveRoom extends Events {
  /** @param {LiveClient} client @param {string} id */
  constructor(client, id) {
    super();
    this.client = client;
    this.id = id;
    this.isOpen = false;
    this.detached = false;
    this.log = new RoomLog(id, 0, '', {
      history: (after, limit) => client.ask({ op: 'history', room: id, after, limit }),
      onentries: (entries) => this.tell('entries', entries),
      onreset: () => this.tell('reset'),
    });
    const changed = () => { this.tell('items'); client.tell('outbox', client.items()); };
    this.outbox = new Outbox(client.me.id, id, client.store, client.env, {
      send: (item) => client.ask({ op: 'send', room: id, cid: item.cid, body: item.body }),
      probe: () => client.socket.probe(),
      onchange: changed,
      onsent: (item, seq, ts) => { this.tell('sent', { cid: item.cid, seq, ts }); changed(); },
      ongone: changed,
    });
  }

  get items() { return this.outbox.items; }
  get epoch() { return this.log.epoch; }
  get last() { return this.log.last; }

  cursor() { return this.isOpen ? this.log.cursor() : { room: this.id }; }

  /** @returns {Promise<{messages: Frame[], more: boolean}>} */
  history(/** @type {{before?: number, after?: number, limit?: number}} */ range) {
    return /** @type {Promise<any>} */ (this.client.ask({ op: 'history', room: this.id, ...range }));
  }

  send(/** @type {string} */ body, /** @type {string} */ cid = newCid(this.client.env)) { void cid; return this.outbox.add(body); }

  retry(/** @type {string} */ cid) { this.outbox.retry(cid); }

  discard(/** @type {string} */ cid) { this.outbox.discard(cid); }

  read(/** @type {number} */ seq) { this.client.socket.tell({ op: 'read', room: this.id, seq }); }

  typing(/** @type {boolean} */ on) { this.client.socket.tell({ op: 'typing', room: this.id, on }); }

  remove(/** @type {number} */ seq) { return this.client.ask({ op: 'delete', room: this.id, seq }); }

  attach(/** @type {number} */ after) { this.log.last = after; this.detached = false; }

  close() {
    this.isOpen = false;
    this.client.settle();
  }
}

// @ts-check
/**
 * A room that is shown: its entries in order, what is on its way into it, and the small things that pass.
 *
 * It keeps nothing over a change of rooms but what was written (the outbox is the client's); who opens it anew says
 * where the page's entries end.
 */

import { Emitter } from './emitter.js';
import { RoomLog } from './room_log.js';

const TYPING_EVERY_MS = 3_000;

/**
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').Item} Item
 * @typedef {{id: string, nickname: string}} Person
 *
 * @typedef {object} Use what a room asks of its client
 * @property {import('./types.js').Env} env
 * @property {(frame: {op: string, [field: string]: any}) => Promise<Frame>} ask
 * @property {(frame: object) => boolean} tell
 * @property {() => Item[]} items
 * @property {(body: string, cid?: string) => Item} send
 * @property {(cid: string) => boolean} retry
 * @property {(cid: string) => boolean} discard
 * @property {() => void} close
 */

/**
 * @extends {Emitter<{
 *   entries: [Frame[]], detached: [number], reset: [], standing: [Frame], unsubscribed: [string],
 *   typing: [{member: Person, on: boolean}], presence: [Frame], items: [Item[]],
 *   sent: [{cid: string, seq: number, ts: string}],
 * }>}
 */
export class LiveRoom extends Emitter {
  /**
   * @param {string} id
   * @param {{after?: number, epoch?: string}} at
   * @param {Use} use
   */
  constructor(id, at, use) {
    super();
    this.id = id;
    this.use = use;
    /** @type {number | undefined} how many are there */
    this.online = undefined;
    this.readSeq = 0;
    this.typedAt = -Infinity;
    this.isTyping = false;
    /** @type {Map<number, string>} seq → cid of what was acknowledged and not pushed yet */
    this.acked = new Map();
    this.log = new RoomLog(at, {
      history: (range) => this.history(range),
      later: (call, ms) => use.env.setTimeout(call, ms),
      onentries: (entries) => this.given(entries),
      ondetached: (top) => this.emit('detached', top),
      onreset: () => { this.readSeq = 0; this.acked.clear(); this.emit('reset'); },
    });
  }

  get last() { return this.log.last; }

  get top() { return this.log.top; }

  get epoch() { return this.log.epoch; }

  get detached() { return this.log.detached; }

  get items() { return this.use.items(); }

  /** @returns {Promise<import('./types.js').Page>} ascending; rejects with the error frame */
  async history(/** @type {import('./types.js').Range} */ range = {}) {
    const { messages, more } = await this.use.ask({ op: 'history', room: this.id, ...range });
    return { messages, more };
  }

  send(/** @type {string} */ body, /** @type {string | undefined} */ cid = undefined) {
    this.isTyping = false; // the message itself says that nobody types any more
    return this.use.send(body, cid);
  }

  retry(/** @type {string} */ cid) { return this.use.retry(cid); }

  discard(/** @type {string} */ cid) { return this.use.discard(cid); }

  /** How far this member has read. Told again when the line was down. */
  read(/** @type {number} */ seq) {
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.use.tell({ op: 'read', room: this.id, seq });
  }

  /** As often as the page likes; the others are told at most every three seconds. */
  typing(/** @type {boolean} */ on) {
    const now = this.use.env.now();
    if (on ? now - this.typedAt < TYPING_EVERY_MS : !this.isTyping) return;
    if (!this.use.tell({ op: 'typing', room: this.id, on })) return;
    this.isTyping = on;
    if (on) this.typedAt = now;
  }

  remove(/** @type {number} */ seq) { return this.use.ask({ op: 'delete', room: this.id, seq }); }

  /** @returns {Promise<{online: Person[], count: number}>} at most 200 of them, and how many in all */
  async presence() {
    const { online, count } = await this.use.ask({ op: 'presence', room: this.id });
    return { online, count };
  }

  attach(/** @type {number} */ after) { this.log.attach(after); }

  close() {
    this.log.paused();
    this.silence();
    this.use.close();
  }

  // From the client

  stood(/** @type {Frame} */ entry) {
    if (entry.code) this.log.paused();
    else {
      this.online = entry.online;
      const isSameLog = entry.epoch === this.log.epoch;
      if (isSameLog && this.readSeq > (entry.read ?? Infinity)) this.use.tell({ op: 'read', room: this.id, seq: this.readSeq });
      this.isTyping = false;
    }
    this.emit('standing', entry);
    if (!entry.code) this.log.answered(entry);
  }

  heard(/** @type {Frame} */ frame) {
    if (frame.op === 'message') this.log.push(frame);
    else if (frame.op === 'top') this.log.topped(frame.epoch, frame.top);
    else if (frame.op === 'typing') this.emit('typing', { member: frame.member, on: frame.on });
    else if (frame.op === 'presence') {
      this.online = frame.online;
      this.emit('presence', frame);
    } else if (frame.op === 'unsubscribed') {
      this.log.paused();
      this.emit('unsubscribed', frame.code ?? '');
    }
  }

  acknowledged(/** @type {string} */ cid, /** @type {Frame} */ ok) {
    if (ok.seq > this.log.last) this.acked.set(ok.seq, cid);
    this.emit('sent', { cid, seq: ok.seq, ts: ok.ts });
  }

  /** A push carries no cid; what this page has sent is told with it, as `history` does. */
  given(/** @type {Frame[]} */ entries) {
    const named = entries.map((entry) => {
      const cid = this.acked.get(entry.seq);
      return cid === undefined ? entry : { ...entry, cid };
    });
    for (const seq of [...this.acked.keys()]) if (seq <= this.log.last) this.acked.delete(seq);
    this.emit('entries', named);
  }
}

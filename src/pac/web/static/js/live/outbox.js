// @ts-check
/**
 * What somebody wrote and the server has not acknowledged: kept in the browser, sent in order, sent again under the
 * same cid until it is answered. A resend of something already stored is answered with its first seq, so
 * nothing is lost by sending once more, and nothing appears twice.
 *
 * FIFO and one in flight per room. `waiting` (rate limit) holds back what is behind it; `failed` does not.
 */

const FINAL = new Set(['bad_request', 'too_large', 'forbidden', 'read_only', 'room_ended', 'not_found', 'cid_conflict', 'banned']);
const RETRY_MS = 1_000;
const ANSWER_WITHIN_MS = 8_000;

/**
 * @typedef {'queued' | 'sending' | 'waiting' | 'failed'} ItemState
 * @typedef {{cid: string, uid: string, room: string, body: string, created: number, state: ItemState, reason?: string, until?: number}} Item
 * @typedef {{all: () => Promise<Item[]>, put: (item: Item) => Promise<void>, remove: (cid: string) => Promise<void>}} Store
 */

export class Outbox {
  /**
   * @param {string} uid
   * @param {string} room
   * @param {Store} store
   * @param {import('./socket.js').Env} env
   * @param {{
   *   send: (item: Item) => Promise<import('./socket.js').Frame>,
   *   probe: () => void,
   *   onchange: (item: Item) => void,
   *   onsent: (item: Item, seq: number, ts: string) => void,
   *   ongone: (item: Item) => void,
   * }} use
   */
  constructor(uid, room, store, env, use) {
    this.uid = uid;
    this.room = room;
    this.store = store;
    this.env = env;
    this.use = use;
    /** @type {Item[]} */
    this.items = [];
    this.inFlight = '';
    this.open = false;
    this.timer = null;
  }

  /** Bring back what an earlier page left. Nobody else's. */
  async restore() {
    const kept = (await this.store.all()).filter((item) => item.uid === this.uid && item.room === this.room);
    kept.sort((a, b) => a.created - b.created || (a.cid < b.cid ? -1 : 1));
    for (const item of kept) {
      if (item.state !== 'failed') item.state = 'queued';
      if (!this.items.some((mine) => mine.cid === item.cid)) this.items.push(item);
      this.use.onchange(item);
    }
    this.flush();
  }

  /** @returns {Item} shown at once, before anything is stored or sent */
  add(/** @type {string} */ body) {
    /** @type {Item} */
    const item = { cid: newCid(this.env), uid: this.uid, room: this.room, body, created: this.moment(), state: 'queued' };
    this.items.push(item);
    this.use.onchange(item);
    this.store.put(item).catch(() => {}).then(() => this.flush());
    return item;
  }

  /** Now, and later than everything before it: what was written in one millisecond keeps its order. */
  moment() {
    return Math.max(this.env.now(), (this.items.at(-1)?.created ?? 0) + 0.001);
  }

  retry(/** @type {string} */ cid) {
    const item = this.items.find((one) => one.cid === cid);
    if (item) { this.set(item, 'queued'); this.flush(); }
  }

  discard(/** @type {string} */ cid) {
    const item = this.items.find((one) => one.cid === cid);
    if (item && item.cid !== this.inFlight) { this.forget(item); this.use.ongone(item); this.flush(); }
  }

  /** The room can be written to: a subscription stands. */
  opened() {
    this.open = true;
    this.flush();
  }

  closed() {
    this.open = false;
    for (const item of this.items) if (item.state === 'sending') this.set(item, 'queued');
  }

  flush() {
    if (!this.open || this.inFlight) return;
    const next = this.items.find((item) => item.state !== 'failed');
    if (!next || next.state !== 'queued') return;
    this.inFlight = next.cid;
    this.set(next, 'sending');
    const overdue = this.env.setTimeout(() => this.use.probe(), ANSWER_WITHIN_MS);
    this.use.send(next).then(
      (ok) => { this.inFlight = ''; this.forget(next); this.use.onsent(next, ok.seq, ok.ts); },
      (fault) => { this.inFlight = ''; this.refused(next, fault); },
    ).finally(() => { this.env.clearTimeout(overdue); this.flush(); });
  }

  refused(/** @type {Item} */ item, /** @type {import('./socket.js').Frame} */ fault) {
    if (FINAL.has(fault.code ?? '')) {
      item.reason = fault.message;
      this.set(item, 'failed');
    } else if (fault.code === 'disconnected' || fault.code === 'not_subscribed') {
      this.set(item, 'queued');
      this.open = false; // `opened` comes with the next subscription
    } else {
      const wait = fault.retry_after_ms ?? RETRY_MS;
      item.until = this.env.now() + wait;
      this.set(item, 'waiting');
      this.timer = this.env.setTimeout(() => { this.set(item, 'queued'); this.flush(); }, wait);
    }
  }

  set(/** @type {Item} */ item, /** @type {ItemState} */ state) {
    item.state = state;
    if (state === 'failed') this.store.put(item).catch(() => {});
    this.use.onchange(item);
  }

  forget(/** @type {Item} */ item) {
    this.items = this.items.filter((one) => one !== item);
    this.store.remove(item.cid).catch(() => {});
  }
}

/** A UUIDv7: begins with the time, which the server's index of cids likes. */
export function newCid(/** @type {import('./socket.js').Env} */ env) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = env.now();
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) & 0xff;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

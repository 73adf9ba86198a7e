// @ts-check
/**
 * What somebody wrote and the server has not acknowledged: stored before it is sent, sent in order, and sent again
 * under the same cid until it is answered. A resend of something already stored is answered with its first seq, so
 * nothing is lost by sending once more, and nothing appears twice.
 *
 * FIFO and one in flight per room. `waiting` (a rate) holds back what is behind it; `failed` and `stale` do not:
 * they are a person's to decide.
 */

/** Not the end of it: it goes out by itself. Any other code is final. */
const PASSING = new Set(['rate_limited', 'slow_mode', 'unavailable']);
const LOST = new Set(['disconnected', 'not_subscribed']);
const RETRY_MS = 1_000;
const STORED_WITHIN_MS = 3_000;
const STALE_AFTER_MS = 24 * 3_600_000;
const LOOK_AROUND_MS = 15_000;
const RELOADED_WITHIN_MS = 5_000;

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').Row & {isStored: boolean, isAgreed: boolean}} Kept `isAgreed`: somebody has said
 *   that it is to be sent although it is old
 */

export class Outbox {
  /**
   * @param {{uid: string, env: import('./types.js').Env, store: import('./types.js').OutboxStore,
   *   tabs: import('./tabs.js').Tabs}} parts
   * @param {{
   *   send: (item: Item) => Promise<Frame>,
   *   onlost: (room: string) => void,
   *   onstored: (item: Item) => void,
   *   onsent: (item: Item, ok: Frame) => void,
   *   onchange: (room: string) => void,
   * }} use `onlost`: the server says that the room is not subscribed. `onsent` is called while it is still an item
   */
  constructor({ uid, env, store, tabs }, use) {
    this.uid = uid;
    this.env = env;
    this.store = store;
    this.tabs = tabs;
    this.use = use;
    /** @type {Kept[]} */
    this.rows = [];
    /** @type {Set<string>} the rooms that can be written to: a subscription stands */
    this.open = new Set();
    /** @type {Map<string, string>} room → the cid on its way */
    this.flying = new Map();
    /** @type {Map<string, any>} cid → what wakes it */
    this.timers = new Map();
    this.isLoaded = false;
    this.lookTimer = null;
    /** @type {Set<string | undefined>} tabs that were gone at the last look */
    this.missed = new Set();
    this.unsafe(!store.durable);
  }

  /** Bring back what earlier pages left. Answers the cids that are kept, whoever sends them. */
  async load() {
    await this.tabs.enter(() => this.lookAround());
    const kept = await this.within(this.store.all().catch(() => []), STORED_WITHIN_MS, []);
    const mine = kept.filter((row) => row.uid === this.uid);
    this.restore(mine.filter((row) => row.tab === this.tabs.id));
    this.isLoaded = true;
    for (const room of this.open) this.flush(room);
    if (this.tabs.isFirst || !this.env.locks) this.lookAround();
    return new Set(mine.map((row) => row.cid));
  }

  /**
   * Take over what tabs that are gone have left: now, and now and then as long as others may leave something. A tab
   * that is only being loaded anew is gone for a moment too; it is looked for twice, so that it goes on itself.
   */
  async lookAround() {
    const isGone = this.isLoaded ? await this.tabs.gone().catch(() => null) : null;
    let wait = LOOK_AROUND_MS;
    if (isGone) {
      const left = (await this.store.all().catch(() => [])).filter((row) => row.uid === this.uid && isGone(row.tab));
      const taken = this.env.locks ? left.filter((row) => this.missed.has(row.tab)) : left;
      if (taken.length < left.length) wait = RELOADED_WITHIN_MS;
      this.missed = new Set(left.map((row) => row.tab));
      for (const row of taken) row.tab = this.tabs.id;
      for (const row of this.restore(taken)) this.keep(row);
    }
    this.env.clearTimeout(this.lookTimer);
    if (this.tabs.isFirst) this.lookTimer = this.env.setTimeout(() => this.lookAround(), wait);
  }

  restore(/** @type {import('./types.js').Row[]} */ rows) {
    const fresh = rows.filter((row) => !this.find(row.cid)).map((row) => {
      /** @type {Kept} */
      const kept = { ...row, isStored: true, isAgreed: false };
      if (kept.state !== 'failed') kept.state = this.isOld(kept) ? 'stale' : 'queued';
      delete kept.until;
      return kept;
    });
    this.rows = [...this.rows, ...fresh].sort((a, b) => a.created - b.created || (a.cid < b.cid ? -1 : 1));
    for (const room of new Set(fresh.map((row) => row.room))) { this.use.onchange(room); this.flush(room); }
    return fresh;
  }

  /** @returns {Item[]} in the order written */
  items(/** @type {string | undefined} */ room = undefined) {
    return this.rows.filter((row) => room === undefined || row.room === room).map(shown);
  }

  /** @returns {string[]} the rooms that have something to send */
  owing() {
    return [...new Set(this.rows.filter((row) => row.state !== 'failed' && row.state !== 'stale').map((row) => row.room))];
  }

  /**
   * @param {string} room
   * @param {string} body
   * @param {string} cid
   * @returns {Item} shown at once, before anything is stored or sent
   */
  add(room, body, cid) {
    const known = this.find(cid);
    if (known) return shown(known);
    const created = Math.max(this.env.now(), (this.rows.at(-1)?.created ?? 0) + 0.001);
    /** @type {Kept} */
    const row = { cid, uid: this.uid, tab: this.tabs.id, room, body, created, state: 'queued', isStored: false, isAgreed: false };
    this.rows.push(row);
    this.use.onchange(room);
    this.keep(row).then(() => {
      row.isStored = true;
      this.use.onstored(row);
      this.flush(room);
    });
    return shown(row);
  }

  /** A person says so; only what failed or grew stale asks for that. */
  retry(/** @type {string} */ cid) {
    const row = this.find(cid);
    if (!row || (row.state !== 'failed' && row.state !== 'stale')) return false;
    row.isAgreed = true;
    delete row.reason;
    delete row.code;
    this.set(row, 'queued');
    this.keep(row);
    this.flush(row.room);
    return true;
  }

  /** False when it is on its way: nobody can tell then whether it is stored. */
  discard(/** @type {string} */ cid) {
    const row = this.find(cid);
    if (!row || this.flying.get(row.room) === cid) return false;
    this.forget(row);
    this.flush(row.room);
    return true;
  }

  opened(/** @type {string} */ room) {
    this.open.add(room);
    this.flush(room);
  }

  /** The room cannot be written to now. Without a room: the line is gone. */
  closed(/** @type {string | undefined} */ room = undefined) {
    if (room === undefined) this.open.clear();
    else this.open.delete(room);
  }

  /** The room cannot be read any more, so what was written for it cannot be sent. */
  refused(/** @type {string} */ room, /** @type {Frame} */ fault) {
    this.closed(room);
    for (const row of this.rows) if (row.room === room && (row.state === 'queued' || row.state === 'waiting')) this.fail(row, fault);
  }

  end() {
    this.closed();
    for (const timer of [...this.timers.values(), this.lookTimer]) this.env.clearTimeout(timer);
    this.tabs.leave();
  }

  flush(/** @type {string} */ room) {
    if (!this.isLoaded || !this.open.has(room)) return;
    for (const row of this.rows.filter((one) => one.room === room)) {
      if (row.state === 'failed' || row.state === 'stale') continue;
      if (row.state !== 'queued' || !row.isStored) return; // on its way, or waiting: nothing overtakes it
      if (this.isOld(row)) { this.set(row, 'stale'); continue; }
      this.fly(row);
      return;
    }
  }

  fly(/** @type {Kept} */ row) {
    this.flying.set(row.room, row.cid);
    this.set(row, 'sending');
    this.use.send(shown(row)).then(
      (ok) => { this.landed(row); this.use.onsent(shown(row), ok); this.forget(row); },
      (fault) => { this.landed(row); this.answered(row, fault); },
    ).finally(() => this.flush(row.room));
  }

  landed(/** @type {Kept} */ row) { this.flying.delete(row.room); }

  answered(/** @type {Kept} */ row, /** @type {Frame} */ fault) {
    if (LOST.has(fault.code ?? '')) {
      this.set(row, 'queued');
      if (fault.code !== 'not_subscribed') return;
      this.closed(row.room);
      this.use.onlost(row.room);
    } else if (PASSING.has(fault.code ?? '')) this.wait(row, fault.retry_after_ms ?? RETRY_MS);
    else this.fail(row, fault);
  }

  wait(/** @type {Kept} */ row, /** @type {number} */ ms) {
    row.until = this.env.now() + ms;
    this.set(row, 'waiting');
    this.timers.set(row.cid, this.env.setTimeout(() => { this.set(row, 'queued'); this.flush(row.room); }, ms));
  }

  fail(/** @type {Kept} */ row, /** @type {Frame} */ fault) {
    row.reason = fault.message ?? '';
    row.code = fault.code;
    this.set(row, 'failed');
    this.keep(row);
  }

  set(/** @type {Kept} */ row, /** @type {import('./types.js').ItemState} */ state) {
    this.env.clearTimeout(this.timers.get(row.cid));
    this.timers.delete(row.cid);
    row.state = state;
    if (state !== 'waiting') delete row.until;
    this.use.onchange(row.room);
  }

  forget(/** @type {Kept} */ row) {
    this.env.clearTimeout(this.timers.get(row.cid));
    this.timers.delete(row.cid);
    this.rows = this.rows.filter((one) => one !== row);
    this.store.remove(row.cid).catch(() => {});
    this.use.onchange(row.room);
  }

  /** Into the store, or on without it: a store that fails or hangs must not keep anybody from writing. */
  async keep(/** @type {Kept} */ row) {
    const { isStored: _, isAgreed: __, ...kept } = row;
    const put = this.store.put(kept).then(() => true, () => false);
    if (!await this.within(put, STORED_WITHIN_MS, false)) this.unsafe(true);
  }

  unsafe(/** @type {boolean} */ isUnsafe) { this.env.unsafe ||= isUnsafe; }

  /**
   * @template Value
   * @param {Promise<Value>} promise
   * @param {number} ms
   * @param {Value} otherwise
   * @returns {Promise<Value>}
   */
  within(promise, ms, otherwise) {
    return new Promise((resolve) => {
      const timer = this.env.setTimeout(() => resolve(otherwise), ms);
      promise.then((value) => { this.env.clearTimeout(timer); resolve(value); });
    });
  }

  find(/** @type {string} */ cid) { return this.rows.find((row) => row.cid === cid); }

  isOld(/** @type {Kept} */ row) { return !row.isAgreed && this.env.now() - row.created > STALE_AFTER_MS; }
}

/** @returns {Item} */
function shown(/** @type {Kept} */ { cid, room, body, state, created, reason, code, until }) {
  return {
    cid, room, body, state, created,
    ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }), ...(until === undefined ? {} : { until }),
  };
}

/** A UUIDv7: begins with the time, which the server's index of cids likes. */
export function newCid(/** @type {Pick<import('./types.js').Env, 'now' | 'bytes'>} */ env) {
  const bytes = env.bytes(16);
  const now = env.now();
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 2 ** (8 * (5 - at))) & 0xff;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

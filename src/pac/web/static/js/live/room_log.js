// @ts-check
/**
 * One room's log as this page holds it: what `onentries` gives has no hole and no repeat, whatever came in.
 *
 * A push that does not follow the last one is held until the hole is filled from `history`; `top` shows a hole at
 * the end. Where more than BOUND entries are missing or held it lets go and says so (`detached`): the page reads
 * the newest then and attaches behind it. Answers to what was asked before the last turn are not heard.
 */

const PAGE = 100;
const BOUND = 1_000;
const RETRY_MS = 1_000;

/**
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {{after: number, epoch?: string} | {}} Cursor
 */

export class RoomLog {
  /**
   * @param {{after?: number, epoch?: string}} at where the page's own entries end; without `after` the newest are read
   * @param {{
   *   history: (range: import('./types.js').Range) => Promise<import('./types.js').Page>,
   *   later: (call: () => void, ms: number) => void,
   *   onentries: (entries: Frame[]) => void,
   *   ondetached: (top: number) => void,
   *   onreset: () => void,
   * }} use
   */
  constructor({ after, epoch = '' }, use) {
    this.use = use;
    this.last = after ?? 0;
    this.top = this.last;
    this.epoch = epoch;
    /** @type {'live' | 'detached' | 'newest'} */
    this.mode = after === undefined ? 'newest' : 'live';
    /** The subscription of this connection stands. */
    this.stands = false;
    /** @type {number | null} what the last subscribe asked to be replayed from */
    this.askedAfter = null;
    this.replayTo = 0;
    this.lastAtTop = -1;
    /** @type {Map<number, Frame>} */
    this.held = new Map();
    this.reading = false;
    this.turns = 0;
  }

  get detached() { return this.mode === 'detached'; }

  /**
   * What to subscribe with. From here to the answer pushes are not heard: the replay brings them again.
   * @returns {Cursor}
   */
  asking() {
    this.paused();
    this.askedAfter = this.mode === 'live' ? this.last : null;
    if (this.askedAfter === null) return {};
    return this.epoch ? { after: this.askedAfter, epoch: this.epoch } : { after: this.askedAfter };
  }

  /** The line or the subscription is gone. */
  paused() {
    this.stands = false;
    this.turn();
  }

  /** The answer to a subscribe. */
  answered(/** @type {Frame} */ entry) {
    const other = this.epoch !== '' && entry.epoch !== this.epoch;
    this.stands = true;
    this.epoch = entry.epoch;
    this.top = entry.top;
    this.lastAtTop = -1;
    this.replayTo = 0;
    if (other) {
      this.turn();
      this.last = 0;
      this.mode = 'newest';
      this.use.onreset();
    }
    if (this.mode === 'live') this.resume(entry);
    else this.catchUp();
  }

  resume(/** @type {Frame} */ entry) {
    if (entry.reset && this.askedAfter === this.last) this.detach();
    else if (!entry.reset && this.askedAfter !== null && this.askedAfter <= this.last) this.replayTo = entry.top;
    else this.catchUp(); // attached elsewhere while the answer was on its way
  }

  /** A pushed message. */
  push(/** @type {Frame} */ entry) {
    if (!this.stands) return;
    this.top = Math.max(this.top, entry.seq);
    if (this.mode === 'detached' || (this.mode === 'live' && entry.seq <= this.last)) return;
    if (this.mode === 'live' && entry.seq === this.last + 1) { this.take([entry]); return; }
    this.held.set(entry.seq, entry);
    if (this.held.size > BOUND) this.overflow();
    else this.catchUp();
  }

  /** Where the server's log ends. While a replay is on its way that is no hole. */
  topped(/** @type {string} */ epoch, /** @type {number} */ top) {
    if (!this.stands || epoch !== this.epoch) return;
    this.top = Math.max(this.top, top);
    const moves = this.last < this.replayTo && this.last !== this.lastAtTop;
    this.lastAtTop = this.last;
    if (!moves) this.catchUp();
  }

  /** The page holds the log up to `after` now: from here on contiguous again. */
  attach(/** @type {number} */ after) {
    this.turn();
    this.mode = 'live';
    this.last = after;
    this.top = Math.max(this.top, after);
    this.catchUp();
  }

  /** Too much to hold while the newest page is on its way: it is read from `history` behind it. */
  overflow() {
    if (this.mode === 'live') this.detach();
    else this.held.clear();
  }

  detach() {
    this.turn();
    this.mode = 'detached';
    this.use.ondetached(this.top);
  }

  /** What is still being read is not wanted any more. */
  turn() {
    this.turns += 1;
    this.held.clear();
    this.reading = false;
  }

  /** @param {Frame[]} entries contiguous, and following `last` */
  take(entries) {
    const fresh = [...entries];
    this.last = fresh[fresh.length - 1].seq;
    for (let next = this.held.get(this.last + 1); next; next = this.held.get(this.last + 1)) {
      fresh.push(next);
      this.last = next.seq;
    }
    for (const seq of [...this.held.keys()]) if (seq <= this.last) this.held.delete(seq);
    this.top = Math.max(this.top, this.last);
    this.use.onentries(fresh);
  }

  /** Read what is missing, one run at a time. */
  async catchUp() {
    if (!this.stands || this.reading || this.mode === 'detached') return;
    if (this.mode === 'live' && this.last >= this.top) return;
    this.reading = true;
    const turn = this.turns;
    const isOver = () => turn !== this.turns;
    const isRead = (this.mode === 'live' || await this.readNewest(isOver)) && !isOver() && await this.fill(isOver);
    if (isOver()) return;
    this.reading = false;
    if (isRead) this.catchUp();
  }

  /** Page by page up to `top`. False when it cannot be read now. */
  async fill(/** @type {() => boolean} */ isOver) {
    while (this.last < this.top) {
      if (this.top - this.last - this.held.size > BOUND) { this.detach(); return false; }
      const after = this.last;
      const page = await this.page({ after, limit: Math.min(PAGE, this.missing()) }, isOver);
      if (!page) return false;
      const fresh = followers(page.messages, this.last);
      if (fresh.length) this.take(fresh);
      else if (this.last === after) { this.detach(); return false; } // a hole nobody can fill
      if (isOver()) return false; // whoever was given them has attached elsewhere
    }
    return true;
  }

  /** How many entries are missing before the first one that is held, or before the end. */
  missing() {
    const next = this.held.size ? Math.min(...this.held.keys()) : this.top + 1;
    return next - this.last - 1;
  }

  /** The end of the log, whatever was before it. False when it cannot be read now. */
  async readNewest(/** @type {() => boolean} */ isOver) {
    const page = await this.page({ limit: PAGE }, isOver);
    if (!page) return false;
    const newest = lastRun(page.messages);
    this.mode = 'live';
    this.last = newest.length ? newest[0].seq - 1 : 0;
    if (newest.length) this.take(newest);
    return true;
  }

  /**
   * A page of history; null when nobody waits for it any more, or it cannot be read: the next push, top or
   * subscribe asks again.
   * @param {import('./types.js').Range} range
   * @param {() => boolean} isOver
   */
  async page(range, isOver) {
    for (;;) {
      try {
        const page = await this.use.history(range);
        return isOver() ? null : page;
      } catch (error) {
        const fault = /** @type {Frame} */ (error);
        if (isOver() || (fault.code !== 'rate_limited' && fault.code !== 'unavailable')) return null;
        await new Promise((resolve) => { this.use.later(() => resolve(null), fault.retry_after_ms ?? RETRY_MS); });
        if (isOver()) return null;
      }
    }
  }
}

/** Those of `entries` that follow `last` without a hole. */
function followers(/** @type {Frame[]} */ entries, /** @type {number} */ last) {
  /** @type {Frame[]} */
  const fresh = [];
  for (const entry of entries) if (entry.seq === last + fresh.length + 1) fresh.push(entry);
  return fresh;
}

/** The end of `entries` that has no hole. */
function lastRun(/** @type {Frame[]} */ entries) {
  let from = entries.length - 1;
  while (from > 0 && entries[from - 1].seq === entries[from].seq - 1) from -= 1;
  return entries.slice(Math.max(0, from));
}

// @ts-check
/**
 * One room's log as this page holds it: contiguous, in order, filled from the server where something is missing.
 *
 * A push that does not follow the last one is held until the hole is filled by `history`; `top` shows a hole at
 * the end. What comes out of `onentries` has no hole and no repeat, whatever came in.
 */

const PAGE = 100;

/** @typedef {import('./socket.js').Frame} Frame */

export class RoomLog {
  /**
   * @param {string} room
   * @param {number} last the last seq this page shows already
   * @param {string} epoch
   * @param {{
   *   history: (after: number, limit: number) => Promise<Frame>,
   *   onentries: (entries: Frame[]) => void,
   *   onreset: () => void,
   * }} use
   */
  constructor(room, last, epoch, use) {
    this.room = room;
    this.last = last;
    this.epoch = epoch;
    this.use = use;
    /** @type {Map<number, Frame>} */
    this.held = new Map();
    this.filling = false;
    this.generation = 0;
  }

  /** What to subscribe with. */
  cursor() {
    return { room: this.room, after: this.last, ...(this.epoch ? { epoch: this.epoch } : {}) };
  }

  /** The answer to a subscribe. With `reset` the log is another one, or too much was missed to be replayed. */
  subscribed(/** @type {Frame} */ entry) {
    if (this.epoch && entry.epoch !== this.epoch) {
      this.epoch = entry.epoch;
      this.restart(0);
      this.fillTo(entry.top);
      return;
    }
    this.epoch = entry.epoch;
    if (entry.reset) this.fillTo(entry.top);
  }

  /** A pushed message. */
  push(/** @type {Frame} */ entry) {
    if (entry.seq <= this.last) return;
    if (entry.seq === this.last + 1) this.take([entry]);
    else { this.held.set(entry.seq, entry); this.fillTo(entry.seq - 1); }
  }

  /** Where the server's log ends. */
  top(/** @type {number} */ seq) {
    this.fillTo(seq);
  }

  /** @param {Frame[]} entries contiguous, and following `last` */
  take(entries) {
    const fresh = [...entries];
    this.last = fresh[fresh.length - 1].seq;
    for (let next = this.held.get(this.last + 1); next; next = this.held.get(this.last + 1)) {
      this.held.delete(next.seq);
      fresh.push(next);
      this.last = next.seq;
    }
    this.use.onentries(fresh);
  }

  restart(/** @type {number} */ last) {
    this.generation += 1;
    this.held.clear();
    this.last = last;
    this.filling = false;
    this.use.onreset();
  }

  /** Read what is missing up to `seq`. One run at a time; one that fails is begun again by the next push or top. */
  async fillTo(/** @type {number} */ seq) {
    if (this.filling || seq <= this.last) return;
    this.filling = true;
    const generation = this.generation;
    try {
      while (this.last < seq) {
        const page = await this.use.history(this.last, PAGE);
        if (generation !== this.generation) return;
        const fresh = page.messages.filter((/** @type {Frame} */ entry) => entry.seq > this.last);
        if (!fresh.length) return;
        this.take(fresh);
      }
    } catch {
      // the connection went, or the server could not read: the next subscribe, push or top tries again
    } finally {
      if (generation === this.generation) this.filling = false;
    }
  }
}

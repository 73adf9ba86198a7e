// @ts-check
/**
 * Which rooms this connection reads: what is wanted and what the server was told are brought together, whatever
 * happens in between.
 *
 * The server handles the frames of a socket in order, so a room may be left while its subscribe is on its way.
 * Every ask has a number, and only the answer to a room's last ask counts. More rooms than a connection may have
 * are not asked for: the first ones are.
 */

const ROOMS_PER_FRAME = 512;
const FRAME_BYTES = 60_000;
const RETRY_MS = 1_000;
/** A refused entry costs nothing, but the hundredth in a minute ends the connection. */
const RETRY_ROOMS = 40;
const FEW = 5;

/**
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {'asked' | 'stands' | 'refused' | 'later' | 'leaving' | 'leave later'} Standing
 * @typedef {{state: Standing, number: number, askedAt: number, at: number}} Known `at`: not again before
 */

export class Subscriptions {
  /**
   * @param {import('./types.js').Env} env
   * @param {{
   *   wanted: () => string[][],
   *   ask: (frame: {op: string, [field: string]: any}) => Promise<Frame>,
   *   cursor: (room: string) => object,
   *   onentry: (entry: Frame) => void,
   * }} use `wanted`: the rooms by urgency; those of one urgency share frames. `cursor`: where to resume, asked at
   *   the moment of asking. `onentry`: how a room stands, or why not
   */
  constructor(env, use) {
    this.env = env;
    this.use = use;
    /** @type {Map<string, Known>} */
    this.rooms = new Map();
    this.limit = ROOMS_PER_FRAME;
    this.number = 0;
    this.isOpen = false;
    this.isDue = false;
    this.pace = RETRY_ROOMS;
    this.timer = null;
  }

  /** A new connection, which reads nothing yet. */
  opened(/** @type {Frame} */ welcome) {
    this.closed();
    this.limit = welcome.limits?.rooms ?? ROOMS_PER_FRAME;
    this.pace = RETRY_ROOMS;
    this.isOpen = true;
    this.flush();
  }

  closed() {
    this.isOpen = false;
    this.rooms.clear();
    this.env.clearTimeout(this.timer);
  }

  /** What is wanted has changed. Everything that changes in one turn goes out together. */
  changed() {
    if (this.isDue) return;
    this.isDue = true;
    Promise.resolve().then(() => { this.isDue = false; this.flush(); });
  }

  stands(/** @type {string} */ room) { return this.rooms.get(room)?.state === 'stands'; }

  /** Ask for this room anew: it is read from elsewhere now, it was lost, or a right has changed. */
  again(/** @type {string} */ room, patiently = false) {
    const known = this.rooms.get(room);
    if (known) {
      known.state = 'later';
      known.at = patiently ? known.askedAt + RETRY_MS : 0;
    }
    this.changed();
  }

  flush() {
    if (!this.isOpen) return;
    const wanted = this.use.wanted();
    const target = new Set([...new Set(wanted.flat())].slice(0, this.limit));
    this.leave([...this.rooms.keys()].filter((room) => !target.has(room)));
    for (const group of wanted) this.join(group.filter((room) => target.has(room)));
    this.wake();
  }

  leave(/** @type {string[]} */ rooms) {
    const now = this.env.now();
    const told = [];
    for (const room of rooms) {
      const known = /** @type {Known} */ (this.rooms.get(room));
      if (known.state === 'leaving' || (known.state === 'leave later' && known.at > now)) continue;
      if (known.state === 'refused') this.rooms.delete(room);
      else told.push(room);
    }
    for (let at = 0; at < told.length; at += ROOMS_PER_FRAME) this.tellLeft(told.slice(at, at + ROOMS_PER_FRAME));
  }

  async tellLeft(/** @type {string[]} */ rooms) {
    const number = this.mark(rooms, 'leaving');
    try {
      await this.use.ask({ op: 'unsubscribe', rooms });
      for (const room of this.still(rooms, number)) this.rooms.delete(room);
    } catch (fault) {
      this.put(this.still(rooms, number), 'leave later', /** @type {Frame} */ (fault).retry_after_ms);
    }
  }

  join(/** @type {string[]} */ rooms) {
    const now = this.env.now();
    const fresh = [];
    let repeated = 0;
    for (const room of rooms) {
      const known = this.rooms.get(room);
      if (known?.state === 'later') {
        if (known.at > now) continue;
        if (known.at && (repeated += 1) > this.pace) { known.at = now + RETRY_MS; continue; }
      } else if (known && known.state !== 'leaving' && known.state !== 'leave later') continue;
      fresh.push(room);
    }
    for (const batch of this.frames(fresh)) this.ask(batch, repeated > 0);
  }

  /** Cut by number and by size: a frame that is too large ends the connection for good. */
  frames(/** @type {string[]} */ rooms) {
    /** @type {{room: string}[][]} */
    const frames = [];
    let size = FRAME_BYTES;
    for (const room of rooms) {
      const cursor = { room, ...this.use.cursor(room) };
      const bytes = JSON.stringify(cursor).length + 1;
      if (size + bytes > FRAME_BYTES || frames[frames.length - 1].length === ROOMS_PER_FRAME) {
        frames.push([]);
        size = 0;
      }
      frames[frames.length - 1].push(cursor);
      size += bytes;
    }
    return frames;
  }

  async ask(/** @type {{room: string}[]} */ cursors, /** @type {boolean} */ isRepeated) {
    const rooms = cursors.map((cursor) => cursor.room);
    const number = this.mark(rooms, 'asked');
    try {
      const answer = await this.use.ask({ op: 'subscribe', rooms: cursors });
      this.heard(answer.rooms, number, isRepeated);
    } catch (error) {
      const fault = /** @type {Frame} */ (error);
      this.heard(rooms.map((room) => ({ ...fault, room })), number, false);
    }
  }

  heard(/** @type {Frame[]} */ entries, /** @type {number} */ number, /** @type {boolean} */ isRepeated) {
    const mine = new Set(this.still(entries.map((entry) => entry.room ?? ''), number));
    const limited = entries.filter((entry) => entry.code === 'rate_limited').length;
    if (isRepeated) this.pace = limited ? Math.max(1, entries.length - limited) : Math.min(RETRY_ROOMS, this.pace + 1);
    const least = limited > FEW ? RETRY_MS : 0; // it says when one of them passes, not when all do
    for (const entry of entries) {
      const room = entry.room ?? '';
      if (!mine.has(room)) continue;
      if (entry.code === 'rate_limited' || entry.code === 'unavailable') this.put([room], 'later', Math.max(least, entry.retry_after_ms ?? RETRY_MS));
      else {
        this.mark([room], entry.code ? 'refused' : 'stands', number);
        this.use.onentry(entry);
      }
    }
    this.wake();
  }

  /** @param {string[]} rooms */
  mark(rooms, /** @type {Standing} */ state, number = this.number += 1) {
    const askedAt = this.env.now();
    for (const room of rooms) this.rooms.set(room, { state, number, askedAt, at: 0 });
    return number;
  }

  /** Those whose last ask this number is. An older connection's are none of them. */
  still(/** @type {string[]} */ rooms, /** @type {number} */ number) {
    return rooms.filter((room) => this.rooms.get(room)?.number === number);
  }

  put(/** @type {string[]} */ rooms, /** @type {Standing} */ state, wait = RETRY_MS) {
    const at = this.env.now() + wait;
    for (const room of rooms) Object.assign(/** @type {Known} */ (this.rooms.get(room)), { state, at });
    this.wake();
  }

  /** Look again when the first of those that were put off is due. */
  wake() {
    this.env.clearTimeout(this.timer);
    const due = [...this.rooms.values()].filter((known) => known.state === 'later' || known.state === 'leave later');
    if (!this.isOpen || !due.length) return;
    const first = Math.min(...due.map((known) => known.at));
    this.timer = this.env.setTimeout(() => this.flush(), Math.max(0, first - this.env.now()));
  }
}

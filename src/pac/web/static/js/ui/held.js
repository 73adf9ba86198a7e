// @ts-check
/**
 * What of one room's log this page holds: contiguous, ascending, at most 2,000 entries; its end may be the log's end
 * or lie before it (an old place was asked for, or too much was missed).
 *
 * While it reaches the end (`hasNewer` is false) live entries are appended; otherwise they only raise `missed`. What a
 * deletion names is emptied, as a reload would show it.
 */

import { batch, signal } from '../vendor/signals-core.js';

export const HELD_MAX = 2_000;
export const PAGE = 50;

/** @typedef {import('../live/types.js').Frame & import('./list/rows.js').Entry} Frame a `message` frame */
/** @typedef {{messages: Frame[], more: boolean}} Page */
/** @typedef {(range: {before?: number, after?: number, limit: number}) => Promise<Page>} History */

export class Held {
  /**
   * @param {{epoch: string, top: number, more: boolean, entries: Frame[]} | null} log
   * @param {History} history
   */
  constructor(log, history) {
    this.history = history;
    this.epoch = log?.epoch ?? '';
    /** where the server's log ends, as far as is known */
    this.top = log?.top ?? 0;
    this.entries = signal(log?.entries ?? []);
    this.hasOlder = signal(log?.more ?? false);
    this.hasNewer = signal(false);
    this.missed = signal(0);
    /** told apart, so that an answer to a question about a log that was dropped since is not taken in */
    this.generation = 0;
  }

  get first() { return this.entries.peek()[0]?.seq ?? 0; }

  /** The last seq held; where nothing is held, where the log ended when it was opened. */
  get last() { return this.entries.peek().at(-1)?.seq ?? this.top; }

  /** Live entries, contiguous. */
  append(/** @type {Frame[]} */ fresh) {
    const { last } = this; // before the top is known to be higher
    const newest = fresh.at(-1)?.seq ?? 0;
    batch(() => {
      this.top = Math.max(this.top, newest);
      for (const entry of fresh) if (entry.event === 'deleted') this.empty(entry);
      const next = this.hasNewer.peek() ? [] : fresh.filter((entry) => entry.seq > last);
      const isEmpty = !this.entries.peek().length;
      if (next.length && isEmpty) this.hasOlder.value = next[0].seq > 1;
      if (next.length && (next[0].seq === last + 1 || isEmpty)) this.put([...this.entries.peek(), ...next], 'end');
      this.count();
    });
  }

  /** More was missed than is replayed: the log goes on somewhere behind what is held. */
  detach(/** @type {number} */ top) {
    batch(() => {
      this.top = Math.max(this.top, top);
      this.hasNewer.value = true;
      this.count();
    });
  }

  /** Another log stands there now. */
  drop(/** @type {string} */ epoch) {
    this.generation += 1;
    batch(() => {
      this.epoch = epoch;
      this.top = 0;
      this.entries.value = [];
      this.hasOlder.value = this.hasNewer.value = false;
      this.count();
    });
  }

  async older() {
    const { first, generation } = this;
    if (!first) return;
    const page = await this.history({ before: first, limit: PAGE });
    if (generation !== this.generation || this.first !== first) return;
    batch(() => {
      this.hasOlder.value = page.more;
      this.put([...page.messages.filter(({ seq }) => seq < first), ...this.entries.peek()], 'start');
    });
  }

  /** Answers whether the end was reached: live entries are appended again. */
  async newer() {
    const { last, generation } = this;
    const page = await this.history({ after: last, limit: PAGE });
    if (generation !== this.generation || this.last !== last) return false;
    batch(() => {
      this.put([...this.entries.peek(), ...page.messages.filter(({ seq }) => seq > last)], 'end');
      this.hasNewer.value = page.more || this.last < this.top;
      this.count();
    });
    return !this.hasNewer.peek();
  }

  /** The entries around this one, instead of what is held. */
  async around(/** @type {number} */ seq) {
    const { generation } = this;
    const [before, after] = await Promise.all([
      this.history({ before: seq, limit: PAGE / 2 }), this.history({ after: seq - 1, limit: PAGE / 2 }),
    ]);
    if (generation !== this.generation) return false;
    return this.replace([...before.messages, ...after.messages], before.more, after.more);
  }

  /** The newest page, instead of what is held. */
  async latest() {
    const { generation } = this;
    const page = await this.history({ limit: PAGE });
    if (generation !== this.generation) return false;
    return this.replace(page.messages, page.more, false);
  }

  /** @param {Frame[]} entries @param {boolean} more @param {boolean} goesOn */
  replace(entries, more, goesOn) {
    this.generation += 1;
    batch(() => {
      this.entries.value = entries;
      this.top = Math.max(this.top, this.last);
      this.hasOlder.value = more;
      this.hasNewer.value = goesOn || this.last < this.top;
      this.count();
    });
    return !this.hasNewer.peek();
  }

  /** @param {Frame[]} entries @param {'start' | 'end'} grown */
  put(entries, grown) {
    if (entries.length > HELD_MAX && grown === 'end') {
      entries = entries.slice(-HELD_MAX);
      this.hasOlder.value = true;
    } else if (entries.length > HELD_MAX) {
      entries = entries.slice(0, HELD_MAX);
      this.hasNewer.value = true;
    }
    this.entries.value = entries;
    this.count();
  }

  count() {
    this.missed.value = this.hasNewer.peek() ? Math.max(0, this.top - this.last) : 0;
  }

  /** The message that this deletion names, if it is held. */
  empty(/** @type {Frame} */ deletion) {
    const at = (deletion.target ?? 0) - this.first;
    const entries = this.entries.peek();
    const entry = entries[at];
    if (!entry || entry.seq !== deletion.target || entry.deleted) return;
    const deleted = entry.member.id === deletion.member.id ? 'author' : 'moderator';
    this.entries.value = [...entries.slice(0, at), { ...entry, body: '', deleted }, ...entries.slice(at + 1)];
  }
}

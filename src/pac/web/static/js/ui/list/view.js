// @ts-check
/**
 * What of the log is drawn and where the view is to go: the window over the held entries, kept while they change.
 *
 * No document here; `message_list.js` measures and asks.
 */

import { Adopted } from './adopted.js';
import { counts, emptied, isFolding, momentOf, rowsOf } from './rows.js';
import * as win from './window.js';

/** @typedef {import('./rows.js').Entry} Entry */
/** @typedef {import('./rows.js').Item} Item */
/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./window.js').Span} Span */
/** Where the view is to be after the next drawing.
 *  @typedef {{to: 'end'} | {to: 'row', seq: number, at: 'third' | 'middle' | number, flash: boolean} | {to: 'unread'}} Goal */

export class View {
  /**
   * @param {{id: string, nickname: string}} me
   * @param {number} unreadAfter
   * @param {import('../times.js').Times} times
   */
  constructor(me, unreadAfter, times) {
    this.me = me;
    this.unreadAfter = unreadAfter;
    this.times = times;
    this.adopted = new Adopted(me.id);
    /** @type {readonly Entry[]} */
    this.entries = [];
    /** @type {Item[]} */
    this.pending = [];
    this.held = new win.Held([]);
    /** @type {Span | null} */
    this.span = null;
    /** @type {ReadonlyMap<number, 'author' | 'moderator'>} */
    this.gone = new Map();
    /** the highest seq that has been in view */
    this.seenTo = 0;
  }

  /** The span ends where the held entries end. */
  get isAttached() { return !this.span || this.span.last >= this.held.last; }

  /** New entries or items. Answers how many entries came after those that were held. */
  take(/** @type {readonly Entry[]} */ entries, /** @type {readonly Item[]} */ items, /** @type {boolean} */ isAtEnd) {
    const { held, span, isAttached } = this;
    this.pending = this.adopted.absorb(entries, items);
    if (entries === this.entries) return 0;
    this.entries = entries;
    this.gone = emptied(entries);
    this.held = new win.Held(entries, (place) => this.shows(place));
    const kept = span && !this.held.isEmpty ? win.clipped(this.held, span) : null;
    // A log that starts anew, or another part of it: its end, unless somebody asks for a place in it.
    this.span = this.held.isEmpty ? null : kept ?? win.tail(this.held);
    if (kept && isAttached && this.held.last > kept.last) this.span = win.followed(this.held, kept, isAtEnd);
    return held.isEmpty ? 0 : Math.max(0, this.held.last - held.last);
  }

  /** Whether an entry has a line of its own; roughly, for folds are a matter of the drawn slice. */
  shows(/** @type {number} */ place) {
    const [entry, before] = [this.entries[place], this.entries[place - 1]];
    if (entry.event === 'deleted') return false;
    if (!before || before.event === 'deleted') return true;
    if (isFolding(entry)) return entry.event !== before.event || this.times.day(momentOf(entry)) !== this.times.day(momentOf(before));
    const third = this.entries[place - 3];
    return !(third && this.gone.has(entry.seq) && this.gone.has(before.seq) && this.gone.has(third.seq)
      && this.gone.has(this.entries[place - 2].seq));
  }

  /** @returns {Row[]} */
  rows(/** @type {number} */ now, /** @type {boolean} */ hasNewer) {
    const { span, held } = this;
    const slice = span ? this.entries.slice(span.first - held.first, span.last + 1 - held.first) : [];
    const isTail = this.isAttached && !hasNewer; // what is on its way stands below the last seq, or nowhere
    return rowsOf(slice, isTail ? this.pending : [], {
      me: this.me, gone: this.gone, cids: this.adopted.cids, unreadAfter: this.unreadAfter, now, days: this.times,
    });
  }

  /** The first entry that was not read when the room was opened, 0 if it is not held. */
  get firstUnread() {
    if (!this.unreadAfter || this.held.isEmpty || this.held.first > this.unreadAfter + 1) return 0;
    for (let seq = Math.max(this.unreadAfter + 1, this.held.first); seq <= this.held.last; seq += 1) {
      if (counts(this.entry(seq), this.me.id) && !this.gone.has(seq)) return seq;
    }
    return 0;
  }

  entry(/** @type {number} */ seq) { return this.entries[seq - this.held.first]; }

  /** How many texts of others there are after `seq`, as far as is known. */
  countAfter(/** @type {number} */ seq, /** @type {number} */ missed) {
    const { held } = this;
    let count = Math.max(0, held.last + missed - Math.max(seq, held.last));
    count += Math.max(0, Math.min(held.first - 1, held.last) - seq); // not held: every seq might be one
    for (let at = Math.max(seq + 1, held.first); at <= held.last; at += 1) {
      if (counts(this.entry(at), this.me.id) && !this.gone.has(at)) count += 1;
    }
    return count;
  }

  toTail() { this.span = win.tail(this.held); }

  toAround(/** @type {number} */ seq) { this.span = win.around(this.held, seq); }

  /** From half a page above `seq` to the end, as far as there is room. */
  toUnread(/** @type {number} */ seq) {
    const half = win.PAGE / 2;
    const first = this.held.up(seq, half);
    this.span = { first, last: this.held.down(first, win.LINES - half) };
  }
}

// @ts-check
/**
 * Which entries are in the document: a span of the held ones, without a hole, of 300 lines at most.
 *
 * A span grows by pages at the side the reader comes near and is trimmed at the other; entries that show nothing are
 * empty elements and are not counted, so that a purge of 500 messages leaves something to scroll. Pure.
 */

export const PAGE = 50;
export const LINES = 300;
export const SLACK = 20;

/** @typedef {{first: number, last: number}} Span seqs, both included */

/** What is held, as the window sees it: seqs first to last, and which of them show a line. */
export class Held {
  /** @param {readonly {seq: number}[]} entries contiguous, ascending
   *  @param {(place: number) => boolean} shows */
  constructor(entries, shows = () => true) {
    this.first = entries.length ? entries[0].seq : 1;
    this.last = this.first + entries.length - 1;
    /** lines before each place */
    this.before = new Uint32Array(entries.length + 1);
    for (let place = 0; place < entries.length; place += 1) this.before[place + 1] = this.before[place] + (shows(place) ? 1 : 0);
  }

  get isEmpty() { return this.last < this.first; }

  has(/** @type {number} */ seq) { return seq >= this.first && seq <= this.last; }

  lines(/** @type {Span} */ span) {
    if (span.last < span.first) return 0;
    return this.before[span.last + 1 - this.first] - this.before[span.first - this.first];
  }

  /** The seq `lines` lines above `seq`, or the first. */
  up(/** @type {number} */ seq, /** @type {number} */ lines) {
    const wanted = this.before[seq - this.first] - lines;
    let at = seq;
    while (at > this.first && this.before[at - this.first] > Math.max(0, wanted)) at -= 1;
    return wanted <= 0 ? this.first : at;
  }

  /** The seq `lines` lines below `seq`, or the last. */
  down(/** @type {number} */ seq, /** @type {number} */ lines) {
    const wanted = this.before[seq + 1 - this.first] + lines;
    let at = seq;
    while (at < this.last && this.before[at + 1 - this.first] < wanted) at += 1;
    return at;
  }
}

/** The end of what is held. @returns {Span} */
export function tail(/** @type {Held} */ held) {
  if (held.isEmpty) return { first: held.first, last: held.last };
  return { first: held.up(held.last, PAGE - 1), last: held.last };
}

/** Half a page on each side. @returns {Span} */
export function around(/** @type {Held} */ held, /** @type {number} */ seq) {
  return { first: held.up(seq, PAGE / 2), last: held.down(seq, PAGE / 2) };
}

/** What is left of a span after the held entries changed; null if nothing. @returns {Span | null} */
export function clipped(/** @type {Held} */ held, /** @type {Span} */ span) {
  const kept = { first: Math.max(span.first, held.first), last: Math.min(span.last, held.last) };
  return kept.last < kept.first ? null : kept;
}

/** A page more above; below what is in view, lines over the bound go. @returns {Span} */
export function older(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {Span} */ view) {
  const grown = { first: held.up(span.first, PAGE), last: span.last };
  return withoutBelow(held, grown, view);
}

/** A page more below; above what is in view, lines over the bound go. @returns {Span} */
export function newer(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {Span} */ view) {
  const grown = { first: span.first, last: held.down(span.last, PAGE) };
  return withoutAbove(held, grown, view);
}

/** Whether a page more below needs nothing trimmed above: trimming there waits until scrolling rests. */
export function hasRoom(/** @type {Held} */ held, /** @type {Span} */ span) {
  return held.lines({ first: span.first, last: held.down(span.last, PAGE) }) <= LINES + SLACK;
}

/**
 * New entries came after a span that reached the end. A reader at the end follows, the top goes; a reader elsewhere
 * keeps what is there, and when it is full the end is let go (it counts in the pill).
 * @returns {Span}
 */
export function followed(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {boolean} */ isAtEnd) {
  if (isAtEnd) {
    const grown = { first: span.first, last: held.last };
    return held.lines(grown) <= LINES + SLACK ? grown : withoutAbove(held, grown, { first: held.last, last: held.last });
  }
  const room = LINES + SLACK - held.lines(span);
  return room <= 0 ? span : { first: span.first, last: held.down(span.last, room) };
}

/**
 * Scrolling rests: back to the bound, at the side that is further from what is in view. `isDownward`: the reader is on
 * the way to the end; then all but a page above goes, so that the next rest is not needed soon.
 * @returns {Span}
 */
export function rested(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {Span} */ view, isDownward = false) {
  if (isDownward) return { first: Math.max(span.first, held.up(view.first, PAGE)), last: span.last };
  const above = held.lines({ first: span.first, last: view.first });
  const below = held.lines({ first: view.last, last: span.last });
  return above > below ? withoutAbove(held, span, view) : withoutBelow(held, span, view);
}

/** @returns {Span} */
function withoutAbove(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {Span} */ view) {
  if (held.lines(span) <= LINES) return span;
  const first = held.up(span.last, LINES - 1);
  return { first: Math.max(span.first, Math.min(first, view.first)), last: span.last };
}

/** @returns {Span} */
function withoutBelow(/** @type {Held} */ held, /** @type {Span} */ span, /** @type {Span} */ view) {
  if (held.lines(span) <= LINES) return span;
  const last = held.down(span.first, LINES - 1);
  return { first: span.first, last: Math.min(span.last, Math.max(last, view.last)) };
}

// @ts-check
/**
 * What is being read does not move.
 *
 * At the end (within 48 px) the list sticks to the end. Elsewhere the first line in view keeps its distance to the
 * top, whatever is put in, taken out or grows above it. The browser's own anchoring is off (list.css): it corrects
 * a second time, and Safari has it differently. Writes while scrolling stay away from `scrollTop` unless
 * something really moved.
 */

export const NEAR_END_PX = 48;
const MOVED_PX = 0.5;

/** @typedef {{row: Element, top: number}[]} Marks the lines in view and where they stood, first one first */

export class Anchor {
  /** @param {HTMLElement} scroller
   *  @param {HTMLElement} list
   *  @param {() => boolean} isTail the end of the list is the end of the log
   *  @param {() => void} onsettled after heights changed by themselves */
  constructor(scroller, list, isTail, onsettled) {
    this.scroller = scroller;
    this.list = list;
    this.isTail = isTail;
    this.sticks = true;
    /** @type {Marks} */
    this.marks = [];
    this.wrote = -1;
    this.observer = new ResizeObserver(() => {
      this.restore(this.marks);
      onsettled();
    });
    this.observer.observe(list);
    this.observer.observe(scroller);
  }

  end() { this.observer.disconnect(); }

  get distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** The reader (or we) scrolled. */
  scrolled() {
    const at = this.scroller.scrollTop;
    const isOurs = Math.abs(at - this.wrote) < 1;
    // What grew since our own write has not been answered yet: that is not the reader leaving.
    if (isOurs && this.sticks) return;
    this.sticks = this.isTail() && this.distance <= NEAR_END_PX;
    if (isOurs) return;
    this.wrote = this.sticks ? at : -1;
    this.marks = this.take();
  }

  /** The lines in view now. Kept over our own corrections, so that roundings do not add up. */
  take() {
    const frame = this.scroller.getBoundingClientRect();
    /** @type {Marks} */
    const marks = [];
    for (const row of this.visible(frame.top, frame.bottom)) marks.push({ row, top: row.getBoundingClientRect().top - frame.top });
    return marks;
  }

  /** Rows with a line of their own that reach into the frame, from the top. */
  visible(/** @type {number} */ top, /** @type {number} */ bottom) {
    /** @type {HTMLElement[]} */
    const found = [];
    const rows = /** @type {HTMLCollectionOf<HTMLElement>} */ (this.list.children);
    for (let place = this.firstBelow(rows, top); place < rows.length; place += 1) {
      const row = rows[place];
      if (row.hidden || row.classList.contains('day')) continue; // a day sticks: where it is says nothing
      const rect = row.getBoundingClientRect();
      if (rect.top >= bottom) break;
      if (rect.bottom > top) found.push(row);
    }
    return found;
  }

  /** By halves: the first row, or a few before it, that ends below `top`. */
  firstBelow(/** @type {HTMLCollectionOf<HTMLElement>} */ rows, /** @type {number} */ top) {
    let [above, below] = [0, rows.length];
    while (below - above > 8) {
      let middle = (above + below) >> 1;
      while (middle > above && (rows[middle].hidden || rows[middle].classList.contains('day'))) middle -= 1;
      if (middle === above) break;
      if (rows[middle].getBoundingClientRect().bottom <= top) above = middle;
      else below = middle;
    }
    return above;
  }

  /** Before a change. */
  before() {
    // The reader may have scrolled away and the event not be here yet: the end must not pull back.
    if (this.sticks && this.scroller.scrollTop < this.wrote - 1) this.scrolled();
    if (this.sticks) return this.marks;
    if (this.marks.length && Math.abs(this.scroller.scrollTop - this.wrote) < 1) return this.marks;
    this.marks = this.take();
    return this.marks;
  }

  /** After it: to the end, or the first line that is still there back to its place. */
  restore(/** @type {Marks} */ marks) {
    if (this.sticks) {
      this.toEnd();
      return;
    }
    const top = this.scroller.getBoundingClientRect().top;
    const mark = marks.find(({ row }) => row.isConnected && !(/** @type {HTMLElement} */ (row).hidden));
    if (!mark) return;
    const moved = mark.row.getBoundingClientRect().top - top - mark.top;
    if (Math.abs(moved) > MOVED_PX) this.write(this.scroller.scrollTop + moved);
    else this.wrote = this.scroller.scrollTop;
  }

  toEnd() {
    this.sticks = true;
    if (this.distance > 0) this.write(this.scroller.scrollHeight);
    else this.wrote = this.scroller.scrollTop;
  }

  /** This row's top to so many px below the frame's. */
  place(/** @type {Element} */ row, /** @type {number} */ below) {
    this.sticks = false;
    const top = this.scroller.getBoundingClientRect().top;
    this.write(this.scroller.scrollTop + row.getBoundingClientRect().top - top - below);
    this.marks = this.take();
  }

  write(/** @type {number} */ scrollTop) {
    this.scroller.scrollTop = scrollTop;
    this.wrote = this.scroller.scrollTop;
  }
}

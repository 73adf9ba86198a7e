// @ts-check
/**
 * How far somebody has read: a line counts when its end was in view for 500 ms in a window that is visible and has
 * the focus. It never goes back.
 */

const LOOKED_AT_MS = 500;

export class Reading {
  /** @param {() => number} lastInView seq of the last line whose end is in view, 0 for none
   *  @param {(seq: number) => void} tell */
  constructor(lastInView, tell) {
    this.lastInView = lastInView;
    this.tell = tell;
    this.told = 0;
    this.watched = 0;
    this.timer = 0;
    this.look = this.look.bind(this);
    this.away = this.away.bind(this);
    document.addEventListener('visibilitychange', this.look);
    window.addEventListener('focus', this.look);
    window.addEventListener('blur', this.away);
  }

  end() {
    this.away();
    document.removeEventListener('visibilitychange', this.look);
    window.removeEventListener('focus', this.look);
    window.removeEventListener('blur', this.away);
  }

  away() {
    clearTimeout(this.timer);
    this.watched = 0;
  }

  /** What is in view may have changed. */
  look() {
    if (document.visibilityState !== 'visible' || !document.hasFocus()) {
      this.away();
      return;
    }
    if (this.watched) return;
    const seq = this.lastInView();
    if (seq <= this.told) return;
    this.watched = seq;
    this.timer = window.setTimeout(() => this.looked(), LOOKED_AT_MS);
  }

  looked() {
    const { watched } = this;
    this.watched = 0;
    const isHere = document.visibilityState === 'visible' && document.hasFocus();
    if (isHere && this.lastInView() >= watched && watched > this.told) {
      this.told = watched;
      this.tell(watched);
    }
    this.look();
  }
}

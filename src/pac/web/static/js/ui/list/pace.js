// @ts-check
/** When to draw: once in a frame; when more than 20 messages come in a second, once in 100 ms. */

const BUSY_PER_S = 20;
const BUSY_MS = 100;
const SLOW_FRAME_MS = 200;

export class Pace {
  constructor(/** @type {() => void} */ draw) {
    this.draw = draw;
    this.isDue = false;
    this.drawn = 0;
    /** @type {{at: number, count: number}[]} */
    this.arrivals = [];
    this.frame = 0;
    this.timer = 0;
  }

  /** Something changed; `count` messages of others came. What the reader does itself is never held back. */
  ask(count = 0) {
    const now = performance.now();
    if (count) this.arrivals.push({ at: now, count });
    while (this.arrivals.length && now - this.arrivals[0].at > 1_000) this.arrivals.shift();
    const rate = this.arrivals.reduce((sum, one) => sum + one.count, 0);
    const wait = count && rate > BUSY_PER_S ? this.drawn + BUSY_MS - now : 0;
    if (this.isDue && wait > 0) return;
    this.stop();
    this.isDue = true;
    if (wait > 0) this.timer = window.setTimeout(() => this.soon(), wait);
    else this.soon();
  }

  soon() {
    // No frames are drawn in a hidden tab; its rows are kept up to date all the same.
    this.frame = requestAnimationFrame(() => this.now());
    this.timer = window.setTimeout(() => this.now(), SLOW_FRAME_MS);
  }

  now() {
    this.stop();
    this.isDue = false;
    this.drawn = performance.now();
    this.draw();
  }

  stop() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }
}

// @ts-check
/**
 * For those who listen: what others say in the room on screen, one line in two seconds at most, and never history.
 * One polite region for the page, and not role=log on the list: that would read every page that is loaded above.
 */

import { say, sayMany } from './texts.js';

const EVERY_MS = 2_000;
const READ_CHARS = 120;
const TOO_MANY = 3;

/** @typedef {import('../live/socket.js').Frame} Frame */
/** @typedef {{setTimeout: (call: () => void, ms: number) => any, now: () => number}} Clock */

/** @type {Clock} */
const browserClock = { setTimeout: (call, ms) => window.setTimeout(call, ms), now: () => Date.now() };

export class Announcer {
  /** @param {{textContent: string | null}} place @param {string} me @param {Clock} clock */
  constructor(place, me, clock = browserClock) {
    this.place = place;
    this.me = me;
    this.clock = clock;
    this.saidAt = -EVERY_MS;
    /** @type {Frame[]} */
    this.waiting = [];
    /** @type {any} */
    this.timer = null;
  }

  /** Entries that have just been said; those of history do not come here. */
  heard(/** @type {Frame[]} */ entries) {
    this.waiting.push(...entries.filter((entry) => entry.member.id !== this.me && entry.type === 'TEXT' && entry.body));
    if (!this.waiting.length || this.timer !== null) return;
    const wait = this.saidAt + EVERY_MS - this.clock.now();
    if (wait <= 0) this.tell();
    else this.timer = this.clock.setTimeout(() => { this.timer = null; this.tell(); }, wait);
  }

  /** Another room is on screen: what waits is not of it. */
  clear() { this.waiting = []; }

  /** Something that is not a message, at once. */
  say(/** @type {string} */ words) {
    this.place.textContent = words;
    this.saidAt = this.clock.now();
  }

  tell() {
    const waiting = this.waiting;
    this.waiting = [];
    if (!waiting.length) return;
    this.say(waiting.length > TOO_MANY
      ? sayMany('{count} new message', '{count} new messages', waiting.length)
      : waiting.map((entry) => say('{name}: {text}', { name: entry.member.nickname, text: short(entry.body) })).join('\n'));
  }
}

function short(/** @type {string} */ text) {
  const points = [...text];
  return points.length > READ_CHARS ? `${points.slice(0, READ_CHARS).join('')}…` : text;
}

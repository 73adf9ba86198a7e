// @ts-check
/** For those who listen: at most one line in two seconds, and never history. */

import { say } from './texts.js';

/** @typedef {import('./held.js').Frame} Frame */

export class Announcer {
  /** @param {HTMLElement} place @param {string} me */
  constructor(place, me) {
    this.place = place;
    this.me = me;
    this.at = 0;
  }

  heard(/** @type {Frame[]} */ entries) {
    const others = entries.filter((entry) => entry.member.id !== this.me && entry.type === 'TEXT');
    if (!others.length || Date.now() - this.at < 2_000) return;
    this.at = Date.now();
    const latest = others[others.length - 1];
    this.say(others.length > 3 ? say('{count} new messages ↓', { count: others.length }) : `${latest.member.nickname}: ${latest.body.slice(0, 120)}`);
  }

  say(/** @type {string} */ words) { this.place.textContent = words; }
}

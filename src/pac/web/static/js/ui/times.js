// @ts-check
/**
 * Moments as this reader writes them, in the browser's own zone, which the page also tells the server (cookie `tz`),
 * so that what the server draws agrees.
 */

import { say } from './texts.js';

const DAY_MS = 24 * 60 * 60_000;

export class Times {
  constructor(/** @type {string} */ language, /** @type {string | undefined} */ zone = undefined) {
    const made = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
      new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
    this.formats = {
      clock: made({ hour: 'numeric', minute: '2-digit', hour12: true }),
      date: made({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }),
      thisYear: made({ month: 'long', day: 'numeric', weekday: 'long' }),
      seconds: made({ hour: 'numeric', minute: 'numeric', second: 'numeric', hour12: true }),
    };
    this.language = language;
    // Days are told apart by this, never shown.
    this.ymd = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    this.zoned = zone !== undefined;
  }

  /** '오후 2:05', '2:05 PM' */
  clock(/** @type {number} */ at) {
    return plain(this.formats.clock.format(at));
  }

  /** '2026년 11월 23일 월요일 오후 2시 5분 31초' */
  full(/** @type {number} */ at) {
    const date = this.formats.date.format(at);
    if (this.language !== 'ko') return plain(`${date}, ${this.formats.seconds.format(at)}`);
    const parts = Object.fromEntries(this.formats.seconds.formatToParts(at).map((part) => [part.type, part.value]));
    return `${date} ${parts.dayPeriod} ${parts.hour}시 ${Number(parts.minute)}분 ${Number(parts.second)}초`;
  }

  /** '2026-11-23': the reader's date, to compare. */
  day(/** @type {number} */ at) {
    if (this.zoned) return this.ymd.format(at);
    const date = new Date(at); // ten times as fast as a format, and the list asks for every row
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  }

  /** What a day is called above its messages, seen from `now`. */
  heading(/** @type {number} */ at, /** @type {number} */ now) {
    const day = this.day(at);
    const today = this.day(now);
    if (day === today) return say('Today');
    if (day === this.day(startOf(now, this) - DAY_MS / 2)) return say('Yesterday');
    return plain((day.slice(0, 4) === today.slice(0, 4) ? this.formats.thisYear : this.formats.date).format(at));
  }

  /** When the reader's next day begins, in ms from `now`; found by the clock, since a day may have 23 or 25 hours. */
  untilMidnight(/** @type {number} */ now) {
    const today = this.day(now);
    let [inside, beyond] = [now, now + 26 * 60 * 60_000];
    while (beyond - inside > 1) {
      const middle = Math.floor((inside + beyond) / 2);
      if (this.day(middle) === today) inside = middle;
      else beyond = middle;
    }
    return beyond - now;
  }
}

/** Some moment early in the day of `now`: its midnight, but for the hour a zone may skip. */
function startOf(/** @type {number} */ now, /** @type {Times} */ times) {
  return now + times.untilMidnight(now) - DAY_MS;
}

/** Some browsers put narrow no-break spaces in times; the server does not. */
function plain(/** @type {string} */ text) {
  return text.replace(/[\u202f\u00a0]/g, ' ');
}

function two(/** @type {number} */ number) {
  return String(number).padStart(2, '0');
}

// @ts-check
/**
 * Who is writing: told to the others at most every three seconds, and forgotten when nothing more is heard.
 */

import { say } from './texts.js';

const TELL_EVERY_MS = 3_000;
const FORGET_AFTER_MS = 6_000;
const STOPPED_AFTER_MS = 5_000;


export class Typing {
  /**
   * @param {string} room
   * @param {{now: () => number}} env
   * @param {{tell: (frame: object) => boolean, onchange: (words: string) => void}} use
   */
  constructor(room, env, use) {
    this.room = room;
    this.env = env;
    this.use = use;
    this.toldAt = -Infinity;
    this.wroteAt = -Infinity;
    this.isOn = false;
    /** @type {Map<string, {nickname: string, until: number}>} */
    this.others = new Map();
    this.words = '';
  }

  /** Something was typed here. */
  wrote(/** @type {string} */ text) {
    this.wroteAt = this.env.now();
    if (!text.trim()) { this.stop(); return; }
    if (this.env.now() - this.toldAt < TELL_EVERY_MS) return;
    if (this.use.tell({ op: 'typing', room: this.room, on: true })) {
      this.toldAt = this.env.now();
      this.isOn = true;
    }
  }

  /** It was sent: the message itself says that nobody types any more. */
  sent() { this.isOn = false; }

  stop() {
    if (this.isOn) this.use.tell({ op: 'typing', room: this.room, on: false });
    this.isOn = false;
  }

  heard(/** @type {{member: {id: string, nickname: string}, on: boolean}} */ frame) {
    if (frame.on) this.others.set(frame.member.id, { nickname: frame.member.nickname, until: this.env.now() + FORGET_AFTER_MS });
    else this.others.delete(frame.member.id);
    this.show();
  }

  /** A message of theirs came. */
  said(/** @type {string} */ member) {
    if (this.others.delete(member)) this.show();
  }

  /** Called now and then: what has grown old goes. */
  tick() {
    if (this.isOn && this.env.now() - this.wroteAt >= STOPPED_AFTER_MS) this.stop();
    let gone = false;
    for (const [member, { until }] of this.others) {
      if (until <= this.env.now()) { this.others.delete(member); gone = true; }
    }
    if (gone) this.show();
  }

  show() {
    const names = [...this.others.values()].map((other) => other.nickname);
    const words = names.length === 0 ? ''
      : names.length === 1 ? say('{name} is writing…', { name: names[0] })
        : names.length === 2 ? say('{one} and {two} are writing…', { one: names[0], two: names[1] })
          : say('{count} people are writing…', { count: names.length });
    if (words !== this.words) { this.words = words; this.use.onchange(words); }
  }
}

// @ts-check
/** Who is writing, in a line that keeps its height: nothing moves when it comes and goes. */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { say } from './texts.js';

const DIES_AFTER_MS = 6_000;
const LOOK_EVERY_MS = 500;
const NAMED_MAX = 2;

/** @typedef {{setInterval: (call: () => void, ms: number) => any, clearInterval: (timer: any) => void, now: () => number}} Clock */

/** @type {Clock} */
const browserClock = {
  setInterval: (call, ms) => window.setInterval(call, ms), clearInterval: (timer) => window.clearInterval(timer), now: () => Date.now(),
};

export class Typists {
  constructor(/** @type {Clock} */ clock = browserClock) {
    this.clock = clock;
    /** @type {Map<string, {nickname: string, until: number}>} */
    this.others = new Map();
    this.words = signal('');
    /** @type {any} */
    this.timer = null;
  }

  heard(/** @type {{member: {id: string, nickname: string}, on: boolean}} */ frame) {
    const { id, nickname } = frame.member;
    if (frame.on) this.others.set(id, { nickname, until: this.clock.now() + DIES_AFTER_MS });
    else this.others.delete(id);
    this.show();
  }

  /** What was being written is there. */
  said(/** @type {string} */ id) { if (this.others.delete(id)) this.show(); }

  clear() { this.others.clear(); this.show(); }

  look() {
    const now = this.clock.now();
    for (const [id, { until }] of this.others) if (until <= now) this.others.delete(id);
    this.show();
  }

  show() {
    const names = [...this.others.values()].map((other) => other.nickname);
    this.words.value = names.length > NAMED_MAX ? say('Several people are writing…')
      : names.length === 2 ? say('{one} and {two} are writing…', { one: names[0], two: names[1] })
        : names.length === 1 ? say('{name} is writing…', { name: names[0] }) : '';
    if (names.length && this.timer === null) this.timer = this.clock.setInterval(() => this.look(), LOOK_EVERY_MS);
    if (!names.length && this.timer !== null) { this.clock.clearInterval(this.timer); this.timer = null; }
  }
}

/** @extends {Component<{typists: Typists}>} */
export class TypingLine extends Component {
  render(/** @type {{typists: Typists}} */ { typists }) {
    return h('div', { class: 'typing' }, h('p', { id: 'typing', hidden: !typists.words.value }, typists.words.value));
  }
}

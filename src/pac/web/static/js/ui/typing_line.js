// @ts-check
/** Who is writing, in a line that keeps its height. */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { say } from './texts.js';

const FORGET_AFTER_MS = 6_000;

export class Typists {
  /** @type {Map<string, {nickname: string, until: number}>} */
  others = new Map();
  words = signal('');

  constructor() { window.setInterval(() => this.tick(), 500); }

  heard(/** @type {{member: {id: string, nickname: string}, on: boolean}} */ frame) {
    if (frame.on) this.others.set(frame.member.id, { nickname: frame.member.nickname, until: Date.now() + FORGET_AFTER_MS });
    else this.others.delete(frame.member.id);
    this.show();
  }

  said(/** @type {string} */ id) { if (this.others.delete(id)) this.show(); }

  clear() { this.others.clear(); this.show(); }

  tick() {
    for (const [id, { until }] of this.others) if (until <= Date.now()) this.said(id);
  }

  show() {
    const names = [...this.others.values()].map((other) => other.nickname);
    this.words.value = names.length === 0 ? ''
      : names.length === 1 ? say('{name} is writing…', { name: names[0] })
        : names.length === 2 ? say('{one} and {two} are writing…', { one: names[0], two: names[1] })
          : say('{count} people are writing…', { count: names.length });
  }
}

/** @extends {Component<{typists: Typists}>} */
export class TypingLine extends Component {
  render(/** @type {{typists: Typists}} */ { typists }) {
    return h('div', { class: 'typing' }, h('p', { id: 'typing', hidden: !typists.words.value }, typists.words.value));
  }
}

// @ts-check
/**
 * How the line stands, once it has been down for two seconds: a blip is nobody's business. It lies over the list's
 * top edge, and moves no message.
 */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { say } from './texts.js';

export const QUIET_MS = 2_000;
export const OFFLINE_AFTER_MS = 60_000;
const TICK_MS = 250;

/** @typedef {{state: string, until: number, downSince: number, ended: {why: string, code: number} | null}} Connection */
/** @typedef {{connection: import('../vendor/signals.js').ReadonlySignal<Connection>, now: () => void}} Props */
/**
 * What is shown, and what is said aloud: the same but for the seconds, which would be read one after the other.
 * @typedef {{words: string, spoken: string, act: 'retry' | 'reload' | ''}} Notice
 */

/** @param {Connection} line @param {number} now ms @param {boolean} isOnline @returns {Notice | null} */
export function noticeOf(line, now, isOnline) {
  const { state, until, downSince, ended } = line;
  if (ended) return ended.why === 'stop' ? stopped(ended.code) : null;
  if (state === 'open' || !downSince || now - downSince < QUIET_MS) return null;
  if (!isOnline || now - downSince >= OFFLINE_AFTER_MS) {
    const words = say('Offline. What you write goes out when the connection is back.');
    return { words, spoken: words, act: 'retry' };
  }
  const spoken = say('The connection is lost.');
  if (state === 'connecting') return { words: say('Connecting…'), spoken, act: '' };
  const seconds = Math.max(1, Math.ceil((until - now) / 1_000));
  return { words: say('The connection is lost. Trying again in {seconds} s.', { seconds }), spoken, act: 'retry' };
}

/** @returns {Notice} */
function stopped(/** @type {number} */ code) {
  const words = code === 4503 ? say('This account is locked.')
    : code === 4504 ? say('This room is open in too many windows. Close some and reload.')
      : say('There is a new version of this page.');
  return { words, spoken: words, act: code === 4503 ? '' : 'reload' };
}

/** @extends {Component<Props>} */
export class Banner extends Component {
  now = signal(Date.now());

  componentDidMount() { this.timer = window.setInterval(() => { this.now.value = Date.now(); }, TICK_MS); }

  componentWillUnmount() { window.clearInterval(this.timer); }

  render(/** @type {Props} */ { connection, now }) {
    const notice = noticeOf(connection.value, this.now.value, navigator.onLine);
    return h('div', { id: 'connection', class: 'connection', hidden: !notice },
      h('span', { class: 'unseen', role: 'status' }, notice?.spoken ?? ''),
      h('span', { 'aria-hidden': true }, notice?.words ?? ''),
      notice?.act === 'retry' && h('button', { type: 'button', onClick: now }, say('Connect now')),
      notice?.act === 'reload' && h('button', { type: 'button', onClick: () => location.reload() }, say('Reload')));
  }
}

// @ts-check
/** How the line stands, when it has been down for two seconds. */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { say } from './texts.js';

const QUIET_MS = 2_000;
const OFFLINE_AFTER_MS = 60_000;

/** @typedef {{state: string, until: number, downSince: number, ended: {why: string, code: number} | null}} Connection */
/** @typedef {{connection: import('../vendor/signals.js').ReadonlySignal<Connection>, now: () => void}} Props */

/** @extends {Component<Props>} */
export class Banner extends Component {
  now = signal(Date.now());

  componentDidMount() { this.timer = window.setInterval(() => { this.now.value = Date.now(); }, 500); }

  componentWillUnmount() { window.clearInterval(this.timer); }

  render(/** @type {Props} */ { connection, now }) {
    const { state, until, downSince, ended } = connection.value;
    const down = downSince ? this.now.value - downSince : 0;
    const isShown = ended ? ended.why === 'stop' : state !== 'open' && down >= QUIET_MS;
    const words = !isShown ? '' : ended
      ? (ended.code === 4503 ? say('This account is locked.')
        : ended.code === 4504 ? say('This room is open in too many windows. Close some and reload.') : say('The connection was refused. Reload the page.'))
      : !navigator.onLine || down > OFFLINE_AFTER_MS ? say('Offline. What you write goes out when the connection is back.')
        : state === 'connecting' ? say('Connecting…')
          : say('The connection is lost. Trying again in {seconds} s.', { seconds: Math.max(1, Math.ceil((until - this.now.value) / 1_000)) });
    return h('p', { id: 'connection', class: 'connection', role: 'status', hidden: !isShown }, words,
      isShown && !ended && h('button', { type: 'button', onClick: now }, say('Connect now')));
  }
}

// @ts-check
/**
 * What others write while no window of ours is looked at, told by the system: one at a time for a room, by one tab.
 */

import { preferences } from './preferences.js';
import { say } from './texts.js';

const FRESH_MS = 60_000;
const BODY_CHARS = 200;

/** @typedef {import('../live/types.js').Frame} Frame */
/** @typedef {{me: string, nameOf: (room: string) => string, open: (room: string) => void}} Use */

export class Notifications {
  constructor(/** @type {Use} */ use) {
    this.use = use;
    this.isOurs = false;
    // The first tab tells; when it is closed, the next. Without locks there are no notifications either: both need HTTPS.
    navigator.locks?.request(`pac-notify-${use.me}`, () => { this.isOurs = true; return new Promise(() => {}); }).catch(() => {});
  }

  heard(/** @type {Frame} */ frame) {
    if (!this.isOurs || preferences.peek().notify !== 'all' || frame.type !== 'TEXT' || frame.member.id === this.use.me) return;
    if (!('Notification' in window) || Notification.permission !== 'granted') return;
    if ((document.visibilityState === 'visible' && document.hasFocus()) || Date.now() - Date.parse(frame.ts) > FRESH_MS) return;
    const room = frame.room ?? '';
    try {
      const told = new Notification(this.use.nameOf(room), {
        body: say('{name}: {text}', { name: frame.member.nickname, text: [...frame.body].slice(0, BODY_CHARS).join('') }), tag: room,
      });
      told.onclick = () => { window.focus(); told.close(); this.use.open(room); };
    } catch {
      // Android's Chrome has them for workers only
    }
  }
}

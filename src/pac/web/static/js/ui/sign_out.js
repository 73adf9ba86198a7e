// @ts-check
/**
 * Leaving for good: what is not sent yet is asked about first, what this device keeps of the member goes, and every
 * other tab leaves with this one.
 */

import { say } from './texts.js';

/** @typedef {{items: () => {state: string}[], clear: () => Promise<void>, confirm: (words: string, act: string) => Promise<boolean>}} Use */

export class SignOut {
  constructor(/** @type {Use} */ use) {
    this.use = use;
    this.isSure = false;
    this.channel = 'BroadcastChannel' in window ? new BroadcastChannel('pac') : null;
    document.addEventListener('submit', (event) => this.pressed(event));
    this.channel?.addEventListener('message', (event) => { if (event.data?.what === 'signed-out') this.use.clear().catch(() => {}).then(toSignIn); });
  }

  pressed(/** @type {SubmitEvent} */ event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (new URL(form.action).pathname !== '/logout' || this.isSure) return;
    event.preventDefault();
    this.leave(form);
  }

  async leave(/** @type {HTMLFormElement} */ form) {
    const waiting = this.use.items().length;
    if (waiting && !(await this.use.confirm(say('{count} of your messages are not sent yet. Sign out and drop them?', { count: waiting }), say('Sign out')))) return;
    this.isSure = true;
    await this.use.clear().catch(() => {});
    try {
      await fetch(form.action, { method: 'POST', redirect: 'manual' }); // the others are told when it is so
      this.channel?.postMessage({ what: 'signed-out' });
      location.assign('/login');
    } catch {
      form.requestSubmit(); // no line: the browser says so
    }
  }
}

/** To the sign-in page, and back here afterwards. */
export function toSignIn() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}&out=1`);
}

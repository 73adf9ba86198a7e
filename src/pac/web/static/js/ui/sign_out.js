// @ts-check
/**
 * Leaving for good: what is not sent yet is asked about first, what this device keeps of the member goes, and every
 * other tab leaves with this one.
 */

import { say } from './texts.js';

/** @typedef {{waiting: () => Promise<number> | number, clear: () => Promise<void>, confirm: (words: string, act: string) => Promise<boolean>}} Use */

export class SignOut {
  constructor(/** @type {Use} */ use) {
    this.use = use;
    this.isSure = false;
    this.channel = 'BroadcastChannel' in window ? new BroadcastChannel('pac') : null;
    document.addEventListener('submit', (event) => this.pressed(event));
    this.channel?.addEventListener('message', (event) => this.heard(event.data?.what));
  }

  /** Another tab of this browser leaves. */
  heard(/** @type {unknown} */ what) {
    // Before the session ends: a tab that hears of it by its line leaves at once, and would keep what is in its field.
    if (what === 'signing-out') this.use.clear().catch(() => {});
    else if (what === 'signed-out') this.use.clear().catch(() => {}).then(toSignIn);
    else if (what === 'stayed') location.reload();
  }

  pressed(/** @type {SubmitEvent} */ event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (new URL(form.action).pathname !== '/logout' || this.isSure) return;
    event.preventDefault();
    this.leave(form);
  }

  async leave(/** @type {HTMLFormElement} */ form) {
    const waiting = await this.use.waiting();
    if (waiting && !(await this.use.confirm(say('{count} of your messages are not sent yet. Sign out and drop them?', { count: waiting }), say('Sign out')))) return;
    this.isSure = true;
    this.channel?.postMessage({ what: 'signing-out' });
    await this.use.clear().catch(() => {});
    try {
      await fetch(form.action, { method: 'POST', redirect: 'manual' }); // the others are told when it is so
      this.channel?.postMessage({ what: 'signed-out' });
      location.assign('/login');
    } catch {
      this.channel?.postMessage({ what: 'stayed' });
      form.requestSubmit(); // no line: the browser says so
    }
  }
}

/** Nothing of this member stays on the device: what is not sent, what is half written. @param {string} uid @param {import('../live/types.js').OutboxStore} store */
export async function forget(uid, store) {
  for (const row of await store.all()) if (row.uid === uid) await store.remove(row.cid);
  for (const key of Object.keys(localStorage)) if (key.startsWith(`draft:${uid}:`)) localStorage.removeItem(key);
}

/** To the sign-in page, and back here afterwards. */
export function toSignIn() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}&out=1`);
}

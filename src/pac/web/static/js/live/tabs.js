// @ts-check
/**
 * Which tabs of this browser are open, so that what a closed one left is sent by exactly one of the others.
 *
 * A tab holds the Web Lock `pac-outbox-{uid}-{tab}` while it lives, and one of them `pac-outbox-{uid}`: that one
 * looks after what was left. Where there are no locks (plain HTTP) a tab calls the roll once, when it opens; a
 * frozen tab that does not answer sends again what was sent for it, which the server's cids make harmless.
 */

const ROLL_CALL_MS = 2_000;
/** A page that is loaded anew may come before the locks of its predecessor are given back. */
const TRIES = 4;
const RETRY_MS = 250;
const KEY = 'pac-tab';

/** @typedef {import('./types.js').Env} Env */

export class Tabs {
  /**
   * @param {string} uid
   * @param {Env} env
   */
  constructor(uid, env) {
    this.env = env;
    this.name = `pac-outbox-${uid}`;
    this.id = '';
    /** This tab looks after what others left. */
    this.isFirst = false;
    this.hasLeft = false;
    /** @type {(() => void)[]} what gives the locks back */
    this.releases = [];
    this.channel = env.locks || !env.channel ? null : env.channel(this.name);
    this.channel?.hear((message) => this.heard(message));
    /** @type {Set<string>} */
    this.present = new Set();
  }

  /** Take this tab's name: the one it had before a reload, unless a copy of this tab has it. */
  async enter(/** @type {() => void} */ onfirst) {
    const { locks } = this.env;
    this.id = this.kept() || this.fresh();
    if (!locks) return;
    for (let tries = 0; !this.hasLeft && !await this.hold(locks, `${this.name}-${this.id}`, true); tries += 1) {
      if (tries === TRIES) this.id = this.fresh();
      else await new Promise((resolve) => { this.env.setTimeout(() => resolve(null), RETRY_MS); });
    }
    this.hold(locks, this.name, false).then((isHeld) => {
      if (!isHeld) return;
      this.isFirst = true;
      onfirst();
    });
  }

  /**
   * Hold a lock as long as the page lives.
   * @param {NonNullable<Env['locks']>} locks
   * @param {string} name
   * @param {boolean} ifAvailable
   * @returns {Promise<boolean>} whether it was granted
   */
  hold(locks, name, ifAvailable) {
    return new Promise((resolve) => {
      locks.request(name, { ifAvailable }, (lock) => {
        const isHeld = lock !== null && !this.hasLeft; // granted to a page that has gone: given on
        resolve(isHeld);
        return isHeld ? new Promise((release) => { this.releases.push(() => release(null)); }) : null;
      }).catch(() => resolve(false));
    });
  }

  /**
   * Whose rows may be taken over now. Null: nobody's, somebody else looks after them.
   * @returns {Promise<((tab: string | undefined) => boolean) | null>}
   */
  async gone() {
    const { locks } = this.env;
    if (!locks) {
      const present = await this.rollCall();
      return (tab) => tab !== this.id && !present.has(tab ?? '');
    }
    if (!this.isFirst) return null;
    const held = new Set(((await locks.query()).held ?? []).map((lock) => lock.name));
    return (tab) => tab !== this.id && !held.has(`${this.name}-${tab}`);
  }

  /** @returns {Promise<Set<string>>} the tabs that have answered */
  rollCall() {
    this.present.clear();
    if (!this.channel) return Promise.resolve(this.present);
    this.channel.post({ roll: 'call' });
    return new Promise((resolve) => { this.env.setTimeout(() => resolve(this.present), ROLL_CALL_MS); });
  }

  heard(/** @type {{roll?: string, tab?: string}} */ message) {
    if (message.roll === 'call') this.channel?.post({ roll: 'here', tab: this.id });
    else if (message.roll === 'here') this.present.add(message.tab ?? '');
  }

  leave() {
    this.hasLeft = true;
    this.isFirst = false;
    for (const release of this.releases.splice(0)) release();
    this.channel?.close();
  }

  kept() {
    try {
      return this.env.session?.getItem(KEY) ?? '';
    } catch {
      return '';
    }
  }

  fresh() {
    const id = [...this.env.bytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    try {
      this.env.session?.setItem(KEY, id);
    } catch {
      // forgotten by a reload: what this tab has left then is another tab's, and is sent as such
    }
    return id;
  }
}

// @ts-check
/**
 * What is being written, per room: localStorage `draft:{uid}:{room}`, because it is synchronous and a killed tab
 * loses nothing that was saved.
 *
 * A text that is sent passes through here on its way into the outbox: `take` notes it under its cid before the
 * field is cleared, `stored` forgets it when the outbox has it. What a crash left in between is neither in the
 * field nor in the outbox; `recover` puts it back into the draft.
 */

import { Emitter } from './emitter.js';

/** Another tab needs less than this from `take` to `stored`; what is older was left by a crash. */
const TAKEN_WITHIN_MS = 10_000;

/**
 * @typedef {{cid: string, body: string, tab: string, at: number}} Taken
 * @typedef {{text: string, taken: Taken[]}} Draft
 */

/** @extends {Emitter<{change: [string, string]}>} `change`: room, text; not for what this tab writes itself */
export class Drafts extends Emitter {
  /**
   * @param {string} uid
   * @param {import('./types.js').Env} env
   * @param {() => string} tab which one this is
   */
  constructor(uid, env, tab = () => '') {
    super();
    this.prefix = `draft:${uid}:`;
    this.env = env;
    this.tab = tab;
    /** @type {Map<string, Draft>} what could not be saved: there while the page is */
    this.unsaved = new Map();
    env.onStorage((key) => this.changed(key));
  }

  text(/** @type {string} */ room) { return this.load(room).text; }

  /** @returns {string[]} the rooms that have one */
  rooms() {
    const found = new Set(this.unsaved.keys());
    for (const key of this.keys()) if (key.startsWith(this.prefix)) found.add(key.slice(this.prefix.length));
    return [...found].filter((room) => this.text(room).trim() !== '');
  }

  write(/** @type {string} */ room, /** @type {string} */ text) {
    const draft = this.load(room);
    if (draft.text !== text) this.save(room, { ...draft, text });
  }

  /** It leaves the field for the outbox, under this cid. */
  take(/** @type {string} */ room, /** @type {string} */ cid, /** @type {string} */ body) {
    const { taken } = this.load(room);
    this.save(room, { text: '', taken: [...taken, { cid, body, tab: this.tab(), at: this.env.now() }] });
  }

  /** The outbox has it. What was written meanwhile stays. */
  stored(/** @type {string} */ room, /** @type {string} */ cid) {
    const draft = this.load(room);
    const taken = draft.taken.filter((one) => one.cid !== cid);
    if (taken.length !== draft.taken.length) this.save(room, { ...draft, taken });
  }

  /** A new page: what is in the outbox is forgotten here, what never got there is given back to be sent again. */
  recover(/** @type {Set<string>} */ cids) {
    for (const room of this.keys().filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length))) {
      const draft = this.load(room);
      const isOnItsWay = (/** @type {Taken} */ one) => one.tab !== this.tab() && this.env.now() - one.at < TAKEN_WITHIN_MS;
      const lost = draft.taken.filter((one) => !cids.has(one.cid) && !isOnItsWay(one));
      const taken = draft.taken.filter((one) => !cids.has(one.cid) && isOnItsWay(one));
      if (taken.length === draft.taken.length) continue;
      const text = [...lost.map((one) => one.body), draft.text].filter((part) => part !== '').join('\n');
      this.save(room, { text, taken });
      if (lost.length) this.emit('change', room, text);
    }
  }

  changed(/** @type {string | null} */ key) {
    if (key !== null && !key.startsWith(this.prefix)) return;
    const rooms = key === null ? [...this.unsaved.keys()] : [key.slice(this.prefix.length)];
    for (const room of rooms) {
      this.unsaved.delete(room);
      this.emit('change', room, this.text(room));
    }
  }

  /** @returns {Draft} */
  load(/** @type {string} */ room) {
    const unsaved = this.unsaved.get(room);
    if (unsaved) return unsaved;
    try {
      return parsed(this.env.storage?.getItem(this.prefix + room) ?? '');
    } catch {
      return { text: '', taken: [] };
    }
  }

  save(/** @type {string} */ room, /** @type {Draft} */ draft) {
    const key = this.prefix + room;
    try {
      if (!this.env.storage) throw new Error('no storage');
      if (!draft.text && !draft.taken.length) this.env.storage.removeItem(key);
      else this.env.storage.setItem(key, JSON.stringify(draft));
      this.unsaved.delete(room);
    } catch {
      this.unsaved.set(room, draft); // full or forbidden
    }
  }

  keys() {
    try {
      const { storage } = this.env;
      return Array.from({ length: storage?.length ?? 0 }, (_, at) => storage?.key(at) ?? '');
    } catch {
      return [];
    }
  }
}

/** @returns {Draft} a text that is no JSON of ours is what somebody wrote before there was any */
function parsed(/** @type {string} */ value) {
  try {
    const draft = JSON.parse(value);
    if (typeof draft?.text === 'string' && Array.isArray(draft.taken)) return draft;
  } catch {
    // as it is, then
  }
  return { text: value, taken: [] };
}

// @ts-check
/** What is half written, by member and room: kept at once, so that a closed tab loses nothing. */

export class Drafts {
  constructor(/** @type {string} */ uid, /** @type {Storage} */ storage = localStorage) {
    this.uid = uid;
    this.storage = storage;
  }

  key(/** @type {string} */ room) { return `draft:${this.uid}:${room}`; }

  get(/** @type {string} */ room) {
    try {
      return this.storage.getItem(this.key(room)) ?? '';
    } catch {
      return '';
    }
  }

  set(/** @type {string} */ room, /** @type {string} */ text) {
    try {
      if (text) this.storage.setItem(this.key(room), text);
      else this.storage.removeItem(this.key(room));
    } catch {
      // storage is full or forbidden: the text is still in the field
    }
  }

  rooms() {
    try {
      const start = this.key('');
      return Object.keys(this.storage).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
    } catch {
      return [];
    }
  }
}

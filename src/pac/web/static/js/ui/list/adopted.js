// @ts-check
/**
 * Which stored entry is which message this page sent, so that the row keeps its element when it gets its number.
 *
 * A push carries no cid. The number in `ok` says it for certain (`seq` of an item, or `cid` of an entry, where the
 * store of signals has put it). Where the push comes first, or the item is gone when the entry is there, the oldest
 * own message on its way with the same text is the one: a room sends one at a time, in order.
 */

/** @typedef {import('./rows.js').Entry} Entry */
/** @typedef {import('./rows.js').Item} Item */

export class Adopted {
  constructor(/** @type {string} */ me) {
    this.me = me;
    /** @type {Map<number, string>} seq → cid */
    this.cids = new Map();
    /** @type {Map<string, Item>} what was on its way when we last looked */
    this.under = new Map();
    this.top = -1;
  }

  /** Takes in what changed and answers the items that are still to be drawn below the log. */
  absorb(/** @type {readonly Entry[]} */ entries, /** @type {readonly Item[]} */ items) {
    const taken = new Set(this.cids.values());
    const last = entries.length ? entries[entries.length - 1].seq : 0;
    const adopt = (/** @type {number} */ seq, /** @type {string} */ cid) => {
      if (taken.has(cid) || this.cids.has(seq)) return;
      this.cids.set(seq, cid);
      taken.add(cid);
    };
    for (const item of items) if (item.seq) adopt(item.seq, item.cid);
    const fresh = this.top < 0 ? [] : entries.slice(Math.max(0, entries.length - (last - this.top)));
    for (const entry of fresh) {
      if (entry.seq <= this.top || entry.member.id !== this.me || entry.type === 'SYSTEM') continue;
      if (entry.cid) adopt(entry.seq, entry.cid);
      else if (!this.cids.has(entry.seq)) {
        const same = this.candidate(entry, items, taken);
        if (same) adopt(entry.seq, same);
      }
    }
    // `top` only ever rises: what an older page brings is not an answer to what is being sent.
    this.top = Math.max(this.top, last);
    this.under = new Map(items.map((item) => [item.cid, item]));
    return items.filter((item) => {
      const seq = item.seq ?? this.seqOf(item.cid);
      return !seq || seq > last;
    });
  }

  candidate(/** @type {Entry} */ entry, /** @type {readonly Item[]} */ items, /** @type {Set<string>} */ taken) {
    const still = new Map(items.map((item) => [item.cid, item]));
    for (const [cid, item] of this.under) {
      const now = still.get(cid);
      const may = now ? now.state === 'sending' : item.state !== 'failed' && item.state !== 'stale';
      if (may && !taken.has(cid) && item.body.normalize() === entry.body) return cid;
    }
    for (const item of items) {
      if (item.state === 'sending' && !taken.has(item.cid) && item.body.normalize() === entry.body) return item.cid;
    }
    return '';
  }

  seqOf(/** @type {string} */ cid) {
    for (const [seq, one] of this.cids) if (one === cid) return seq;
    return 0;
  }
}

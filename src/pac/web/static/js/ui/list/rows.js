// @ts-check
/**
 * Entries of the log and messages on their way → the rows that are drawn, in their order.
 *
 * Every entry is a row, also one that shows nothing (folded into the line before it, or a deletion that emptied another):
 * so the seqs of the document have no hole. Pure: texts and clocks come in.
 */

import { words } from './events.js';

/**
 * @typedef {{seq: number, ts: string, type: string, member: {id: string, nickname: string}, body: string,
 *   event?: string, target?: number, deleted?: string, cid?: string}} Entry
 * @typedef {{cid: string, body: string, state: string, created: number, seq?: number, reason?: string, until?: number}} Item
 * @typedef {{id: string, nickname: string}} Person
 *
 * @typedef {object} Row
 * @property {string} key what the element is kept by: the cid of an own message, else the seq
 * @property {'message' | 'system' | 'day' | 'unread'} kind
 * @property {number} seq 0 for what the log does not have
 * @property {number} at ms
 * @property {boolean} hidden a seq without a line
 * @property {string} words of a system line, of a fold, of a divider
 * @property {string} author id
 * @property {string} name
 * @property {string} body
 * @property {boolean} own
 * @property {boolean} continues the same author goes on: no name, no picture
 * @property {'' | 'author' | 'moderator'} gone deleted, and by whom
 * @property {string} cid
 * @property {Item | null} item not stored yet
 * @property {string} state of the item
 * @property {number} seconds until a waiting item goes out
 *
 * @typedef {{day: (at: number) => string, heading: (at: number, now: number) => string}} Days
 */

const GROUP_WITHIN_MS = 5 * 60_000;
const TOMBSTONES_SHOWN = 3;
const FOLDS = new Set(['joined', 'left', 'renamed']);

/** Whether entries like this one, in a row, are one line. */
export function isFolding(/** @type {Entry} */ entry) {
  return FOLDS.has(entry.event ?? '');
}

/** @type {WeakMap<Entry, number>} */
const moments = new WeakMap();

/** When an entry was written, in ms; parsed once. */
export function momentOf(/** @type {Entry} */ entry) {
  let at = moments.get(entry);
  if (at === undefined) moments.set(entry, at = Date.parse(entry.ts));
  return at;
}

/** @returns {Map<number, 'author' | 'moderator'>} which seqs of these are deleted, and by whom */
export function emptied(/** @type {readonly Entry[]} */ entries) {
  /** @type {Map<number, 'author' | 'moderator'>} */
  const gone = new Map();
  if (!entries.length) return gone;
  const first = entries[0].seq;
  for (const entry of entries) {
    if (entry.deleted) gone.set(entry.seq, entry.deleted === 'author' ? 'author' : 'moderator');
    if (entry.event !== 'deleted' || entry.target === undefined) continue;
    const target = entries[entry.target - first];
    if (target && !gone.has(target.seq)) gone.set(target.seq, target.member.id === entry.member.id ? 'author' : 'moderator');
  }
  return gone;
}

/** Whether a reader counts it: a text of somebody else that is still there. */
export function counts(/** @type {Entry} */ entry, /** @type {string} */ me) {
  return entry.type !== 'SYSTEM' && entry.member.id !== me && !entry.deleted;
}

/**
 * @param {readonly Entry[]} entries the slice that is drawn, contiguous, ascending
 * @param {readonly Item[]} items what is on its way, in order
 * @param {{me: Person, gone: ReadonlyMap<number, 'author' | 'moderator'>, cids: ReadonlyMap<number, string>,
 *   unreadAfter: number, now: number, days: Days}} known
 * @returns {Row[]}
 */
export function rowsOf(entries, items, known) {
  /** @type {Row[]} */
  const rows = [];
  const folds = foldsOf(entries, known);
  let day = '';
  // Only where what was read is drawn too: otherwise there may be more that is unread above.
  let unreadIsDue = known.unreadAfter > 0 && entries.length > 0 && entries[0].seq <= known.unreadAfter + 1;
  /** @type {Row | null} the group's first message */
  let head = null;

  const dated = (/** @type {number} */ at) => {
    const today = known.days.day(at);
    if (today === day) return;
    day = today;
    head = null;
    rows.push({ ...blank, key: `day ${today}`, kind: 'day', at, words: known.days.heading(at, known.now) });
  };
  const grouped = (/** @type {Row} */ row) => {
    row.continues = head !== null && head.author === row.author && row.at - head.at <= GROUP_WITHIN_MS;
    if (!row.continues) head = row;
    rows.push(row);
  };

  for (const [place, entry] of entries.entries()) {
    const at = momentOf(entry);
    const fold = folds[place];
    const key = known.cids.get(entry.seq) ?? `s${entry.seq}`;
    const base = { ...blank, key, seq: entry.seq, at, cid: known.cids.get(entry.seq) ?? '' };
    if (entry.event === 'deleted' || fold === HIDDEN) {
      rows.push({ ...base, kind: 'system', hidden: true });
      continue;
    }
    dated(at);
    if (unreadIsDue && entry.seq > known.unreadAfter && entry.member.id !== known.me.id) {
      unreadIsDue = false;
      rows.push({ ...blank, key: 'unread', kind: 'unread', at });
      head = null;
    }
    const gone = known.gone.get(entry.seq) ?? '';
    if (entry.type === 'SYSTEM' || fold) {
      head = null;
      rows.push({ ...base, kind: 'system', words: fold || words(entry), gone });
      continue;
    }
    grouped({
      ...base, kind: 'message', author: entry.member.id, name: entry.member.nickname, body: gone ? '' : entry.body,
      own: entry.member.id === known.me.id, gone,
    });
  }

  for (const item of items) {
    dated(item.created);
    const seconds = item.state === 'waiting' ? Math.max(1, Math.ceil(((item.until ?? 0) - known.now) / 1_000)) : 0;
    grouped({
      ...blank, key: item.cid, kind: 'message', at: item.created, author: known.me.id, name: known.me.nickname,
      body: item.body, own: true, cid: item.cid, item, state: item.seq ? 'sent' : item.state, seconds,
    });
  }
  return rows;
}

const HIDDEN = '\0';

/**
 * What each entry says instead of itself: '' itself, HIDDEN nothing (the line before says it), else the words of its run.
 * @returns {string[]}
 */
function foldsOf(
  /** @type {readonly Entry[]} */ entries,
  /** @type {{gone: ReadonlyMap<number, string>, unreadAfter: number, me: Person, days: Days}} */ known,
) {
  const folds = new Array(entries.length).fill('');
  /** @type {number[]} */
  let run = [];
  let kind = '';
  const close = () => {
    if (kind === 'gone' ? run.length > TOMBSTONES_SHOWN : run.length > 1) {
      for (const place of run) folds[place] = HIDDEN;
      folds[run[0]] = kind === 'gone' ? words.gone(run.length) : words(entries[run[0]], peopleOf(run.map((place) => entries[place])));
    }
    run = [];
  };
  for (const [place, entry] of entries.entries()) {
    if (entry.event === 'deleted') continue; // shows nothing, hence parts nothing
    const day = known.days.day(momentOf(entry));
    const sort = known.gone.has(entry.seq) ? 'gone' : isFolding(entry) ? entry.event ?? '' : '';
    const before = run.length ? entries[run[run.length - 1]] : null;
    const isParted = !before || sort !== kind || known.days.day(momentOf(before)) !== day
      || (before.seq <= known.unreadAfter && entry.seq > known.unreadAfter);
    if (isParted) close();
    kind = sort;
    if (sort) run.push(place);
  }
  close();
  return folds;
}

function peopleOf(/** @type {Entry[]} */ entries) {
  return new Set(entries.map((entry) => entry.member.id)).size;
}

/** @type {Row} */
const blank = {
  key: '', kind: 'message', seq: 0, at: 0, hidden: false, words: '', author: '', name: '', body: '', own: false,
  continues: false, gone: '', cid: '', item: null, state: '', seconds: 0,
};

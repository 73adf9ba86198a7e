// @ts-check
/**
 * The list of messages: real rows in their order, pending ones below, anchored while the reader is not at the end.
 *
 * Rows with `data-seq` are contiguous in the document. A pending row keeps its element when it gets its seq.
 * Everything is made with createElement and textContent; nothing here knows markup.
 */

import { say } from './texts.js';

const NEAR_END_PX = 48;
const ROWS_MAX = 300;
const ROWS_SLACK = 20;
const GROUP_WITHIN_MS = 5 * 60_000;
const LINK = /https?:\/\/[^\s<>"']+/g;

/** @typedef {import('./live/types.js').Frame} Frame */
/** @typedef {import('./live/types.js').Item} Item */

export class MessageList {
  /**
   * @param {{list: HTMLOListElement, scroller: HTMLElement, pill: HTMLElement, nothing: HTMLElement | null}} parts
   * @param {{member: string, nickname: string, locale: string, onretry: (cid: string) => void,
   *   onedit: (item: Item) => void, ondiscard: (cid: string) => void, ondelete: (seq: number) => void,
   *   mayDeleteAny: boolean}} use
   */
  constructor(parts, use) {
    this.parts = parts;
    this.use = use;
    this.unseen = 0;
    /** @type {Map<string, HTMLLIElement>} */
    this.pending = new Map();
    /** @type {Map<number, HTMLLIElement>} rows of own messages whose ok came before their push */
    this.acked = new Map();
    this.clock = new Intl.DateTimeFormat(use.locale, { timeStyle: 'short' });
    this.full = new Intl.DateTimeFormat(use.locale, { dateStyle: 'full', timeStyle: 'medium' });
    this.day = new Intl.DateTimeFormat(use.locale, { dateStyle: 'full' });
    parts.scroller.addEventListener('scroll', () => { if (this.atEnd()) this.sawEnd(); });
    parts.pill.addEventListener('click', () => this.toEnd());
    this.localize();
  }

  get first() { return seqOf(this.parts.list.querySelector('li[data-seq]')); }

  get last() {
    const rows = this.parts.list.querySelectorAll('li[data-seq]');
    return seqOf(rows[rows.length - 1] ?? null);
  }

  atEnd() {
    const { scroller } = this.parts;
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= NEAR_END_PX;
  }

  toEnd() {
    this.parts.scroller.scrollTop = this.parts.scroller.scrollHeight;
    this.sawEnd();
  }

  sawEnd() {
    this.unseen = 0;
    this.parts.pill.hidden = true;
  }

  /** New entries at the end, in order. */
  append(/** @type {Frame[]} */ entries) {
    const stick = this.atEnd();
    for (const entry of entries) {
      const row = this.settled(entry) ?? this.row(entry);
      if (entry.event === 'deleted') this.empty(entry.target, entry.member.id);
      this.parts.list.insertBefore(row, this.parts.list.querySelector('li[data-cid]:not([data-seq])'));
    }
    this.regroup();
    this.trim(stick);
    if (stick) this.toEnd();
    else {
      this.unseen += entries.filter((entry) => entry.member.id !== this.use.member).length;
      this.parts.pill.textContent = say('{count} new messages ↓', { count: this.unseen > 99 ? '99+' : this.unseen });
      this.parts.pill.hidden = this.unseen === 0;
    }
    if (this.parts.nothing) this.parts.nothing.hidden = true;
  }

  /** The row of an own message whose ok came first: the same element, now at its seq. */
  settled(/** @type {Frame} */ entry) {
    const row = this.acked.get(entry.seq);
    if (!row) return null;
    this.acked.delete(entry.seq);
    delete row.dataset.state;
    const at = Date.parse(entry.ts);
    this.mark(row, entry.seq, at, entry.member.id);
    const time = row.querySelector('time');
    if (time) this.stamp(time, at);
    this.offer(row);
    row.remove(); // it goes in again at its place
    return row;
  }

  /** Older entries, ascending, before the first; what is being read does not move. */
  prepend(/** @type {Frame[]} */ entries) {
    const { list, scroller } = this.parts;
    const before = scroller.scrollHeight - scroller.scrollTop;
    const first = list.firstChild;
    for (const entry of entries) list.insertBefore(this.row(entry), first);
    this.regroup();
    scroller.scrollTop = scroller.scrollHeight - before;
  }

  /** The message at `seq` was deleted by this member: what is shown is what a reload would show. */
  empty(/** @type {number} */ seq, /** @type {string} */ by) {
    const row = /** @type {HTMLElement | null} */ (this.parts.list.querySelector(`li[data-seq="${seq}"]`));
    if (!row || row.querySelector('.gone')) return;
    row.querySelector('.body')?.replaceWith(goneText(row.dataset.author === by ? 'author' : 'moderator'));
    row.querySelector('.act')?.remove();
  }

  clear() {
    for (const row of this.parts.list.querySelectorAll('li[data-seq], li.day')) row.remove();
    this.acked.clear();
  }

  /** An own message and how it stands. */
  pend(/** @type {Item} */ item) {
    let row = this.pending.get(item.cid);
    const fresh = !row;
    if (!row) {
      row = this.shell(item.body, this.use.nickname, this.use.member, item.created);
      row.dataset.cid = item.cid;
      this.pending.set(item.cid, row);
      this.parts.list.append(row);
    }
    row.dataset.state = item.state;
    this.showState(row, item);
    if (this.parts.nothing) this.parts.nothing.hidden = true;
    if (fresh) { this.regroup(); this.toEnd(); }
  }

  /** It was stored as `seq`. Its push follows, or came before this page was told. */
  sent(/** @type {string} */ cid, /** @type {number} */ seq) {
    const row = this.pending.get(cid);
    this.pending.delete(cid);
    if (!row) return;
    if (seq <= this.last) row.remove();
    else {
      row.querySelector('.state')?.remove();
      row.dataset.state = 'sent';
      this.acked.set(seq, row);
    }
  }

  drop(/** @type {string} */ cid) {
    this.pending.get(cid)?.remove();
    this.pending.delete(cid);
  }

  row(/** @type {Frame} */ entry) {
    const at = Date.parse(entry.ts);
    if (entry.type === 'SYSTEM') {
      const row = element('li', 'system');
      const line = element('p');
      const name = element('bdi');
      name.textContent = systemText(entry);
      line.append(name);
      row.append(line);
      row.hidden = entry.event === 'deleted'; // the message itself says so
      return this.mark(row, entry.seq, at, '');
    }
    const row = this.mark(this.shell(entry.body, entry.member.nickname, entry.member.id, at), entry.seq, at, entry.member.id);
    if (entry.deleted) row.querySelector('.body')?.replaceWith(goneText(entry.deleted));
    else this.offer(row);
    return row;
  }

  /** What may be done to a message: deleting it, by its author or by who may delete any. */
  offer(/** @type {HTMLElement} */ row) {
    if (row.dataset.author !== this.use.member && !this.use.mayDeleteAny) return;
    if (row.querySelector('.act, .gone') || !row.dataset.author) return;
    const act = button(say('Delete'), () => this.use.ondelete(Number(row.dataset.seq)));
    act.className = 'act';
    row.querySelector('article')?.append(act);
  }

  mark(/** @type {HTMLLIElement} */ row, /** @type {number} */ seq, /** @type {number} */ at, /** @type {string} */ author) {
    row.dataset.seq = String(seq);
    row.dataset.at = String(at);
    row.dataset.author = author;
    return row;
  }

  shell(/** @type {string} */ body, /** @type {string} */ nickname, /** @type {string} */ author, /** @type {number} */ at) {
    const row = element('li', author === this.use.member ? 'message own' : 'message');
    row.dataset.at = String(at);
    row.dataset.author = author;
    const article = element('article');
    const who = element('p', 'who');
    const name = element('bdi', 'author');
    name.textContent = nickname;
    const time = element('time');
    this.stamp(time, at);
    who.append(name, ' ', time);
    const text = element('p', 'body');
    text.dir = 'auto';
    text.append(...linked(body));
    article.append(who, text);
    row.append(article);
    return row;
  }

  stamp(/** @type {HTMLElement} */ time, /** @type {number} */ at) {
    time.setAttribute('datetime', new Date(at).toISOString());
    time.textContent = this.clock.format(at);
    time.title = this.full.format(at);
  }

  showState(/** @type {HTMLLIElement} */ row, /** @type {Item} */ item) {
    let line = row.querySelector('.state');
    if (!line) { line = element('p', 'state'); row.querySelector('article')?.append(line); }
    line.replaceChildren();
    line.setAttribute('role', item.state === 'failed' ? 'alert' : 'none');
    if (item.state === 'queued') line.textContent = say('Not sent yet · goes out when connected');
    if (item.state === 'waiting') {
      const seconds = Math.max(1, Math.ceil(((item.until ?? 0) - Date.now()) / 1_000));
      line.textContent = say('Goes out in {seconds} s', { seconds });
    }
    if (item.state === 'failed' || item.state === 'stale') {
      line.append(say('Not sent: {reason}', { reason: item.reason ?? '' }));
      line.append(button(say('Try again'), () => this.use.onretry(item.cid)));
      line.append(button(say('Edit'), () => this.use.onedit(item)));
      line.append(button(say('Discard'), () => this.use.ondiscard(item.cid)));
    }
  }

  /** Rows the server drew, in the reader's own zone, with links, days and groups. */
  localize() {
    for (const time of this.parts.list.querySelectorAll('time')) {
      this.stamp(/** @type {HTMLElement} */ (time), Date.parse(time.getAttribute('datetime') ?? ''));
    }
    for (const body of this.parts.list.querySelectorAll('.body')) body.replaceChildren(...linked(body.textContent ?? ''));
    for (const row of this.parts.list.querySelectorAll('li.message[data-seq]')) this.offer(/** @type {HTMLElement} */ (row));
    this.regroup();
  }

  /** Who continues whom, and where a day begins. */
  regroup() {
    for (const old of this.parts.list.querySelectorAll('li.day')) old.remove();
    let head = /** @type {HTMLElement | null} */ (null);
    let day = '';
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.parts.list.querySelectorAll('li[data-at]'))) {
      const at = Number(row.dataset.at);
      const today = new Date(at).toDateString();
      if (today !== day) {
        const divider = element('li', 'day');
        const label = element('span');
        label.textContent = this.day.format(at);
        divider.append(label);
        this.parts.list.insertBefore(divider, row);
        day = today;
        head = null;
      }
      const author = row.dataset.author ?? '';
      const continues = Boolean(author) && head?.dataset.author === author && at - Number(head.dataset.at) <= GROUP_WITHIN_MS;
      row.classList.toggle('continues', continues);
      if (!continues) head = author ? row : null;
    }
  }

  /** Keep the document small while the reader is at the end; what goes can be read again by scrolling up. */
  trim(/** @type {boolean} */ atEnd) {
    const rows = this.parts.list.querySelectorAll('li[data-seq]');
    if (!atEnd || rows.length <= ROWS_MAX + ROWS_SLACK) return;
    for (let at = 0; at < rows.length - ROWS_MAX; at += 1) rows[at].remove();
    this.regroup();
  }
}

/** Text with http and https addresses as links; nothing else of it means anything. @returns {(string | Node)[]} */
export function linked(/** @type {string} */ text) {
  /** @type {(string | Node)[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(/[.,;:!?)\]}…]+$/u, '');
    if (!URL.canParse(address)) continue;
    parts.push(text.slice(from, match.index));
    const link = element('a');
    link.setAttribute('href', address);
    link.setAttribute('rel', 'noopener noreferrer nofollow ugc');
    link.setAttribute('target', '_blank');
    link.textContent = address;
    parts.push(link);
    from = match.index + address.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function goneText(/** @type {string} */ by) {
  const gone = element('p', 'gone');
  gone.textContent = by === 'author' ? say('This message was deleted.') : say('An operator deleted this message.');
  return gone;
}

function systemText(/** @type {Frame} */ entry) {
  const name = entry.member.nickname;
  switch (entry.event) {
    case 'joined': return say('{name} joined.', { name });
    case 'left': return say('{name} left.', { name });
    case 'kicked': return say('{name} was removed from the room.', { name });
    case 'banned': return say('{name} was banned.', { name });
    case 'unbanned': return say('{name} is no longer banned.', { name });
    case 'role': return say('{name} has a new role.', { name });
    case 'owner': return say('{name} is the owner now.', { name });
    case 'renamed': return say('{name} renamed the room.', { name });
    case 'changed': return say('{name} changed the room.', { name });
    case 'ended': return say('{name} ended the room.', { name });
    case 'deleted': return say('{name} deleted a message.', { name });
    default: return entry.body;
  }
}

function seqOf(/** @type {Element | null} */ row) {
  return row instanceof HTMLElement ? Number(row.dataset.seq) : 0;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(name, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}

function button(/** @type {string} */ label, /** @type {() => void} */ press) {
  const made = element('button');
  made.type = 'button';
  made.textContent = label;
  made.addEventListener('click', press);
  return made;
}

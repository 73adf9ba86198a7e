// @ts-check
/**
 * The list of messages. Which rows there are is `view.js`, where they stand `anchor.js`, how one looks `row.js`; this
 * file draws, measures and fetches: a change comes in by a signal, is drawn in the next frame, and is put where the
 * reader was before anything is painted.
 */

import { Component, createRef, h } from '../../vendor/preact.js';
import { effect, untracked } from '../../vendor/signals.js';
import { say, sayMany } from '../texts.js';
import { Times } from '../times.js';
import { Anchor } from './anchor.js';
import { Hands } from './hands.js';
import { Overlays } from './overlays.js';
import { Pace } from './pace.js';
import { Reading } from './reading.js';
import { Row } from './row.js';
import { Travel } from './travel.js';
import { View } from './view.js';
import * as win from './window.js';

const NEAR_VIEWS = 2;
const IDLE_MS = 150;
const FLASH_MS = 1_200;
const TICK_MS = 500;

/** @typedef {import('./rows.js').Entry} Entry */
/** @typedef {import('./rows.js').Item} Item */
/** @typedef {import('./rows.js').Row} RowData */
/**
 * @template T
 * @typedef {import('../../vendor/signals.js').ReadonlySignal<T>} Signal
 */
/**
 * `place` is where the room was left: read when the list is made, written when it goes.
 * `use.leave` gives the focus back to the field.
 * @typedef {{entries: Signal<Entry[]>, items: Signal<Item[]>, me: {id: string, nickname: string},
 *   mayDelete: Signal<boolean>, unreadAfter: number, hasOlder: Signal<boolean>, hasNewer: Signal<boolean>,
 *   missed: Signal<number>, at: number, place?: {at: {seq: number, top: number} | null},
 *   use: {older: () => Promise<unknown>, newer: () => Promise<unknown>, around: (seq: number) => Promise<unknown>,
 *     latest: () => Promise<unknown>, seen: (seq: number) => void, retry: (cid: string) => void,
 *     edit: (item: Item) => void, discard: (cid: string) => void, remove: (seq: number) => void,
 *     leave?: () => void}}} Props
 */

/** @extends {Component<Props>} */
export class MessageList extends Component {
  constructor(/** @type {Props} */ props) {
    super(props);
    this.language = document.documentElement.lang || 'ko';
    this.times = new Times(this.language);
    this.view = new View(props.me, 0, this.times);
    this.opened = Date.now();
    this.scroller = /** @type {{current: HTMLElement | null}} */ (createRef());
    this.list = /** @type {{current: HTMLElement | null}} */ (createRef());
    /** @type {RowData[]} */
    this.rows = [];
    /** @type {Map<string, RowData>} */
    this.byKey = new Map();
    this.known = new Set(props.items.peek().map((item) => item.cid));
    this.flash = 0;
    this.pill = '';
    this.isIdle = true;
    this.timers = { idle: 0, midnight: 0, tick: 0, flash: 0, retry: 0 };
    this.pace = new Pace(() => this.setState({}));
    this.hands = new Hands(this);
    this.overlays = new Overlays(this);
    this.travel = new Travel(this);
    this.travel.open();
  }

  /** @override */
  componentDidMount() {
    const { props } = this;
    const scroller = /** @type {HTMLElement} */ (this.scroller.current);
    this.anchor = new Anchor(scroller, /** @type {HTMLElement} */ (this.list.current), () => this.isTail, () => this.look());
    this.reading = new Reading(() => this.lastInView(), (seq) => props.use.seen(seq));
    this.hands.attach();
    this.settle([]);
    this.stopEffect = effect(() => {
      for (const one of [props.hasOlder, props.hasNewer, props.missed, props.mayDelete]) void one.value;
      const [entries, items] = [props.entries.value, props.items.value];
      untracked(() => this.changed(entries, items));
    });
    this.travel.start();
    this.onMidnight = () => {
      clearTimeout(this.timers.midnight);
      this.timers.midnight = window.setTimeout(() => this.onMidnight?.(), this.times.untilMidnight(Date.now()) + 10);
      this.setState({});
    };
    this.onMidnight();
    document.addEventListener('visibilitychange', this.onMidnight); // a tab that slept through it
  }

  /** @override */
  componentWillUnmount() {
    const { place } = this.props;
    const [mark] = this.anchor?.take().filter(({ row }) => this.rowOf(row)?.seq) ?? [];
    if (place) place.at = mark && !this.anchor?.sticks ? { seq: this.rowOf(mark.row)?.seq ?? 0, top: mark.top } : null;
    this.stopEffect?.();
    this.anchor?.end();
    this.reading?.end();
    this.hands.detach();
    this.pace.stop();
    if (this.onMidnight) document.removeEventListener('visibilitychange', this.onMidnight);
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  rowOf(/** @type {Element} */ li) {
    return this.byKey.get(/** @type {HTMLElement} */ (li).dataset.key ?? '');
  }

  get isTail() { return this.view.isAttached && !this.props.hasNewer.peek(); }

  changed(/** @type {Entry[]} */ entries, /** @type {Item[]} */ items) {
    const fresh = this.view.take(entries, items, this.anchor?.sticks ?? true);
    const own = items.some((item) => !this.known.has(item.cid) && item.created >= this.opened);
    this.known = new Set(items.map((item) => item.cid));
    if (own) this.travel.toEnd(false);
    this.travel.arrive();
    this.pace.ask(own ? 0 : fresh);
  }

  /** @override */
  getSnapshotBeforeUpdate() {
    this.hands.before();
    return this.anchor?.before() ?? [];
  }

  /** @override */
  componentDidUpdate(
    /** @type {Props} */ _props, /** @type {unknown} */ _state, /** @type {import('./anchor.js').Marks} */ marks,
  ) {
    this.settle(marks);
    this.hands.after();
  }

  /** Drawn, not painted yet: the view to where it belongs. */
  settle(/** @type {import('./anchor.js').Marks} */ marks) {
    const { travel: { goal }, anchor, scroller: { current: scroller }, list: { current: list } } = this;
    if (!anchor || !scroller || !list) return;
    this.travel.goal = null;
    if (!goal) anchor.restore(marks);
    else if (goal.to === 'end') anchor.toEnd();
    else {
      const line = list.querySelector('#unread-line');
      const row = goal.to === 'row' ? this.elementAt(goal.seq) : null;
      const height = scroller.clientHeight;
      if (goal.to === 'unread' || (goal.at === 'third' && line)) {
        const below = line ? list.getBoundingClientRect().bottom - line.getBoundingClientRect().top : 0;
        if (!line || (below <= height && this.isTail)) anchor.toEnd();
        else anchor.place(line, height / 3);
      } else if (row && goal.to === 'row') {
        const rest = height - row.getBoundingClientRect().height;
        anchor.place(row, typeof goal.at === 'number' ? goal.at : Math.max(0, rest / (goal.at === 'third' ? 3 : 2)));
        if (goal.flash) this.flashRow(goal.seq);
      }
      anchor.sticks = anchor.sticks || (this.isTail && anchor.distance < 1);
    }
    this.look();
  }

  /** The line of this seq, or of the fold it is in. */
  elementAt(/** @type {number} */ seq) {
    let row = /** @type {Element | null | undefined} */ (this.list.current?.querySelector(`li[data-seq="${seq}"]`));
    while (row && /** @type {HTMLElement} */ (row).hidden) row = row.previousElementSibling ?? row.parentElement?.querySelector('li:not([hidden])');
    return row ?? null;
  }

  flashRow(/** @type {number} */ seq) {
    this.flash = seq;
    clearTimeout(this.timers.flash);
    this.timers.flash = window.setTimeout(() => { this.flash = 0; this.pace.ask(); }, FLASH_MS);
    this.pace.ask();
  }

  scrolled() {
    this.anchor?.scrolled();
    this.isIdle = false;
    clearTimeout(this.timers.idle);
    this.timers.idle = window.setTimeout(() => this.rested(), IDLE_MS);
    this.overlays.hideTip();
    this.look();
  }

  rested() {
    const { view, anchor, scroller: { current: scroller } } = this;
    this.isIdle = true;
    if (view.span && anchor && scroller) {
      const isDownward = !this.isTail && anchor.distance < NEAR_VIEWS * scroller.clientHeight;
      const isOver = view.held.lines(view.span) > win.LINES || (isDownward && !win.hasRoom(view.held, view.span));
      if (isOver) this.toSpan(win.rested(view.held, view.span, this.inView(), isDownward));
    }
    this.look();
  }

  toSpan(/** @type {win.Span} */ span) {
    if (this.view.span?.first === span.first && this.view.span.last === span.last) return;
    this.view.span = span;
    this.pace.ask();
  }

  /** After anything moved: what has been seen, what is needed next, what the pills say. */
  look() {
    const { anchor, view, scroller: { current: scroller } } = this;
    if (!anchor || !scroller) return;
    view.seenTo = Math.max(view.seenTo, this.lastInView());
    this.reading?.look();
    const near = NEAR_VIEWS * scroller.clientHeight;
    const { span, held } = view;
    if (span && !this.pace.isDue && !this.travel.wanted) {
      if (scroller.scrollTop < near && span.first > held.first) this.toSpan(win.older(held, span, this.inView()));
      else if (scroller.scrollTop < near && this.props.hasOlder.peek()) this.travel.fetch('older');
      if (anchor.distance < near && !view.isAttached) {
        if (this.isIdle || win.hasRoom(held, span)) this.toSpan(win.newer(held, span, this.inView()));
      } else if (anchor.distance < near && this.props.hasNewer.peek()) this.travel.fetch('newer');
    }
    if (anchor.sticks && this.travel.unread) this.travel.unread = 0;
    if (this.pillWords() !== this.pill) this.pace.ask();
  }

  /** The seqs whose lines are in view. @returns {win.Span} */
  inView() {
    const frame = /** @type {HTMLElement} */ (this.scroller.current).getBoundingClientRect();
    const seqs = (this.anchor?.visible(frame.top, frame.bottom) ?? []).map((row) => Number(row.dataset.seq)).filter(Boolean);
    const span = /** @type {win.Span} */ (this.view.span);
    if (!seqs.length) return { first: span.last, last: span.last };
    return { first: Math.max(span.first, seqs[0]), last: Math.min(span.last, seqs[seqs.length - 1]) };
  }

  /** The last seq whose line ends in view, with those after it that show nothing. */
  lastInView() {
    const frame = /** @type {HTMLElement} */ (this.scroller.current).getBoundingClientRect();
    const rows = this.anchor?.visible(frame.top, frame.bottom) ?? [];
    /** @type {Element | null | undefined} */
    let last = rows.reverse().find((row) => row.dataset.seq && row.getBoundingClientRect().bottom <= frame.bottom + 1);
    while (last?.nextElementSibling && /** @type {HTMLElement} */ (last.nextElementSibling).hidden) last = last.nextElementSibling;
    return Number(/** @type {HTMLElement | undefined} */ (last ?? undefined)?.dataset.seq ?? 0);
  }

  pillWords() {
    const { anchor, view, scroller: { current: scroller } } = this;
    if (!anchor || !scroller || (anchor.sticks && this.isTail)) return '';
    const count = view.countAfter(view.seenTo, this.props.missed.peek());
    if (count) return sayMany('{count} new message ↓', '{count} new messages ↓', count, { count: count > 99 ? '99+' : count });
    const isFar = !this.isTail || this.travel.isFar;
    return isFar ? say('To the newest ↓') : '';
  }

  /** Esc takes the unread line away. Answers whether there was one. */
  forgetUnread() {
    if (!this.view.unreadAfter) return false;
    this.view.unreadAfter = 0;
    this.travel.unread = 0;
    this.pace.ask();
    return true;
  }

  render(/** @type {Props} */ props) {
    const { view, hands } = this;
    const now = Date.now();
    this.rows = view.rows(now, props.hasNewer.peek());
    this.byKey = new Map(this.rows.filter((row) => !row.hidden).map((row) => [row.key, row]));
    this.pill = this.pillWords();
    clearTimeout(this.timers.tick);
    if (view.pending.some((item) => item.state === 'waiting')) this.timers.tick = window.setTimeout(() => this.pace.ask(), TICK_MS);
    const active = hands.activeKey();
    const mayDelete = props.mayDelete.peek();
    return h(
      'div', { class: 'list-pane' },
      this.travel.unread > 0 && h(
        'button', { id: 'unread-pill', class: 'pill top', type: 'button', onClick: () => this.travel.toUnread() },
        sayMany('{count} unread message · to the first', '{count} unread messages · to the first', this.travel.unread),
      ),
      h(
        'button', { id: 'pill', class: 'pill', type: 'button', hidden: !this.pill, onClick: () => this.travel.toEnd() }, this.pill,
      ),
      h(
        'div', { id: 'scroller', class: 'scroller', ref: this.scroller, onScroll: () => this.scrolled() },
        h('ol', { id: 'messages', class: 'messages', 'aria-label': say('Messages'), ref: this.list, ...hands.handlers }, this.rows.map((row) => h(Row, {
          key: row.key, row, times: this.times, verbs: hands.verbs, mayDelete,
          isActive: row.key === active, isInside: hands.isInside && row.key === active, isHot: row.key === hands.hot,
          flashes: this.flash > 0 && row.seq === this.flash,
        }))),
        !this.rows.length && h('p', { id: 'nothing', class: 'nothing' }, say('Leave the first message.')),
      ),
      this.travel.fetching && h('p', { class: `loading ${this.travel.fetching}`, role: 'status' }, say('Loading messages…')),
      this.overlays.render(),
    );
  }
}

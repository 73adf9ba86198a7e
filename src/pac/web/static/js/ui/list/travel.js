// @ts-check
/**
 * Getting somewhere: where a room opens, to a message, to the end, to what is unread; and the pages that are fetched for
 * it. A place that is not held is wanted until its page has come; a place that is held is the goal of the next drawing.
 */

const SMOOTH_VIEWS = 3;
const RETRY_MS = 2_000;

/** @typedef {import('./view.js').Goal} Goal */

export class Travel {
  constructor(/** @type {import('./message_list.js').MessageList} */ list) {
    this.list = list;
    /** @type {Goal | null} */
    this.goal = null;
    /** @type {Extract<Goal, {to: 'row'}> | 'end' | null} a place that is being fetched */
    this.wanted = null;
    this.fetching = '';
    this.retryAt = 0;
    /** how many were unread, while it is offered to go there */
    this.unread = 0;
  }

  get isFar() {
    const { anchor, scroller } = this.list;
    return (anchor?.distance ?? 0) > SMOOTH_VIEWS * (scroller.current?.clientHeight ?? 0);
  }

  /** Where the room opens: at a permalink, where it was left, at what is unread, at the end. */
  open() {
    const { view, props } = this.list;
    view.take(props.entries.peek(), props.items.peek(), true);
    const unread = props.unreadAfter ? view.countAfter(props.unreadAfter, props.missed.peek()) : 0;
    if (unread) view.unreadAfter = props.unreadAfter;
    view.seenTo = view.unreadAfter || view.held.last + props.missed.peek();
    this.goal = { to: 'end' };
    const left = props.place?.at;
    const first = view.firstUnread;
    if (props.at) this.wanted = { to: 'row', seq: props.at, at: 'middle', flash: true };
    else if (left && view.held.has(left.seq)) this.wanted = { to: 'row', seq: left.seq, at: left.top, flash: false };
    else if (unread) {
      this.unread = unread;
      if (first) { view.toUnread(first); this.goal = { to: 'unread' }; }
      else this.wanted = { to: 'row', seq: view.unreadAfter + 1, at: 'third', flash: false };
    }
    this.arrive();
  }

  /** The list is drawn: what it is to show and does not hold is fetched. */
  start() {
    if (this.wanted && this.wanted !== 'end') this.fetchAround(this.wanted.seq);
  }

  /** What was wanted may be held now. */
  arrive() {
    const { wanted, list: { view } } = this;
    if (wanted === 'end') {
      if (this.list.props.hasNewer.peek()) return;
      view.toTail();
      this.goal = { to: 'end' };
    } else if (wanted && view.held.has(wanted.seq)) {
      view.toAround(wanted.seq);
      this.goal = wanted;
    } else return;
    this.wanted = null;
  }

  /** To a message, held or not. */
  jump(/** @type {number} */ seq, /** @type {'third' | 'middle'} */ at, flash = true) {
    const row = this.list.list.current?.querySelector(`li[data-seq="${seq}"]:not([hidden])`);
    this.wanted = { to: 'row', seq, at, flash };
    if (row) { this.goal = this.wanted; this.wanted = null; }
    else if (!this.list.view.held.has(seq)) { this.fetchAround(seq); return; }
    this.arrive();
    this.list.pace.ask();
  }

  toEnd(mayGlide = true) {
    if (this.list.props.hasNewer.peek()) {
      this.wanted = 'end';
      this.fetch('latest');
      return;
    }
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (mayGlide && !this.isFar && !isStill && this.list.view.isAttached) {
      this.list.scroller.current?.scrollTo({ top: this.list.scroller.current.scrollHeight, behavior: 'smooth' });
      return;
    }
    if (!this.list.view.isAttached) this.list.view.toTail();
    this.goal = { to: 'end' };
    this.list.pace.ask();
  }

  fetchAround(/** @type {number} */ seq) {
    const { wanted } = this;
    this.list.props.use.around(seq).catch(() => {}).then(() => {
      if (this.wanted !== wanted) return;
      this.arrive();
      if (this.wanted && this.wanted !== 'end' && !this.list.view.held.isEmpty) { // it is not there: as near as there is
        const { held } = this.list.view;
        this.wanted = { ...this.wanted, seq: Math.min(Math.max(this.wanted.seq, held.first), held.last), flash: false };
        if (this.wanted.seq !== held.last) this.arrive();
        this.wanted = null;
      }
      this.list.pace.ask();
    });
  }

  /** One page at a time, but for the newest, which a person asked for; what failed or brought nothing waits a while. */
  fetch(/** @type {'older' | 'newer' | 'latest'} */ what) {
    if (what !== 'latest' && (this.fetching || Date.now() < this.retryAt)) return;
    const { view, pace, timers, props } = this.list;
    const { first, last } = view.held;
    const later = () => { this.retryAt = Date.now() + RETRY_MS; };
    this.fetching = what;
    props.use[what]().then(
      () => { if (view.held.first === first && view.held.last === last) later(); },
      () => {
        later();
        if (what === 'latest' && this.wanted === 'end') this.wanted = null;
      },
    ).then(() => {
      this.fetching = '';
      clearTimeout(timers.retry);
      if (this.retryAt > Date.now()) timers.retry = window.setTimeout(() => this.list.look(), RETRY_MS + 10);
      pace.ask();
    });
    pace.ask();
  }

  /** To where the unread begins. */
  toUnread() {
    const { view } = this.list;
    this.unread = 0;
    this.jump(view.firstUnread || view.unreadAfter + 1, 'third', false);
  }
}

// @ts-check
/**
 * The list under keyboard, pointer and finger: one row is in the tab order (roving tabindex), keys act on the row that
 * has the focus and nowhere else, and what a row offers is the same in its tools, its menu and its keys.
 */

import { preferences } from '../preferences.js';
import { copied, toClipboard } from './copying.js';
import { offers } from './row.js';

const LONG_PRESS_MS = 500;
const MOVED_PX = 10;

/** @typedef {import('./rows.js').Row} RowData */

export class Hands {
  constructor(/** @type {import('./message_list.js').MessageList} */ list) {
    this.list = list;
    this.active = '';
    this.hot = '';
    this.isInside = false;
    this.hadFocus = false;
    /** @type {RowData[]} */
    this.rowsBefore = [];
    this.press = { timer: 0, x: 0, y: 0 };
    const { use } = list.props;
    /** @type {import('./row.js').Verbs} */
    this.verbs = {
      copy: (row) => { toClipboard(row.body); this.list.overlays.closeMenu(); },
      link: (row) => {
        const address = new URL(location.href);
        address.search = `?at=${row.seq}`;
        address.hash = '';
        toClipboard(address.href);
        this.list.overlays.closeMenu();
      },
      remove: (row) => this.list.overlays.ask(row),
      retry: (cid) => use.retry(cid),
      edit: (item) => use.edit(item),
      discard: (cid) => use.discard(cid),
    };
    this.handlers = {
      onKeyDown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      onFocusIn: (/** @type {FocusEvent} */ event) => this.focused(event),
      onFocusOut: (/** @type {FocusEvent} */ event) => this.blurred(event),
      onPointerOver: (/** @type {PointerEvent} */ event) => this.over(event),
      onPointerLeave: () => this.warm(''),
      onPointerDown: (/** @type {PointerEvent} */ event) => this.down(event),
      onPointerMove: (/** @type {PointerEvent} */ event) => this.moved(event),
      onPointerUp: () => clearTimeout(this.press.timer),
      onPointerCancel: () => clearTimeout(this.press.timer),
      onClick: (/** @type {MouseEvent} */ event) => this.clicked(event),
      onCopy: (/** @type {ClipboardEvent} */ event) => this.copied(event),
    };
    this.escape = this.escape.bind(this);
  }

  attach() { document.addEventListener('keydown', this.escape); }

  detach() {
    document.removeEventListener('keydown', this.escape);
    clearTimeout(this.press.timer);
  }

  /** The row that is in the tab order: the last that had the focus, else the newest. */
  activeKey() {
    const { byKey, rows } = this.list;
    if (this.active && byKey.has(this.active)) return this.active;
    return rows.findLast((row) => !row.hidden && (row.kind === 'message' || row.kind === 'system'))?.key ?? '';
  }

  /** @returns {HTMLElement | null} */
  element(/** @type {string} */ key) {
    return this.list.list.current?.querySelector(`li[data-key="${CSS.escape(key)}"]`) ?? null;
  }

  /** Before a drawing that may take the focused row away. */
  before() {
    this.hadFocus = this.list.list.current?.contains(document.activeElement) ?? false;
    this.drawn = this.hadFocus ? this.focusable : [];
  }

  /** The focus to the next row that is still there, without a scroll. */
  after() {
    const { current } = this.list.list;
    this.focusable = this.list.rows.filter((row) => row.kind === 'message' || row.kind === 'system').map((row) => row.key);
    const isLost = !document.activeElement || document.activeElement === document.body;
    if (!this.hadFocus || !current || !isLost) return;
    const place = this.drawn?.indexOf(this.active) ?? -1;
    const near = [...(this.drawn?.slice(place + 1) ?? []), ...(this.drawn?.slice(0, Math.max(0, place)).reverse() ?? [])];
    const key = near.find((one) => this.list.byKey.has(one)) ?? this.activeKey();
    this.active = key;
    this.element(key)?.focus({ preventScroll: true });
  }

  focused(/** @type {FocusEvent} */ event) {
    const row = rowAt(event);
    if (!row) return;
    this.active = row.dataset.key ?? '';
    this.isInside = true;
    if (momentAt(event)) this.list.overlays.showTip(/** @type {Element} */ (event.target));
    this.list.setState({});
  }

  blurred(/** @type {FocusEvent} */ event) {
    this.list.overlays.hideTip();
    if (event.relatedTarget instanceof Node && this.list.list.current?.contains(event.relatedTarget)) return;
    this.isInside = false;
    this.list.setState({});
  }

  warm(/** @type {string} */ key) {
    if (this.hot === key) return;
    this.hot = key;
    this.list.setState({});
  }

  over(/** @type {PointerEvent} */ event) {
    if (event.pointerType === 'touch' || event.buttons) return; // what is being selected stays as it is
    this.warm(rowAt(event)?.dataset.key ?? '');
    const moment = momentAt(event);
    if (moment) this.list.overlays.showTip(moment);
    else this.list.overlays.hideTip();
  }

  down(/** @type {PointerEvent} */ event) {
    clearTimeout(this.press.timer);
    const row = rowAt(event);
    if (event.pointerType !== 'touch' || !row) return;
    this.press = {
      x: event.clientX, y: event.clientY,
      timer: window.setTimeout(() => this.menu(row), LONG_PRESS_MS),
    };
  }

  moved(/** @type {PointerEvent} */ event) {
    if (Math.hypot(event.clientX - this.press.x, event.clientY - this.press.y) > MOVED_PX) clearTimeout(this.press.timer);
  }

  /** A time leads to its message; a click on nothing gives the focus back to the field. */
  clicked(/** @type {MouseEvent} */ event) {
    const target = /** @type {Element} */ (event.target);
    const moment = target.closest('a.moment');
    if (moment) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.list.travel.jump(Number(moment.closest('li')?.dataset.seq), 'middle');
      return;
    }
    const isMouse = event instanceof PointerEvent && event.pointerType === 'mouse';
    if (isMouse && !target.closest('a, button') && getSelection()?.isCollapsed) this.list.props.use.leave?.();
  }

  copied(/** @type {ClipboardEvent} */ event) {
    const selection = getSelection();
    const { current } = this.list.list;
    if (!selection || !current) return;
    const text = copied(selection, current, (li) => this.list.rowOf(li), (at) => this.list.times.clock(at));
    if (!text) return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  }

  menu(/** @type {HTMLElement} */ li) {
    const row = this.list.rowOf(li);
    if (row && offers(row, this.list.props.mayDelete.peek()).length) this.list.overlays.openMenu(row, li);
  }

  move(/** @type {HTMLElement} */ from, /** @type {'previousElementSibling' | 'nextElementSibling'} */ to) {
    let next = /** @type {HTMLElement | null} */ (from[to]);
    while (next && !next.dataset.key) next = /** @type {HTMLElement | null} */ (next[to]);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: 'nearest' });
  }

  key(/** @type {KeyboardEvent} */ event) {
    const li = rowAt(event);
    if (!li || event.target !== li || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.list.rowOf(li);
    if (!row) return;
    const may = offers(row, this.list.props.mayDelete.peek()).map((offer) => offer.verb);
    switch (event.key) {
      case 'ArrowUp': this.move(li, 'previousElementSibling'); break;
      case 'ArrowDown': this.move(li, 'nextElementSibling'); break;
      case 'End': this.list.travel.toEnd(false); break;
      case 'Enter': case ' ': this.menu(li); break;
      case 'Delete':
        if (hasKeys() && may.includes('remove')) this.verbs.remove(row);
        break;
      case 'Escape':
        if (!this.list.overlays.hideTip()) this.list.props.use.leave?.();
        break;
      default:
        if (event.key.toLowerCase() !== 'c' || event.shiftKey || !hasKeys() || !may.includes('copy')) return;
        this.verbs.copy(row);
    }
    event.preventDefault();
  }

  /** Esc outside the rows: one layer, the list's last one being the unread line. */
  escape(/** @type {KeyboardEvent} */ event) {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
    if (this.list.overlays.hideTip() || this.list.forgetUnread()) event.preventDefault();
  }
}

/** Whether single keys act on a row (WCAG 2.1.4: who speaks to their computer turns them off). */
function hasKeys() { return preferences.peek().keys !== 'off'; }

function rowAt(/** @type {Event} */ event) {
  return /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('li[data-key]'));
}

function momentAt(/** @type {Event} */ event) {
  return /** @type {Element} */ (event.target).closest('.moment');
}

// @ts-check
/** What stands over the list for a moment: the full time of a message, a row's menu, the question before a deletion. */

import { h } from '../../vendor/preact.js';
import { say } from '../texts.js';
import { icon } from './icons.js';
import { offers } from './row.js';

const TIP_PX = 24;
const MENU_PX = 140;

/** @typedef {import('./rows.js').Row} RowData */

export class Overlays {
  constructor(/** @type {import('./message_list.js').MessageList} */ list) {
    this.list = list;
    /** @type {{text: string, left: number, top: number, from: Element} | null} */
    this.tip = null;
    /** @type {{row: RowData, li: HTMLElement, top: number, right: number} | null} */
    this.menu = null;
    /** @type {RowData | null} */
    this.asked = null;
    /** @type {HTMLDialogElement | null} */
    this.question = null;
    // The same function at every drawing: it is called once for the element, and once when it goes.
    this.pose = (/** @type {HTMLDialogElement | null} */ made) => {
      this.question = made;
      made?.showModal();
    };
  }

  draw() { this.list.setState({}); }

  /** The whole date and time, by hover and by focus. */
  showTip(/** @type {Element} */ moment) {
    const row = this.list.rowOf(/** @type {Element} */ (moment.closest('li')));
    const pane = this.list.scroller.current?.parentElement?.getBoundingClientRect();
    if (!row || !pane || this.tip?.from === moment) return;
    const rect = moment.getBoundingClientRect();
    const isHigh = rect.top - TIP_PX < pane.top;
    this.tip = {
      text: this.list.times.full(row.at), from: moment,
      left: Math.max(4, rect.left - pane.left), top: (isHigh ? rect.bottom : rect.top - TIP_PX) - pane.top,
    };
    moment.setAttribute('aria-describedby', 'time-tip');
    this.draw();
  }

  /** Answers whether there was one. */
  hideTip() {
    if (!this.tip) return false;
    this.tip.from.removeAttribute('aria-describedby');
    this.tip = null;
    this.draw();
    return true;
  }

  openMenu(/** @type {RowData} */ row, /** @type {HTMLElement} */ li) {
    const pane = /** @type {HTMLElement} */ (this.list.scroller.current).parentElement?.getBoundingClientRect();
    const rect = li.getBoundingClientRect();
    const top = Math.max(4, Math.min(rect.top - (pane?.top ?? 0) + 4, (pane?.height ?? 0) - MENU_PX));
    this.menu = { row, li, top, right: 12 };
    this.draw();
  }

  closeMenu() {
    if (!this.menu) return;
    const { li } = this.menu;
    this.menu = null;
    li.focus({ preventScroll: true });
    this.draw();
  }

  /** Deletes after a yes. */
  ask(/** @type {RowData} */ row) {
    this.closeMenu();
    this.asked = row;
    this.draw();
  }

  answered(/** @type {boolean} */ isYes) {
    const row = this.asked;
    this.asked = null;
    this.question?.close(); // now: behind an open one nothing takes the focus
    this.draw();
    if (!row) return;
    this.list.hands.element(row.key)?.focus({ preventScroll: true });
    if (isYes) this.list.props.use.remove(row.seq);
  }

  menuKey(/** @type {KeyboardEvent} */ event) {
    const items = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('button')];
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at + items.length - 1) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[to].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.closeMenu();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  render() {
    return [this.renderTip(), this.renderMenu(), this.renderQuestion()];
  }

  renderTip() {
    const { tip } = this;
    if (!tip) return null;
    return h('div', {
      key: 'tip', id: 'time-tip', class: 'tip', role: 'tooltip', onPointerLeave: () => this.hideTip(),
      ref: (/** @type {HTMLElement | null} */ tipped) => {
        const pane = tipped?.parentElement;
        if (!tipped || !pane) return;
        tipped.style.top = `${tip.top}px`;
        tipped.style.left = `${Math.max(4, Math.min(tip.left, pane.clientWidth - tipped.offsetWidth - 4))}px`;
      },
    }, tip.text);
  }

  renderMenu() {
    const { menu, list } = this;
    if (!menu) return null;
    const offered = offers(menu.row, list.props.mayDelete.peek());
    return h(
      'div', { key: 'menu', class: 'row-menu-layer', onPointerDown: (/** @type {PointerEvent} */ event) => {
        if (event.target === event.currentTarget) { event.preventDefault(); this.closeMenu(); }
      } },
      h(
        'div', {
          class: 'row-menu', role: 'menu', 'aria-label': say('Message'),
          onKeyDown: (/** @type {KeyboardEvent} */ event) => this.menuKey(event),
          ref: (/** @type {HTMLElement | null} */ made) => {
            if (!made || made.contains(document.activeElement)) return;
            made.style.setProperty('--row-top', `${menu.top}px`);
            made.querySelector('button')?.focus({ preventScroll: true });
          },
        },
        offered.map((offer) => h(
          'button',
          { key: offer.verb, type: 'button', role: 'menuitem', 'data-verb': offer.verb, onClick: () => list.hands.verbs[offer.verb](menu.row) },
          icon(offer.icon), offer.name,
        )),
      ),
    );
  }

  renderQuestion() {
    const { asked } = this;
    if (!asked) return null;
    return h(
      'dialog', {
        key: 'question', class: 'question', 'aria-labelledby': 'question-title',
        ref: this.pose,
        onCancel: (/** @type {Event} */ event) => { event.preventDefault(); this.answered(false); },
      },
      h('h2', { id: 'question-title' }, say('Delete this message for everybody?')),
      h('blockquote', { dir: 'auto' }, asked.body),
      h(
        'div', { class: 'answers' },
        h('button', { type: 'button', onClick: () => this.answered(false) }, say('Cancel')),
        h('button', { type: 'button', class: 'danger', onClick: () => this.answered(true) }, say('Delete')),
      ),
    );
  }
}

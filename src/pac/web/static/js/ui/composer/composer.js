// @ts-check
/**
 * The field one writes in. The text is read from it when it is sent, never from a copy, so that no input method
 * loses its last syllable. What is begun is a draft within 300 ms, and becomes a message without a moment in which it
 * is neither (live/drafts.js).
 */

import { Component, createRef, h } from '../../vendor/preact.js';
import { signal } from '../../vendor/signals.js';
import { say } from '../texts.js';
import { EnterKeys, enterSendsHere } from './keys.js';
import { measured, together } from './text.js';

const DRAFT_AFTER_MS = 300;
const TYPING_EVERY_MS = 3_000;
const TICK_MS = 250;

/** @template T @typedef {import('../../vendor/signals.js').ReadonlySignal<T>} Signal */
/** @typedef {{focus: () => void, fill: (text: string) => void}} Handle */
/**
 * @typedef {{room: {roomId: string, name: string}, uid: string, drafts: import('../../live/drafts.js').Drafts, limit: number,
 *   enterSends?: Signal<boolean>, until?: Signal<number>, handle?: (handle: Handle | null) => void,
 *   use: {send: (body: string) => void, typing: (on: boolean) => void}}} Props
 */

/** @extends {Component<Props>} */
export class Composer extends Component {
  field = /** @type {{current: HTMLTextAreaElement | null}} */ (createRef());
  sentinel = /** @type {{current: HTMLInputElement | null}} */ (createRef());
  measure = signal({ words: '', isOver: false, isBlank: true });
  seconds = signal(0);
  keys = new EnterKeys(() => this.props.enterSends?.value ?? enterSendsHere());
  draftTimer = 0;
  tickTimer = 0;
  typedAt = 0;

  componentDidMount() {
    const { drafts, room } = this.props;
    const field = this.box;
    field.value = drafts.text(room.roomId);
    this.changed();
    this.offs = [
      listen(field, 'compositionstart', () => this.keys.compositionstart()),
      listen(field, 'compositionend', () => { this.keys.compositionend(); this.keep(); }),
      listen(field, 'keydown', (event) => this.act(event, this.keys.keydown(/** @type {KeyboardEvent} */ (event)))),
      listen(field, 'beforeinput', (event) => this.act(event, this.keys.beforeinput(/** @type {InputEvent} */ (event)))),
      listen(field, 'input', () => this.typed()),
      listen(window, 'pagehide', () => this.keep()),
      drafts.on('change', (id, body) => { if (id === room.roomId) this.draftedElsewhere(body); }),
    ];
    this.tickTimer = window.setInterval(() => this.tick(), TICK_MS);
    this.props.handle?.(this);
  }

  componentWillUnmount() {
    this.keep();
    for (const off of this.offs ?? []) off();
    window.clearInterval(this.tickTimer);
    this.props.handle?.(null);
  }

  get box() { return /** @type {HTMLTextAreaElement} */ (this.field.current); }

  focus() { this.box.focus(); }

  /** Put a text back to be changed, before what is there. */
  fill(/** @type {string} */ text) {
    this.box.value = together(text, this.box.value);
    this.changed();
    this.keep();
    this.focus();
  }

  // ---- writing

  /** @param {Event} event @param {import('./keys.js').Verdict} verdict */
  act(event, verdict) {
    if (verdict === 'leave') return;
    event.preventDefault();
    if (verdict === 'send') this.send();
  }

  typed() {
    this.changed();
    window.clearTimeout(this.draftTimer);
    this.draftTimer = window.setTimeout(() => this.keep(), DRAFT_AFTER_MS);
    const now = Date.now();
    if (this.box.value.trim()) {
      if (now - this.typedAt >= TYPING_EVERY_MS) { this.typedAt = now; this.props.use.typing(true); }
    } else this.stopped();
  }

  stopped() {
    if (this.typedAt) this.props.use.typing(false);
    this.typedAt = 0;
  }

  changed() {
    this.measure.value = measured(this.box.value, this.props.limit);
    grow(this.box);
  }

  keep() {
    window.clearTimeout(this.draftTimer);
    const { drafts, room } = this.props;
    drafts.write(room.roomId, this.box.value);
  }

  /** Another tab goes on with it: not under this one's hands. */
  draftedElsewhere(/** @type {string} */ body) {
    if (document.activeElement === this.box || this.box.value === body) return;
    this.box.value = body;
    this.changed();
  }

  // ---- sending

  send() {
    const body = this.box.value;
    const { isOver, isBlank } = measured(body, this.props.limit);
    if (isOver || isBlank) return;
    window.clearTimeout(this.draftTimer);
    this.props.use.send(body); // the draft is the message's from here on, before the field is cleared
    this.box.value = '';
    this.changed();
    this.typedAt = 0;
  }

  pressed() {
    if (this.keys.composing) this.box.blur(); // ends the composition, so that its last syllable is in the text
    this.send();
    // iOS keeps the last syllable in a buffer of its own and would put it before the next word (WebKit bug 285175).
    if (matchMedia('(pointer: coarse)').matches) this.sentinel.current?.focus();
    this.focus();
  }

  tick() {
    const left = (this.props.until?.peek() ?? 0) - Date.now();
    this.seconds.value = left > 0 ? Math.ceil(left / 1_000) : 0;
  }

  render(/** @type {Props} */ { room }) {
    const { words, isOver, isBlank } = this.measure.value;
    const seconds = this.seconds.value;
    const label = seconds ? say('Sends in {seconds} s', { seconds }) : say('Send');
    return h(
      'form', { id: 'composer-form', class: 'composer', autocomplete: 'off', onSubmit: (/** @type {Event} */ event) => event.preventDefault() },
      h('label', { class: 'unseen', for: 'composer' }, say('Message to “{room}”', { room: room.name })),
      h('textarea', {
        id: 'composer', rows: 1, placeholder: say('Message'), ref: this.field, 'aria-describedby': 'counter', 'aria-invalid': isOver || undefined,
        enterkeyhint: (this.props.enterSends?.value ?? enterSendsHere()) ? 'send' : 'enter',
      }),
      h('input', { class: 'unseen', tabIndex: -1, 'aria-hidden': true, ref: this.sentinel }),
      h('span', { id: 'counter', class: isOver ? 'counter over' : 'counter', 'aria-live': 'off' }, words),
      h('button', {
        id: 'send', class: 'primary', type: 'button', disabled: isOver || (isBlank && !seconds), 'aria-live': 'off',
        onPointerDown: (/** @type {Event} */ event) => event.preventDefault(), // keep the focus and the keyboard
        onClick: () => this.pressed(),
      }, label),
    );
  }
}

/** @param {EventTarget} target @param {string} name @param {(event: Event) => void} call */
function listen(target, name, call) {
  target.addEventListener(name, call);
  return () => target.removeEventListener(name, call);
}

const growsByItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content');

/** As many lines as there are, where the browser does not do it; the sheet bounds it. */
function grow(/** @type {HTMLTextAreaElement} */ field) {
  if (growsByItself) return;
  field.rows = Math.min(12, field.value.split('\n').length);
}

// @ts-check
/** The field one writes in, as docs/CLIENT.md says. */

import { Component, createRef, h } from '../../vendor/preact.js';
import { Composer as Field } from '../../composer.js';
import { say } from '../texts.js';

/** @typedef {{focus: () => void, fill: (text: string) => void}} Handle */
/** @typedef {{room: {roomId: string, name: string}, uid: string, drafts: import('../../live/drafts.js').Drafts, limit: number,
 *   handle?: (handle: Handle | null) => void,
 *   use: {send: (body: string, cid?: string) => void, typing: (on: boolean) => void}}} Props */

/** @extends {Component<Props>} */
export class Composer extends Component {
  field = /** @type {{current: HTMLTextAreaElement | null}} */ (createRef());
  button = /** @type {{current: HTMLButtonElement | null}} */ (createRef());
  counter = /** @type {{current: HTMLElement | null}} */ (createRef());

  componentDidMount() {
    const { props: { drafts, room, limit, use } } = this;
    const [field, button, counter] = [this.field.current, this.button.current, this.counter.current];
    if (!field || !button || !counter) return;
    this.composer = new Field(field, button, counter, {
      limit, draft: () => drafts.text(room.roomId), ondraft: (text) => drafts.write(room.roomId, text), onsend: (body) => { use.send(body); use.typing(false); },
    });
    this.props.handle?.(this);
    field.addEventListener('input', () => { if (field.value.trim()) use.typing(true); });
  }

  componentWillUnmount() {
    this.composer?.saveDraft();
    this.props.handle?.(null);
  }

  focus() { this.field.current?.focus(); }

  fill(/** @type {string} */ text) { this.composer?.giveBack(text); }

  render() {
    return h(
      'form', { id: 'composer-form', class: 'composer', autocomplete: 'off', onSubmit: (/** @type {Event} */ event) => event.preventDefault() },
      h('label', { class: 'unseen', for: 'composer' }, say('Message')),
      h('textarea', { id: 'composer', rows: 1, placeholder: say('Message'), enterkeyhint: 'send', ref: this.field }),
      h('span', { id: 'counter', class: 'counter', 'aria-live': 'off', ref: this.counter }),
      h('button', { id: 'send', class: 'primary', type: 'button', ref: this.button }, say('Send')),
    );
  }
}

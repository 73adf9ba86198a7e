// @ts-check
/** Who asks to be let in, and the links that let people in, for those who may answer and make them. */

import { Component, h } from '../vendor/preact.js';
import { signal } from '../vendor/signals.js';
import { avatar } from './avatar.js';
import { rest } from './rest.js';
import { say } from './texts.js';

/** @typedef {import('./state.js').RoomView} RoomView */
/** @typedef {{id: string, nickname: string, askedAt: string}} Asking */
/** @typedef {{id: string, url: string | null, maxUses: number | null, uses: number, expiresAt: string | null}} Invitation */
/** @typedef {{view: RoomView, language: string, confirm: (words: string, act: string) => Promise<boolean>}} Props */

/** @extends {Component<Props>} */
export class Admissions extends Component {
  asking = signal(/** @type {Asking[] | null} */ (null));
  invitations = signal(/** @type {Invitation[]} */ ([]));
  made = signal('');
  trouble = signal('');

  componentDidMount() {
    this.off = this.props.view.room.subscribe(() => this.load()); // also at once
  }

  componentWillUnmount() { this.off?.(); }

  get at() { return `/api/v1/room/${this.props.view.id}`; }

  async load() {
    await this.tried(async () => {
      const [asking, invitations] = await Promise.all([rest('GET', `${this.at}/request`), rest('GET', `${this.at}/invitation`)]);
      this.asking.value = asking.content;
      this.invitations.value = invitations.content;
    });
  }

  async tried(/** @type {() => Promise<void>} */ work) {
    try {
      await work();
      this.trouble.value = '';
    } catch (refused) {
      this.trouble.value = /** @type {Error} */ (refused).message;
    }
  }

  /** @param {Asking} one @param {'ACCEPT' | 'REFUSE'} decision */
  answer(one, decision) {
    return this.tried(async () => {
      await rest('POST', `${this.at}/request/${one.id}`, { decision });
      this.asking.value = (this.asking.peek() ?? []).filter((other) => other.id !== one.id);
    });
  }

  make(/** @type {SubmitEvent} */ event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const number = (/** @type {string} */ name) => Number(form.get(name)) || null;
    return this.tried(async () => {
      const made = await rest('POST', `${this.at}/invitation`, { maxUses: number('uses'), expiresInHours: number('hours') });
      this.made.value = made.url ?? '';
      this.invitations.value = [...this.invitations.peek(), made];
    });
  }

  async revoke(/** @type {Invitation} */ one) {
    if (!(await this.props.confirm(say('Revoke this invitation? Its link stops working.'), say('Revoke')))) return;
    await this.tried(async () => {
      await rest('DELETE', `${this.at}/invitation/${one.id}`);
      this.invitations.value = this.invitations.peek().filter((other) => other.id !== one.id);
    });
  }

  render(/** @type {Props} */ { language }) {
    const asking = this.asking.value;
    const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
    const option = (/** @type {string} */ value, /** @type {string} */ words) => h('option', { value }, words);
    return h(
      'div', { class: 'details-admissions' },
      this.trouble.value && h('p', { class: 'trouble', role: 'alert' }, this.trouble.value),
      h('h2', null, say('Who asks to join')),
      asking && !asking.length && h('p', { class: 'hint' }, say('Nobody asks at the moment.')),
      h('ul', { class: 'plain' }, (asking ?? []).map((one) => h(
        'li', { key: one.id, class: 'person asks' },
        avatar(one), h('span', { class: 'person-name' }, h('bdi', null, one.nickname), h('span', { class: 'person-marks' }, when.format(Date.parse(one.askedAt)))),
        h('button', { type: 'button', class: 'primary', onClick: () => this.answer(one, 'ACCEPT') }, say('Let in'), h('span', { class: 'unseen' }, ` ${one.nickname}`)),
        h('button', { type: 'button', onClick: () => this.answer(one, 'REFUSE') }, say('Turn away'), h('span', { class: 'unseen' }, ` ${one.nickname}`)),
      ))),
      h('h2', null, say('Invitations')),
      this.made.value && h(
        'div', { class: 'done', role: 'status' },
        h('p', null, say('This link is shown once. Copy it now.')),
        h('input', { class: 'copy', readOnly: true, value: this.made.value, 'aria-label': say('Link'), onFocus: (/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select() }),
      ),
      h('ul', { class: 'plain' }, this.invitations.value.map((one) => h(
        'li', { key: one.id, class: 'line' },
        h('span', null, one.maxUses ? say('Used {uses} of {most} times', { uses: one.uses, most: one.maxUses }) : say('Used {uses} times', { uses: one.uses }),
          one.expiresAt ? ` · ${say('until {time}', { time: when.format(Date.parse(one.expiresAt)) })}` : ''),
        h('button', { type: 'button', class: 'inline', onClick: () => this.revoke(one) }, say('Revoke')),
      ))),
      h(
        'form', { class: 'invite', onSubmit: (/** @type {SubmitEvent} */ event) => this.make(event) },
        h('select', { name: 'hours', 'aria-label': say('How long') }, option('24', say('For a day')), option('168', say('For a week')), option('', say('Until it is revoked'))),
        h('select', { name: 'uses', 'aria-label': say('How often') }, option('', say('Any number of people')), option('1', say('One person')), option('10', say('Ten people'))),
        h('button', null, say('Make a link')),
      ),
    );
  }
}

// @ts-check
/**
 * What lies over a page: the browser's own dialog element, which holds the focus, closes by Esc, and gives the focus
 * back to where it was. Questions that a page asks come one at a time.
 */

import { h, render } from '../vendor/preact.js';
import { say } from './texts.js';

/**
 * Drawn in a dialog until it is closed.
 * @param {string} kind its class
 * @param {string} label what it is, for who cannot see it
 * @param {(dialog: HTMLDialogElement) => any} draw
 * @returns {Promise<string>} the value of the button that closed it, '' for Esc
 */
export function over(kind, label, draw) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const dialog = document.createElement('dialog');
  dialog.className = kind;
  dialog.setAttribute('aria-label', label);
  document.body.append(dialog);
  render(draw(dialog), dialog);
  // Esc is for this layer alone.
  dialog.addEventListener('keydown', (event) => { if (event.key === 'Escape') event.stopPropagation(); });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      render(null, dialog);
      dialog.remove();
      before?.focus();
      resolve(dialog.returnValue);
    }, { once: true });
  });
}

/** @type {Promise<unknown>} */
let asked = Promise.resolve();

/**
 * @param {string} words
 * @param {string} act what the button says; it is destructive
 * @param {string} [typed] what has to be typed first, so that it is no slip of the hand: the room's name
 * @returns {Promise<boolean>}
 */
export function confirm(words, act, typed = '') {
  const isIt = (/** @type {string} */ text) => text.trim().normalize('NFC').toLowerCase() === typed.normalize('NFC').toLowerCase();
  const answer = asked.then(() => over('question', words, () => [
    h('h2', { key: 'words' }, words),
    h(
      'form', { method: 'dialog', key: 'answers', autocomplete: 'off' },
      typed && h('label', { class: 'typed' }, say('Type the name of the room: {room}', { room: typed }), h('input', {
        required: true,
        onInput: (/** @type {InputEvent} */ event) => {
          const field = /** @type {HTMLInputElement} */ (event.currentTarget);
          field.setCustomValidity(isIt(field.value) ? '' : say('This is not the name of the room.'));
        },
      })),
      h('div', { class: 'answers' },
        h('button', { value: '', formNoValidate: true }, say('Cancel')),
        h('button', { value: 'yes', class: 'danger' }, act)),
    ),
  ]));
  asked = answer;
  return answer.then((value) => value === 'yes');
}

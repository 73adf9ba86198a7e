// @ts-check
/**
 * Questions that a page asks, one at a time: the browser's own dialog element, which holds the focus, closes by Esc,
 * and gives the focus back to where it was.
 */

import { say } from './texts.js';

/** @type {Promise<unknown>} */
let asked = Promise.resolve();

/**
 * @param {string} words
 * @param {string} act what the button says; it is destructive
 * @returns {Promise<boolean>}
 */
export function confirm(words, act) {
  const answer = asked.then(() => ask(words, act));
  asked = answer;
  return answer;
}

/** @param {string} words @param {string} act @returns {Promise<boolean>} */
function ask(words, act) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const dialog = document.createElement('dialog');
  dialog.className = 'question';
  dialog.setAttribute('aria-labelledby', 'question');
  const text = document.createElement('h2');
  text.id = 'question';
  text.textContent = words;
  const form = document.createElement('form');
  form.method = 'dialog';
  form.className = 'answers';
  form.append(button('no', say('Cancel'), ''), button('yes', act, 'danger'));
  dialog.append(text, form);
  // Esc is for this layer alone.
  dialog.addEventListener('keydown', (event) => { if (event.key === 'Escape') event.stopPropagation(); });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      before?.focus();
      resolve(dialog.returnValue === 'yes');
    }, { once: true });
  });
}

/** @param {string} value @param {string} words @param {string} kind */
function button(value, words, kind) {
  const made = document.createElement('button');
  made.value = value;
  made.className = kind;
  made.textContent = words;
  return made;
}

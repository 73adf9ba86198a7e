// @ts-check
/** What every form gains: pressed twice it is sent once, and a password can be looked at while it is typed. */

import { say } from './texts.js';

/** A second press while the first is under way does nothing; a page one comes back to is as it was. */
export function sendOnce() {
  /** @type {WeakSet<HTMLFormElement>} */
  const sent = new WeakSet();
  document.addEventListener('submit', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method !== 'post' || event.defaultPrevented) return;
    if (sent.has(form)) { event.preventDefault(); return; }
    sent.add(form);
    window.addEventListener('pageshow', () => sent.delete(form), { once: true });
  });
}

export function showPasswords() {
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[type="password"]'))) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet reveal';
    const draw = () => {
      const isHidden = field.type === 'password';
      button.textContent = isHidden ? say('Show') : say('Hide');
      button.setAttribute('aria-pressed', String(!isHidden));
      button.setAttribute('aria-label', isHidden ? say('Show the password') : say('Hide the password'));
    };
    button.addEventListener('click', () => { field.type = field.type === 'password' ? 'text' : 'password'; draw(); field.focus(); });
    field.form?.addEventListener('submit', () => { field.type = 'password'; }); // so that browsers offer to keep it
    draw();
    const row = document.createElement('span');
    row.className = 'revealed';
    field.replaceWith(row);
    row.append(field, button);
  }
}

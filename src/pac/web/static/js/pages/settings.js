// @ts-check
/** Settings that hold as soon as they are chosen; without this script a button saves them. */

import { prefer } from '../ui/preferences.js';
import { loadTexts, say } from '../ui/texts.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('preferences'));
const saved = /** @type {HTMLElement} */ (document.getElementById('preferences-saved'));
const fault = /** @type {HTMLElement} */ (document.getElementById('notify-fault'));

await loadTexts(document.documentElement.dataset.texts ?? '');
form.classList.add('is-live');

form.addEventListener('change', async (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.name === 'notify') await allowed(field);
  const values = new FormData(form);
  prefer(Object.fromEntries(/** @type {[string, string][]} */ ([...values])));
  saved.textContent = '';
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(/** @type {[string, string][]} */ ([...values])), headers: { Accept: 'application/json' } });
    saved.textContent = answer.ok ? say('Saved.') : say('Not saved: reload the page and try again.');
  } catch {
    saved.textContent = say('Not saved: there is no connection.');
  }
});

/** The browser asks, once; who said no is told where to change their mind. */
async function allowed(/** @type {HTMLInputElement} */ field) {
  fault.hidden = true;
  if (field.value === 'off') return;
  const answer = 'Notification' in window ? await Notification.requestPermission() : 'denied';
  if (answer === 'granted') return;
  /** @type {HTMLInputElement} */ (form.querySelector('input[name="notify"][value="off"]')).checked = true;
  fault.textContent = 'Notification' in window && window.isSecureContext
    ? say('This browser does not allow notifications of this site. Allow them beside the address, then choose again.')
    : say('This browser has notifications over HTTPS only.');
  fault.hidden = false;
}

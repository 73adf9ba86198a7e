// @ts-check
/**
 * The field one writes in. The text is read from it when it is sent, never from a copy, so that no input method
 * loses its last syllable.
 *
 * Why it looks as it does (each row was replayed in Chromium through its input method protocol):
 * - Korean in Chrome: keydown 229 while composing, compositionend, then a plain Enter. The keydown path sends once.
 * - Korean in Safari: compositionend, keydown 229 not composing, then beforeinput insertLineBreak, which sends.
 * - Japanese and Chinese: the Enter that confirms a candidate is 229 and nothing follows it. The next one sends.
 */

const COUNT_FROM = 0.9;
const DRAFT_AFTER_MS = 300;

export class Composer {
  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} button
   * @param {HTMLElement} counter
   * @param {{limit: number, draft: () => string, ondraft: (text: string) => void, onsend: (body: string) => void}} use
   *   `limit` in code points; `onsend` has saved it as a draft when it returns
   */
  constructor(field, button, counter, use) {
    this.field = field;
    this.button = button;
    this.counter = counter;
    this.use = use;
    this.draftTimer = 0;
    this.listen();
    this.restoreDraft();
    this.count();
  }

  listen() {
    const { field, button } = this;
    let shift = false;
    let repeat = false;
    let composing = false;
    field.addEventListener('compositionstart', () => { composing = true; });
    field.addEventListener('compositionend', () => { composing = false; this.saveDraft(); });
    field.addEventListener('keydown', (event) => {
      shift = event.shiftKey;
      repeat = event.repeat;
      if (event.isComposing || event.keyCode === 229) return; // the input method owns the key
      if (event.key !== 'Enter') return;
      if (event.ctrlKey || event.metaKey || (enterSends() && !event.shiftKey)) {
        event.preventDefault();
        if (!event.repeat) this.send();
      }
    });
    field.addEventListener('beforeinput', (event) => {
      if (!/^insert(LineBreak|Paragraph)$/.test(event.inputType) || event.isComposing || shift) return;
      if (enterSends()) {
        event.preventDefault();
        if (!repeat) this.send();
      }
    });
    field.addEventListener('input', () => {
      this.count();
      clearTimeout(this.draftTimer);
      this.draftTimer = window.setTimeout(() => this.saveDraft(), DRAFT_AFTER_MS);
    });
    button.addEventListener('pointerdown', (event) => event.preventDefault()); // keep the focus and the keyboard
    button.addEventListener('click', () => {
      if (composing) field.blur(); // ends the composition, so that its last syllable is in the text
      this.send();
      field.focus();
    });
    addEventListener('pagehide', () => this.saveDraft());
  }

  send() {
    const body = this.field.value;
    if (!body.trim() || codePoints(body) > this.use.limit) return;
    this.use.onsend(body);
    this.field.value = '';
    this.saveDraft();
    this.count();
  }

  /** Put a text back to be changed, before what is there. */
  giveBack(/** @type {string} */ body) {
    this.field.value = this.field.value ? `${body}\n${this.field.value}` : body;
    this.saveDraft();
    this.count();
    this.field.focus();
  }

  disable() {
    this.field.disabled = true;
    this.button.setAttribute('disabled', '');
  }

  enable() {
    this.field.disabled = false;
    this.button.removeAttribute('disabled');
    this.count();
  }

  count() {
    const length = codePoints(this.field.value);
    const left = this.use.limit - length;
    this.counter.textContent = length >= this.use.limit * COUNT_FROM ? String(left) : '';
    this.counter.classList.toggle('over', left < 0);
    if (!this.field.disabled) this.button.toggleAttribute('disabled', left < 0);
  }

  saveDraft() {
    clearTimeout(this.draftTimer);
    this.use.ondraft(this.field.value);
  }

  restoreDraft() { this.field.value = this.use.draft(); }
}

export function codePoints(/** @type {string} */ text) {
  let count = 0;
  for (const _ of text.normalize('NFC')) count += 1;
  return count;
}

/** A phone's Enter is a new line; a touch-screen laptop is no phone. */
function enterSends() {
  return !matchMedia('(hover: none) and (pointer: coarse)').matches;
}

// @ts-check
/**
 * Which Enter sends. Input methods end a composition in different orders; each row was replayed in Chromium through
 * its input method protocol:
 * - Korean in Chrome and Edge: keydown 229 while composing, compositionend, then a plain Enter: that one sends.
 * - Korean in Safari: compositionend, keydown 229 not composing, then beforeinput insertLineBreak: that one sends.
 * - Japanese, Chinese, Hanja: the Enter that confirms a candidate is 229 and nothing follows it. The next one sends.
 * - Phones: Enter is a new line; a button sends.
 */

/** @typedef {{isComposing: boolean, keyCode: number, key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, repeat: boolean}} Key */
/** @typedef {'send' | 'swallow' | 'leave'} Verdict `swallow`: neither a new line nor a message; `leave`: to the browser */

const INPUT_METHOD = 229;

export class EnterKeys {
  /** @param {() => boolean} sends whether a plain Enter sends */
  constructor(sends) {
    this.sends = sends;
    this.shift = false;
    this.repeat = false;
    this.composing = false;
  }

  compositionstart() { this.composing = true; }

  /** At once, by no timer: a late reset makes Korean need two Enters. */
  compositionend() { this.composing = false; }

  /** @returns {Verdict} */
  keydown(/** @type {Key} */ key) {
    this.shift = key.shiftKey;
    this.repeat = key.repeat;
    if (key.isComposing || key.keyCode === INPUT_METHOD) return 'leave'; // the input method owns the key
    if (key.key !== 'Enter') return 'leave';
    if (!(key.ctrlKey || key.metaKey || (this.sends() && !key.shiftKey))) return 'leave';
    return key.repeat ? 'swallow' : 'send';
  }

  /** @param {{inputType: string, isComposing: boolean}} input @returns {Verdict} */
  beforeinput(input) {
    if (!/^insert(LineBreak|Paragraph)$/.test(input.inputType) || input.isComposing || this.shift) return 'leave';
    if (!this.sends()) return 'leave';
    return this.repeat ? 'swallow' : 'send';
  }
}

/** A phone's Enter is a new line; a laptop with a touch screen is no phone. */
export function enterSendsHere() {
  return !matchMedia('(hover: none) and (pointer: coarse)').matches;
}

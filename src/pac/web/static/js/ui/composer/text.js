// @ts-check
/** What the field's text is to the server: how long, and whether there is anything to send. */

const COUNT_FROM = 0.9;

/** As the server counts: code points of the composed form. */
export function codePoints(/** @type {string} */ text) {
  let count = 0;
  for (const _ of text.normalize('NFC')) count += 1;
  return count;
}

/**
 * @param {string} text
 * @param {number} limit code points
 * @returns {{words: string, isOver: boolean, isBlank: boolean}} `words` of the counter, '' while far from the limit
 */
export function measured(text, limit) {
  // Every code point has at least one unit: a text that is short in units needs no counting.
  const length = text.length < limit * COUNT_FROM ? text.length : codePoints(text);
  const left = limit - length;
  const words = length < limit * COUNT_FROM ? '' : left < 0 ? String(left) : `${length}/${limit}`;
  return { words, isOver: left < 0, isBlank: !text.trim() };
}

/** A text that is given back, before what has been begun since. */
export function together(/** @type {string} */ given, /** @type {string} */ begun) {
  return begun ? `${given}\n${begun}` : given;
}

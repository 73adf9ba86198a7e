// @ts-check
/** Questions that a page asks, one at a time. */

/** @param {string} words @param {string} act what the button says @returns {Promise<boolean>} */
export async function confirm(words, act) {
  void act;
  return window.confirm(words);
}

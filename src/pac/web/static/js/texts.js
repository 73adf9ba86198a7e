// @ts-check
/** The page's texts in its language: the English text is the key, as on the server. */

/** @type {Record<string, string>} */
let texts = {};

export async function loadTexts(/** @type {string} */ url) {
  try {
    const answer = await fetch(url);
    if (answer.ok) texts = await answer.json();
  } catch {
    // English is better than nothing
  }
}

/** `text` in the page's language, its {names} filled in. */
export function say(/** @type {string} */ text, /** @type {Record<string, string | number>} */ values = {}) {
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// @ts-check
/** The page's texts in its language: the English text is the key, as on the server; a plural has a form per category. */

/** @type {Record<string, string | string[]>} */
let texts = {};
let plural = new Intl.PluralRules('en');

/** @typedef {Record<string, string | number>} Values */

export async function loadTexts(/** @type {string} */ url, language = document.documentElement.lang) {
  try {
    const answer = await fetch(url);
    if (answer.ok) useTexts(await answer.json(), language);
  } catch {
    // English is better than nothing
  }
}

/** What a test or a page that has them already gives. */
export function useTexts(/** @type {Record<string, string | string[]>} */ given, /** @type {string} */ language) {
  texts = given;
  plural = new Intl.PluralRules(language);
}

/** `text` in the page's language, its {names} filled in. */
export function say(/** @type {string} */ text, /** @type {Values} */ values = {}) {
  const said = texts[text];
  return filled(typeof said === 'string' ? said : text, values);
}

/** As say, in the form that `count` asks for; {count} is filled in, as digits unless `values` says otherwise. */
export function sayMany(
  /** @type {string} */ one,
  /** @type {string} */ many,
  /** @type {number} */ count,
  /** @type {Values} */ values = {},
) {
  const forms = texts[one];
  if (!Array.isArray(forms)) return filled(count === 1 ? one : many, { count, ...values });
  // The catalogs list their forms as gettext does: one, then other. Korean has one form for all.
  const form = forms.length > 1 && plural.select(count) !== 'one' ? 1 : 0;
  return filled(forms[form], { count, ...values });
}

function filled(/** @type {string} */ text, /** @type {Values} */ values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

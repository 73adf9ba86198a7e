// @ts-check
/** What a message's text consists of: words, addresses that may be followed, or nothing but a few emoji. Pure. */

const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;
const CLOSING = /[.,;:!?'"…。、」』”’\]}]+$/u;
const EMOJI_AT_MOST = 3;
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|^[\d#*]\ufe0f?\u20e3/u;
const SHOWN_AS_PICTURE = /\p{Emoji_Presentation}|\p{Regional_Indicator}{2}|\ufe0f|\u20e3/u;

/** @typedef {{text: string, address: string}} Part `address` is '' for plain words */

/** Text, with http and https addresses apart; nothing else of it means anything. @returns {Part[]} */
export function parts(/** @type {string} */ text) {
  /** @type {Part[]} */
  const found = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), address: '' });
    found.push({ text: address, address });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), address: '' });
  return found;
}

/** A sentence's end is not the address's; a bracket is, if the address opened it. */
function trimmed(/** @type {string} */ address) {
  let kept = address;
  for (;;) {
    const cut = kept.replace(CLOSING, '');
    const shorter = cut.endsWith(')') && count(cut, ')') > count(cut, '(') ? cut.slice(0, -1) : cut;
    if (shorter === kept) return kept;
    kept = shorter;
  }
}

function count(/** @type {string} */ text, /** @type {string} */ sign) {
  return text.split(sign).length - 1;
}

/** One to three emoji and nothing else: drawn large. */
export function isEmojiOnly(/** @type {string} */ text) {
  if (text.length > 60 || !PICTURE.test(text)) return false;
  let seen = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text.trim())) {
    if (/^\s+$/u.test(segment)) continue;
    if (!PICTURE.test(segment) || !SHOWN_AS_PICTURE.test(segment)) return false;
    seen += 1;
  }
  return seen > 0 && seen <= EMOJI_AT_MOST;
}

// @ts-check
/**
 * The Korean particle that fits a word: 은 or 는, 으로 or 로. For the few texts that cannot be worded around it.
 *
 * It follows how the word's end is read: a syllable by its final consonant, a digit by its Korean reading. Of a Latin
 * letter or a kana nobody knows the reading, so both are written, `은(는)`, which is honest rather than guessed.
 */

const FIRST_SYLLABLE = 0xac00;
const SYLLABLES = 11_172;
const FINALS = 28;
const RIEUL = 8;
const CLOSED_DIGITS = '013678'; // 영 일 삼 육 칠 팔
const RIEUL_DIGITS = '178'; // 일 칠 팔
const NOT_READ = /[\p{P}\p{S}\p{Z}\p{M}\p{Cf}\p{Extended_Pictographic}]+$/u;

/** The particle alone. `pair` is closed before open: '은/는', '이/가', '을/를', '과/와', '으로/로'. */
export function josa(/** @type {string} */ word, /** @type {string} */ pair) {
  const [closed, open] = pair.split('/');
  const end = [...word.normalize('NFC').replace(NOT_READ, '')].at(-1) ?? '';
  const final = finalOf(end);
  if (final === undefined) return `${closed}(${open})`;
  const isOpen = final === 0 || (closed.startsWith('으') && final === RIEUL);
  return isOpen ? open : closed;
}

/** 0 for an open syllable, the number of its final consonant otherwise; undefined where the reading is unknown. */
function finalOf(/** @type {string} */ end) {
  const place = (end.codePointAt(0) ?? 0) - FIRST_SYLLABLE;
  if (place >= 0 && place < SYLLABLES) return place % FINALS;
  if (!/^[0-9]$/.test(end)) return undefined;
  if (RIEUL_DIGITS.includes(end)) return RIEUL;
  return CLOSED_DIGITS.includes(end) ? 1 : 0;
}

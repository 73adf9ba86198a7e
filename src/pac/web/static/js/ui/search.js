// @ts-check
/**
 * Finding a name by what a Korean keyboard has written so far: 초성, whole syllables, and the syllable that is just
 * being composed (UI specification §6).
 *
 * A query is split at spaces and every token has to be found. A token slides over the name; at a place, each of its
 * characters has to agree with the name's: the same; or a lone consonant that begins the syllable; or, as the last one,
 * a syllable on its way to being that one (제 → 젝, 달 → 닭), or one whose final has run ahead of what it belongs to
 * (플 → 프로, 닭 → 달걀). Doubled consonants agree with themselves alone. No document, no framework: a table of cases in
 * tests/js/search.json is the contract.
 */

const FIRST = 0xac00;
const LAST = 0xd7a3;
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const FINALS = ['', 'ㄱ', 'ㄲ', 'ㄳ', 'ㄴ', 'ㄵ', 'ㄶ', 'ㄷ', 'ㄹ', 'ㄺ', 'ㄻ', 'ㄼ', 'ㄽ', 'ㄾ', 'ㄿ', 'ㅀ', 'ㅁ', 'ㅂ', 'ㅄ',
  'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅊ', 'ㅋ', 'ㅌ', 'ㅍ', 'ㅎ'];
const MEDIALS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
/** What is typed as two keys: while it is being written, the first of them stands alone. */
const TWO_FINALS = /** @type {Record<string, string>} */ ({
  ㄳ: 'ㄱㅅ', ㄵ: 'ㄴㅈ', ㄶ: 'ㄴㅎ', ㄺ: 'ㄹㄱ', ㄻ: 'ㄹㅁ', ㄼ: 'ㄹㅂ', ㄽ: 'ㄹㅅ', ㄾ: 'ㄹㅌ', ㄿ: 'ㄹㅍ', ㅀ: 'ㄹㅎ', ㅄ: 'ㅂㅅ',
});
const TWO_MEDIALS = /** @type {Record<string, string>} */ ({
  ㅘ: 'ㅗ', ㅙ: 'ㅗ', ㅚ: 'ㅗ', ㅝ: 'ㅜ', ㅞ: 'ㅜ', ㅟ: 'ㅜ', ㅢ: 'ㅡ',
});

export const PREFIX = 0;
export const SUBSTRING = 1;
export const INITIAL = 2;

/**
 * @typedef {{rank: number, marks: [number, number][]}} Found `marks`: [from, to) in characters of `[...NFC(name)]`,
 *   ascending, apart from each other
 */

/** Characters to compare by, one for each of `[...NFC(text)]`, so that a mark stands where the name's character stands. */
export function folded(/** @type {string} */ text) {
  const characters = [...text.normalize('NFC')];
  const small = [...characters.join('').toLowerCase()];
  if (small.length === characters.length) return small;
  return characters.map((character) => {
    const lower = character.toLowerCase();
    return [...lower].length === 1 ? lower : character;
  });
}

/**
 * Where every token of `query` is found in `name`, and how well: PREFIX, SUBSTRING or INITIAL, the worst of its
 * tokens. Null where one is not found. An empty query finds everything.
 * @returns {Found | null}
 */
export function find(/** @type {string} */ query, /** @type {string} */ name) {
  return findTokens(tokensOf(query), name);
}

function tokensOf(/** @type {string} */ query) {
  return query.trim().split(/\s+/u).filter(Boolean).map(folded);
}

/** @param {string[][]} tokens @returns {Found | null} */
function findTokens(tokens, /** @type {string} */ name) {
  const characters = folded(name);
  /** @type {[number, number][]} */
  const marks = [];
  let rank = PREFIX;
  for (const token of tokens) {
    const found = best(token, characters);
    if (!found) return null;
    rank = Math.max(rank, found.rank);
    marks.push([found.at, found.end]);
  }
  return { rank, marks: joined(marks) };
}

/**
 * The rows whose name is found, best first; among equals as they were.
 * @template T
 * @param {string} query
 * @param {readonly T[]} rows
 * @param {(row: T) => string} nameOf
 * @returns {{row: T, found: Found}[]}
 */
export function search(query, rows, nameOf) {
  const tokens = tokensOf(query);
  const all = [];
  for (const row of rows) {
    const found = findTokens(tokens, nameOf(row));
    if (found) all.push({ row, found });
  }
  return tokens.length ? all.sort((one, other) => one.found.rank - other.found.rank) : all;
}

/**
 * A name in pieces, told apart by whether they are marked.
 * @returns {{text: string, marked: boolean}[]}
 */
export function pieces(/** @type {string} */ name, /** @type {[number, number][]} */ marks) {
  const characters = [...name.normalize('NFC')];
  const all = [];
  let from = 0;
  for (const [start, end] of marks) {
    if (start > from) all.push({ text: characters.slice(from, start).join(''), marked: false });
    all.push({ text: characters.slice(start, end).join(''), marked: true });
    from = end;
  }
  if (from < characters.length) all.push({ text: characters.slice(from).join(''), marked: false });
  return all;
}

/** @param {string[]} token @param {string[]} name */
function best(token, name) {
  /** @type {{rank: number, at: number, end: number} | null} */
  let found = null;
  for (let at = 0; at + token.length <= name.length; at += 1) {
    const { end, literal } = agrees(token, name, at);
    if (!end) continue;
    const rank = !literal ? INITIAL : at === 0 ? PREFIX : SUBSTRING;
    if (!found || rank < found.rank) found = { rank, at, end };
    if (rank === PREFIX) break;
  }
  return found;
}

/**
 * Where the token ends in the name if it begins at `at`, 0 where it does not; `literal`: not by initials.
 * @param {string[]} token @param {string[]} name @param {number} at
 */
function agrees(token, name, at) {
  let literal = true;
  let end = at + token.length;
  for (let place = 0; place < token.length; place += 1) {
    const asked = token[place];
    const there = name[at + place];
    if (asked === there) continue;
    if (INITIALS.includes(asked) && asked === initialOf(there)) { literal = false; continue; }
    if (place < token.length - 1) return { end: 0, literal };
    if (isBeginningOf(asked, there)) continue;
    if (!carriesOver(asked, there, name[at + place + 1])) return { end: 0, literal };
    end += 1;
  }
  return { end, literal };
}

/** The syllable's initial; '' for what is no Hangul syllable. */
function initialOf(/** @type {string} */ character) {
  return partsOf(character)?.initial ?? '';
}

function partsOf(/** @type {string} */ character) {
  const code = character.codePointAt(0) ?? 0;
  if (code < FIRST || code > LAST) return null;
  const number = code - FIRST;
  return {
    initial: INITIALS[Math.floor(number / 588)],
    medial: MEDIALS[Math.floor((number % 588) / 28)],
    final: FINALS[number % 28],
  };
}

/** Typing on makes `asked` into `there`: 제 → 젝, 달 → 닭, 고 → 과. */
function isBeginningOf(/** @type {string} */ asked, /** @type {string} */ there) {
  const one = partsOf(asked);
  const other = partsOf(there);
  if (!one || !other || one.initial !== other.initial) return false;
  if (one.medial !== other.medial) return !one.final && TWO_MEDIALS[other.medial] === one.medial;
  return !one.final || TWO_FINALS[other.final]?.[0] === one.final;
}

/** The last key of `asked` belongs to the next syllable: 플 → 프로, 롲 → 로젝, 닭 → 달걀. */
function carriesOver(/** @type {string} */ asked, /** @type {string} */ there, /** @type {string | undefined} */ next) {
  const one = partsOf(asked);
  const other = partsOf(there);
  if (!one?.final || !other || !next || one.initial !== other.initial || one.medial !== other.medial) return false;
  const two = TWO_FINALS[one.final];
  const [stays, goes] = two ? [two[0], two[1]] : ['', one.final];
  return other.final === stays && initialOf(next) === goes;
}

/** Marks in order, those that touch made one. @param {[number, number][]} marks @returns {[number, number][]} */
function joined(marks) {
  /** @type {[number, number][]} */
  const all = [];
  for (const [from, to] of marks.sort((one, other) => one[0] - other[0])) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

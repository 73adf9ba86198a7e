import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Adopted } from '../../src/pac/web/static/js/ui/list/adopted.js';
import { emptied, rowsOf } from '../../src/pac/web/static/js/ui/list/rows.js';
import { isEmojiOnly, parts } from '../../src/pac/web/static/js/ui/list/words.js';
import { Times } from '../../src/pac/web/static/js/ui/times.js';

const NOON = Date.parse('2026-11-23T03:00:00Z'); // in Seoul
const ME = { id: 'me', nickname: '하늘' };
const JIEUN = { id: 'jieun', nickname: '지은' };
const MINSU = { id: 'minsu', nickname: '민수' };
const MINUTE = 60_000;
const days = new Times('ko', 'Asia/Seoul');

/** Entries from the first seq on: each [member, minutes after noon, more fields]. */
function log(first, ...said) {
  return said.map(([member, minutes, more], at) => ({
    seq: first + at, ts: new Date(NOON + minutes * MINUTE).toISOString(), type: 'TEXT', member, body: `text ${first + at}`, ...more,
  }));
}

const event = (name, more) => ({ type: 'SYSTEM', event: name, body: '', ...more });

function drawn(entries, { items = [], unreadAfter = 0, cids = new Map(), now = NOON } = {}) {
  return rowsOf(entries, items, { me: ME, gone: emptied(entries), cids, unreadAfter, now, days });
}

const seqs = (rows) => rows.filter((row) => row.seq).map((row) => row.seq);
const shown = (rows) => rows.filter((row) => !row.hidden);

test('a group is one author, one day, five minutes from its first', () => {
  const rows = shown(drawn(log(1, [JIEUN, 0], [JIEUN, 3], [JIEUN, 5], [JIEUN, 5.1], [MINSU, 5.2], [JIEUN, 5.3])));
  assert.deepEqual(rows.slice(1).map((row) => row.continues), [false, true, true, false, false, false]);
});

test('a system line parts a group, a deletion that shows nothing does not', () => {
  const parted = shown(drawn(log(1, [JIEUN, 0], [MINSU, 0, event('joined')], [JIEUN, 1])));
  assert.equal(parted.at(-1).continues, false);
  const whole = shown(drawn(log(1, [JIEUN, 0], [JIEUN, 0, event('deleted', { target: 99 })], [JIEUN, 1])));
  assert.equal(whole.at(-1).continues, true);
});

test('a day begins at the reader’s midnight and with a group of its own', () => {
  const rows = drawn(log(1, [JIEUN, 12 * 60 - 1], [JIEUN, 12 * 60 + 1]), { now: NOON + 13 * 60 * MINUTE });
  assert.deepEqual(rows.map((row) => row.kind), ['day', 'message', 'day', 'message']);
  assert.deepEqual(rows.filter((row) => row.kind === 'day').map((row) => row.words), ['Yesterday', 'Today']);
  assert.equal(rows.at(-1).continues, false);
});

test('joins in a row are one line that counts people, and keep their seqs', () => {
  const rows = drawn(log(7, [JIEUN, 0, event('joined')], [MINSU, 1, event('joined')], [JIEUN, 2, event('joined')], [MINSU, 3, event('left')]));
  assert.deepEqual(seqs(rows), [7, 8, 9, 10]);
  assert.deepEqual(shown(rows).slice(1).map((row) => row.words), ['지은 and 1 other joined.', '민수 left.']);
});

test('one who comes twice is one', () => {
  const rows = drawn(log(1, [JIEUN, 0, event('joined')], [JIEUN, 1, event('joined')]));
  assert.deepEqual(shown(rows).slice(1).map((row) => row.words), ['지은 joined.']);
});

test('a deletion empties its target and says nothing itself', () => {
  const entries = log(1, [JIEUN, 0], [MINSU, 0], [JIEUN, 1, event('deleted', { target: 1 })], [ME, 2, event('deleted', { target: 2 })]);
  const rows = drawn(entries);
  assert.deepEqual(rows.filter((row) => row.kind === 'message').map((row) => [row.gone, row.body]), [['author', ''], ['moderator', '']]);
  assert.deepEqual(rows.slice(-2).map((row) => row.hidden), [true, true]);
  assert.deepEqual(seqs(rows), [1, 2, 3, 4]);
});

test('three tombstones stand, a fourth folds them', () => {
  const gone = { deleted: 'author', body: '' };
  const three = drawn(log(1, [JIEUN, 0, gone], [JIEUN, 0, gone], [MINSU, 0, gone], [MINSU, 1]));
  assert.equal(three.filter((row) => row.gone).length, 3);
  const four = drawn(log(1, [JIEUN, 0, gone], [JIEUN, 0, gone], [MINSU, 0, gone], [MINSU, 0, gone], [MINSU, 1]));
  assert.deepEqual(shown(four).slice(1).map((row) => row.words || row.body), ['4 deleted messages', 'text 5']);
  assert.deepEqual(seqs(four), [1, 2, 3, 4, 5]);
});

test('the unread line stands before the first one by somebody else that was not read, and parts a group', () => {
  const rows = drawn(log(4, [JIEUN, 0], [ME, 1], [JIEUN, 1], [JIEUN, 2]), { unreadAfter: 4 });
  assert.deepEqual(rows.map((row) => row.kind), ['day', 'message', 'message', 'unread', 'message', 'message']);
  assert.equal(drawn(log(9, [JIEUN, 0]), { unreadAfter: 4 }).length, 2, 'not where more unread is above');
});

test('what is on its way stands below, and takes its key along', () => {
  const entries = log(1, [JIEUN, 0]);
  const item = { cid: 'c1', body: 'hello', state: 'sending', created: NOON + MINUTE };
  const adopted = new Adopted('me');
  const before = drawn(entries, { items: adopted.absorb(entries, [item]) });
  assert.deepEqual([before.at(-1).key, before.at(-1).seq], ['c1', 0]);
  const stored = [...entries, ...log(2, [ME, 1, { body: 'hello' }])];
  for (const items of [[item], []]) { // the push comes before the ok: one row all the time
    const rows = drawn(stored, { items: adopted.absorb(stored, items), cids: adopted.cids });
    assert.deepEqual(rows.filter((row) => row.own).map((row) => [row.key, row.seq]), [['c1', 2]]);
  }
});

test('the same text twice is two messages, in their order', () => {
  const adopted = new Adopted('me');
  const items = ['a', 'b'].map((cid, at) => ({ cid, body: 'ㅋㅋ', state: at ? 'queued' : 'sending', created: at }));
  adopted.absorb([], items);
  adopted.absorb(log(1, [JIEUN, 0]), items);
  const one = log(1, [JIEUN, 0], [ME, 0, { body: 'ㅋㅋ' }]);
  assert.deepEqual(adopted.absorb(one, items).map((item) => item.cid), ['b']);
  const two = [...one, ...log(3, [ME, 0, { body: 'ㅋㅋ' }])];
  assert.deepEqual(adopted.absorb(two, [{ ...items[1], state: 'sending' }]), []);
  assert.deepEqual([...adopted.cids], [[2, 'a'], [3, 'b']]);
});

const WORDS = JSON.parse(readFileSync(new URL('words.json', import.meta.url), 'utf8'));

test('only http and https are links, without the sentence’s end', () => {
  for (const [text, links] of WORDS.links) {
    assert.deepEqual(parts(text).filter((part) => part.address).map((part) => part.address), links);
    assert.equal(parts(text).map((part) => part.text).join(''), text);
  }
});

test('one to three emoji are large, laughing is not', () => {
  for (const text of WORDS.emoji) assert.equal(isEmojiOnly(text), true, text);
  for (const text of WORDS.not_emoji) assert.equal(isEmojiOnly(text), false, text);
});

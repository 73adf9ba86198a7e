// What is held of a log: contiguous whatever comes, in whatever order it is asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Held, HELD_MAX } from '../../src/pac/web/static/js/ui/held.js';

const entry = (seq, more = {}) => ({ op: 'message', room: 'r', seq, id: `i${seq}`, ts: '', type: 'TEXT', member: { id: 'a', nickname: 'A' }, body: `b${seq}`, ...more });
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => entry(from + at));
const seqs = (held) => held.entries.peek().map(({ seq }) => seq);

/** A server with a log of `top` entries. */
function server(top) {
  const log = { top, asked: [] };
  log.history = async ({ before, after, limit }) => {
    log.asked.push({ before, after, limit });
    const [from, to] = after !== undefined
      ? [after + 1, Math.min(log.top, after + limit)]
      : [Math.max(1, (before ?? log.top + 1) - limit), (before ?? log.top + 1) - 1];
    return { messages: run(from, to), more: after !== undefined ? to < log.top : from > 1 };
  };
  return log;
}

function held(top, from, to = top) {
  const log = server(top);
  const made = new Held({ epoch: 'e', top, more: from > 1, entries: run(from, to) }, log.history);
  return { log, held: made };
}

test('live entries follow the last one, and none twice', () => {
  const { held: one } = held(50, 41);
  one.append(run(51, 52));
  one.append(run(51, 53));
  assert.deepEqual(seqs(one), [41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53]);
  assert.equal(one.hasNewer.peek(), false);
});

test('an empty log begins with what comes', () => {
  const one = new Held({ epoch: 'e', top: 0, more: false, entries: [] }, server(0).history);
  one.append([entry(1)]);
  assert.deepEqual(seqs(one), [1]);
});

test('older pages are put before, until there are none', async () => {
  const { held: one } = held(60, 51);
  await one.older();
  assert.deepEqual([one.first, one.last, one.hasOlder.peek()], [1, 60, false]);
});

test('an old place is shown alone; what is said meanwhile is counted and read on to', async () => {
  const { log, held: one } = held(200, 151);
  assert.equal(await one.around(100), false);
  assert.deepEqual([one.first, one.last, one.hasOlder.peek(), one.hasNewer.peek(), one.missed.peek()], [75, 124, true, true, 76]);
  log.top = 201;
  one.append([entry(201)]);
  assert.deepEqual([one.last, one.missed.peek()], [124, 77]);
  assert.equal(await one.newer(), false);
  assert.equal(await one.newer(), true);
  assert.deepEqual([one.last, one.hasNewer.peek(), one.missed.peek()], [201, false, 0]);
  one.append([entry(202)]);
  assert.equal(one.last, 202);
});

test('more than is replayed was missed: the rows stay, the end is elsewhere', async () => {
  const { log, held: one } = held(50, 1);
  log.top = 5_000;
  one.detach(5_000);
  assert.deepEqual([one.last, one.hasNewer.peek(), one.missed.peek()], [50, true, 4_950]);
  assert.equal(await one.latest(), true);
  assert.deepEqual([one.first, one.last, one.hasOlder.peek()], [4_951, 5_000, true]);
});

test('no more than 2,000 are held: the far side goes', async () => {
  const { held: one } = held(HELD_MAX + 100, 101);
  one.append(run(HELD_MAX + 101, HELD_MAX + 150));
  assert.deepEqual([one.entries.peek().length, one.first, one.hasOlder.peek(), one.hasNewer.peek()], [HELD_MAX, 151, true, false]);
  await one.older();
  assert.deepEqual([one.entries.peek().length, one.first, one.hasNewer.peek(), one.missed.peek()], [HELD_MAX, 101, true, 50]);
});

test('a deletion empties what it names, by its author or by somebody else', () => {
  const { held: one } = held(5, 1);
  one.append([entry(6, { type: 'SYSTEM', event: 'deleted', target: 2, body: '' })]);
  one.append([entry(7, { type: 'SYSTEM', event: 'deleted', target: 3, body: '', member: { id: 'b', nickname: 'B' } })]);
  assert.deepEqual(one.entries.peek().slice(1, 3).map(({ body, deleted }) => [body, deleted]), [['', 'author'], ['', 'moderator']]);
});

test('a page of a log that was dropped since is not taken in', async () => {
  const { held: one } = held(60, 51);
  const older = one.older();
  one.drop('other');
  await older;
  assert.deepEqual(seqs(one), []);
});

test('two who ask for the same page get it once', async () => {
  const { held: one } = held(200, 151);
  await Promise.all([one.older(), one.older()]);
  assert.deepEqual([one.first, one.entries.peek().length], [101, 100]);
});

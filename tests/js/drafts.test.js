// What is being written survives what can happen to a page.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Drafts } from '../../src/pac/web/static/js/live/drafts.js';
import { Clock, FakeStorage, fakeEnv } from './fake_env.js';

function rig(storage = new FakeStorage(), uid = 'ada', name = 'tab 1', clock = new Clock()) {
  const env = fakeEnv(clock, { browser: { storage }, tab: {} });
  const drafts = new Drafts(uid, env, () => name);
  const told = [];
  drafts.on('change', (room, text) => told.push([room, text]));
  return { drafts, told, storage, clock, env };
}

test('a draft is kept under draft:{uid}:{room}, and an empty one is none', () => {
  const { drafts, storage } = rig();
  drafts.write('r', 'half a thought');
  drafts.write('s', '생각');
  assert.deepEqual([...storage.map.keys()], ['draft:ada:r', 'draft:ada:s']);
  assert.deepEqual([rig(storage).drafts.text('r'), rig(storage).drafts.rooms()], ['half a thought', ['r', 's']]);
  drafts.write('r', '');
  assert.deepEqual([...storage.map.keys()], ['draft:ada:s']);
  assert.deepEqual(rig(storage, 'ben').drafts.rooms(), []);
});

test('other tabs are told, oneself is not', () => {
  const storage = new FakeStorage();
  const [mine, other, bens] = [rig(storage), rig(storage), rig(storage, 'ben')];
  mine.drafts.write('r', 'hello');
  storage.map.set('tz', 'x');
  other.drafts.changed('tz');
  assert.deepEqual([mine.told, other.told, bens.told], [[], [['r', 'hello']], []]);
  mine.drafts.write('r', '');
  assert.deepEqual(other.told.at(-1), ['r', '']);
});

test('a full or forbidden storage loses nothing while the page is there', () => {
  const { drafts, storage, env } = rig(new FakeStorage(100));
  drafts.write('r', 'x'.repeat(200));
  assert.equal(drafts.text('r').length, 200);
  drafts.take('r', 'c1', 'y'.repeat(200));
  drafts.stored('r', 'c1');
  drafts.write('r', 'short');
  assert.equal(rig(storage).drafts.text('r'), 'short', 'saved again once there is room');
  for (const broken of [null, { get length() { throw new Error('no'); }, getItem() { throw new Error('no'); }, setItem() { throw new Error('no'); } }]) {
    env.storage = broken;
    drafts.write('r', 'in memory');
    assert.equal(drafts.text('r'), 'in memory');
    assert.deepEqual(drafts.rooms(), ['r']);
    drafts.recover(new Set());
    drafts.write('r', '');
    assert.deepEqual(drafts.rooms(), []);
  }
});

test('what is taken is no draft any more, and what is written meanwhile stays when it is stored', () => {
  const { drafts, storage } = rig();
  drafts.write('r', 'one');
  drafts.take('r', 'c1', 'one');
  assert.equal(drafts.text('r'), '');
  drafts.take('r', 'c2', 'two');
  drafts.write('r', 'three');
  drafts.stored('r', 'c1');
  assert.deepEqual(JSON.parse(storage.map.get('draft:ada:r')).taken.map((one) => one.cid), ['c2']);
  drafts.stored('r', 'c2');
  assert.equal(drafts.text('r'), 'three');
  drafts.write('r', '');
  assert.equal(storage.map.size, 0);
});

test('after a crash: what is in the outbox is dropped, what is not comes back before what was written since', () => {
  const { drafts, storage } = rig();
  drafts.take('r', 'c1', 'stored');
  drafts.take('r', 'c2', 'lost');
  drafts.write('r', 'since');
  const next = rig(storage);
  next.drafts.recover(new Set(['c1']));
  assert.equal(next.drafts.text('r'), 'lost\nsince');
  assert.deepEqual(next.told, [['r', 'lost\nsince']]);
  next.drafts.recover(new Set());
  assert.equal(next.drafts.text('r'), 'lost\nsince', 'once');
});

test('what another tab is just sending is left to it', async () => {
  const { drafts, storage, clock } = rig();
  drafts.take('r', 'c1', 'on its way');
  const other = rig(storage, 'ada', 'tab 2', clock);
  other.drafts.recover(new Set());
  assert.equal(other.drafts.text('r'), '');
  drafts.stored('r', 'c1');
  assert.equal(storage.map.size, 0);
  drafts.take('r', 'c2', 'left by a crash');
  await clock.pass(10_000);
  other.drafts.recover(new Set());
  assert.equal(other.drafts.text('r'), 'left by a crash');
});

test('a draft that is no JSON of ours is a text', () => {
  const { drafts, storage } = rig();
  for (const text of ['plain', '{"text": 3}', '[1]', '42', 'null']) {
    storage.map.set('draft:ada:r', text);
    assert.equal(drafts.text('r'), text);
  }
});

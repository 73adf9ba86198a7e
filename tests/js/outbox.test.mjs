import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, newCid } from '../../src/pac/web/static/js/live/outbox.js';
import { MemoryStore } from '../../src/pac/web/static/js/live/store.js';
import { Clock, settle } from './clock.mjs';

function rig(store = new MemoryStore()) {
  const clock = new Clock();
  const sends = [];
  const states = [];
  const sent = [];
  const outbox = new Outbox('ada', 'r', store, clock.env(null), {
    send: (item) => new Promise((resolve, reject) => sends.push({ cid: item.cid, body: item.body, resolve, reject })),
    probe: () => {},
    onchange: (item) => states.push(`${item.body}:${item.state}`),
    onsent: (item, seq) => sent.push([item.body, seq]),
    ongone: () => {},
  });
  return { clock, sends, states, sent, outbox, store };
}

test('one is in flight at a time, in the order written', async () => {
  const { outbox, sends, sent } = rig();
  outbox.opened();
  outbox.add('one');
  outbox.add('two');
  await settle();
  assert.deepEqual(sends.map((send) => send.body), ['one']);
  sends[0].resolve({ seq: 1 });
  await settle();
  assert.deepEqual(sends.map((send) => send.body), ['one', 'two']);
  sends[1].resolve({ seq: 2 });
  await settle();
  assert.deepEqual(sent, [['one', 1], ['two', 2]]);
});

test('nothing goes out before the room is open, and a lost line resends the same cid', async () => {
  const { outbox, sends } = rig();
  outbox.add('one');
  await settle();
  assert.equal(sends.length, 0);
  outbox.opened();
  await settle();
  sends[0].reject({ code: 'disconnected' });
  await settle();
  assert.equal(sends.length, 1);
  outbox.opened();
  await settle();
  assert.equal(sends.length, 2);
  assert.equal(sends[1].cid, sends[0].cid);
});

test('a rate limit waits exactly as told, once, and holds back what is behind', async () => {
  const { outbox, sends, clock, states } = rig();
  outbox.opened();
  outbox.add('one');
  outbox.add('two');
  await settle();
  sends[0].reject({ code: 'rate_limited', retry_after_ms: 3_000 });
  await settle();
  await clock.pass(2_900);
  assert.equal(sends.length, 1);
  assert.ok(states.includes('one:waiting'));
  await clock.pass(200);
  assert.deepEqual(sends.map((send) => send.body), ['one', 'one']);
});

test('a final refusal fails with its reason and does not hold back the next', async () => {
  const { outbox, sends, states, store } = rig();
  outbox.opened();
  outbox.add('one');
  outbox.add('two');
  await settle();
  sends[0].reject({ code: 'room_ended', message: 'It has ended.' });
  await settle();
  assert.ok(states.includes('one:failed'));
  assert.deepEqual(sends.map((send) => send.body), ['one', 'two']);
  assert.equal((await store.all()).find((item) => item.body === 'one').reason, 'It has ended.');
});

test('what was written survives the page, in order, with its cids', async () => {
  const store = new MemoryStore();
  const first = rig(store);
  const cids = [first.outbox.add('one').cid, first.outbox.add('two').cid];
  await settle();
  const second = rig(store);
  second.outbox.opened();
  await second.outbox.restore();
  await settle();
  second.sends[0].resolve({ seq: 1, dup: true });
  await settle();
  assert.deepEqual(second.sends.map((send) => send.cid), cids);
});

test('cids are UUIDv7: unique, and in the order of time', async () => {
  const clock = new Clock();
  const env = clock.env(null);
  const cids = [];
  for (let at = 0; at < 50; at += 1) { cids.push(newCid(env)); await clock.pass(1); }
  assert.equal(new Set(cids).size, 50);
  assert.deepEqual([...cids].sort(), cids);
  assert.match(cids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

// Contiguous entries out of whatever arrives.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RoomLog } from '../../src/pac/web/static/js/live/room_log.js';
import { Clock, seeded, settle } from './fake_env.js';

const entry = (seq) => ({ op: 'message', room: 'r', seq });
const upTo = (count, from = 1) => Array.from({ length: count - from + 1 }, (_, at) => from + at);

/** A log over a store that may answer when the test wants it to. */
function rig(at = { after: 0, epoch: 'e1' }, size = 0, { slow = false } = {}) {
  const clock = new Clock();
  const told = [];
  const server = { size, asked: [], waiting: [], fault: null };
  const log = new RoomLog(at, {
    history: (range) => new Promise((resolve, reject) => {
      server.asked.push(range);
      const limit = Math.min(range.limit ?? 50, 100);
      const go = () => {
        if (server.fault) { reject(server.fault); return; }
        const all = upTo(server.size);
        const found = range.after !== undefined ? all.filter((seq) => seq > range.after).slice(0, limit) : all.slice(-limit);
        resolve({ messages: found.map(entry), more: false });
      };
      if (slow) server.waiting.push(go);
      else go();
    }),
    later: (call, ms) => clock.set(call, ms),
    onentries: (entries) => told.push(...entries.map((one) => one.seq)),
    ondetached: (top) => told.push(`detached ${top}`),
    onreset: () => told.push('reset'),
  });
  const stand = (top = server.size, more = {}) => { log.asking(); log.answered({ room: 'r', epoch: 'e1', top, ...more }); };
  return { log, told, server, clock, stand };
}

test('what follows is given, what was given is not given again', () => {
  const { log, told, stand } = rig({ after: 2, epoch: 'e1' }, 2);
  stand();
  for (const seq of [2, 3, 3, 1, 4, 3]) log.push(entry(seq));
  assert.deepEqual(told, [3, 4]);
});

test('what comes before the subscription stands is not heard: the replay brings it', () => {
  const { log, told } = rig({ after: 2, epoch: 'e1' }, 5);
  log.push(entry(3));
  assert.deepEqual(log.asking(), { after: 2, epoch: 'e1' });
  log.push(entry(4));
  assert.deepEqual(told, []);
  log.answered({ epoch: 'e1', top: 5 });
  for (const seq of [3, 4, 5]) log.push(entry(seq));
  assert.deepEqual(told, [3, 4, 5]);
});

test('a hole is filled page by page, and what came behind it is held until then', async () => {
  const { log, told, server, stand } = rig({ after: 1, epoch: 'e1' }, 1, { slow: true });
  stand();
  server.size = 260;
  log.push(entry(250));
  log.push(entry(251));
  assert.deepEqual(told, []);
  while (server.waiting.length) { server.waiting.shift()(); await settle(); }
  assert.deepEqual(told, upTo(251, 2));
  assert.deepEqual(server.asked, [{ after: 1, limit: 100 }, { after: 101, limit: 100 }, { after: 201, limit: 48 }]);
  for (const seq of [252, 253]) log.push(entry(seq));
  assert.equal(log.last, 253);
});

test('top shows a hole at the end', async () => {
  const { log, told, stand, server } = rig({ after: 1, epoch: 'e1' }, 1);
  stand();
  server.size = 3;
  log.topped('another', 3);
  await settle();
  assert.deepEqual(told, []);
  log.topped('e1', 3);
  await settle();
  assert.deepEqual(told, [2, 3]);
});

test('a top in the middle of a replay asks for nothing, unless the replay stands still', async () => {
  const { log, told, stand, server } = rig({ after: 0, epoch: 'e1' }, 900);
  stand();
  for (const seq of upTo(10)) log.push(entry(seq));
  log.topped('e1', 900);
  assert.deepEqual(server.asked, []);
  log.topped('e1', 900);
  await settle();
  assert.equal(server.asked.length > 0, true);
  assert.deepEqual(told, upTo(900));
});

test('more than 1,000 missed lets go, says where the end is, and drops nothing', async () => {
  const { log, told, stand, server } = rig({ after: 5, epoch: 'e1' }, 5);
  stand();
  server.size = 1_006;
  log.push(entry(1_006));
  await settle();
  assert.deepEqual(told.length, 1_001, 'exactly 1,000 are filled, and the one that came');
  const second = rig({ after: 5, epoch: 'e1' }, 5);
  second.stand();
  second.server.size = 1_007;
  second.log.push(entry(1_007));
  await settle();
  assert.deepEqual(second.told, ['detached 1007']);
  assert.equal(second.log.last, 5);
  assert.equal(second.log.detached, true);
  for (const seq of [1_008, 1_010]) second.log.push(entry(seq));
  assert.equal(second.log.held.size, 0);
  assert.deepEqual([second.told.length, second.log.top], [1, 1_010], 'silent, but the end is known');
});

test('no more than 1,000 are held', async () => {
  const { log, told, stand, server } = rig({ after: 0, epoch: 'e1' }, 0, { slow: true });
  stand();
  for (let seq = 2; seq <= 1_001; seq += 1) log.push(entry(seq));
  assert.deepEqual(told, []);
  assert.equal(log.held.size, 1_000);
  log.push(entry(1_002));
  assert.deepEqual(told, ['detached 1002']);
  assert.equal(log.held.size, 0);
  server.waiting.shift()();
  await settle();
  assert.deepEqual(told, ['detached 1002'], 'the page that was on its way is not given any more');
});

test('a reset of the same log detaches, and attaching fills what came since', async () => {
  const { log, told, stand, server } = rig({ after: 5, epoch: 'e1' }, 5_000);
  stand(5_000, { reset: true });
  await settle();
  assert.deepEqual(told, ['detached 5000']);
  assert.equal(log.last, 5);
  assert.deepEqual(server.asked, []);
  server.size = 5_003;
  for (const seq of [5_001, 5_002]) log.push(entry(seq));
  log.attach(5_000); // the page has read the newest and ends there
  await settle();
  log.push(entry(5_003));
  assert.deepEqual(told, ['detached 5000', 5_001, 5_002, 5_003]);
  assert.equal(log.detached, false);
});

test('a reset detaches however little is missing: also a log that ends before the page does', () => {
  const { told, stand } = rig({ after: 50, epoch: 'e1' }, 10);
  stand(10, { reset: true });
  assert.deepEqual(told, ['detached 10']);
});

test('attaching further back while the subscribe is on its way reads from there', async () => {
  const { log, told } = rig({ after: 50, epoch: 'e1' }, 50);
  log.asking();
  log.attach(47);
  log.answered({ epoch: 'e1', top: 50 });
  await settle();
  assert.deepEqual(told, [48, 49, 50]);
});

test('while detached nothing is replayed, and a new line changes nothing', () => {
  const { log, told, stand } = rig({ after: 5, epoch: 'e1' }, 5_000);
  stand(5_000, { reset: true });
  log.paused();
  assert.deepEqual(log.asking(), {});
  log.answered({ epoch: 'e1', top: 6_000 });
  assert.deepEqual(told, ['detached 5000']);
  assert.equal(log.top, 6_000);
});

test('attaching while the line is down resumes from there', () => {
  const { log, stand } = rig({ after: 5, epoch: 'e1' }, 5_000);
  stand(5_000, { reset: true });
  log.paused();
  log.attach(4_990);
  assert.deepEqual(log.asking(), { after: 4_990, epoch: 'e1' });
});

test('attaching while the subscribe is on its way fills from there, whatever the answer replays', async () => {
  const { log, told, stand, server } = rig({ after: 5, epoch: 'e1' }, 5_000);
  stand(5_000, { reset: true });
  log.paused();
  log.asking(); // without a place, being detached
  log.attach(4_999);
  server.size = 5_001;
  log.answered({ epoch: 'e1', top: 5_001 });
  await settle();
  assert.deepEqual(told, ['detached 5000', 5_000, 5_001]);
});

test('another epoch drops what is held and goes on from the newest', async () => {
  const { log, told, stand, server } = rig({ after: 9, epoch: 'e1' }, 9, { slow: true });
  stand();
  log.push(entry(11));
  server.waiting.length = 0;
  server.size = 130;
  stand(130, { epoch: 'e2', reset: true });
  log.push(entry(131));
  assert.deepEqual(told, ['reset']);
  server.waiting.shift()();
  await settle();
  assert.deepEqual(told, ['reset', ...upTo(131, 31)]);
  assert.equal(log.epoch, 'e2');
  assert.deepEqual(log.asking(), { after: 131, epoch: 'e2' });
});

test('without a place it begins with the newest, also when the log is empty', async () => {
  const { told, stand } = rig({}, 3);
  stand();
  await settle();
  assert.deepEqual(told, [1, 2, 3]);
  const empty = rig({}, 0);
  empty.stand();
  await settle();
  empty.log.push(entry(1));
  assert.deepEqual(empty.told, [1]);
});

test('the newest are asked for again when the line went in between', async () => {
  const { log, told, stand, server } = rig({}, 3, { slow: true });
  stand();
  log.paused();
  server.fault = { code: 'disconnected' };
  server.waiting.shift()();
  await settle();
  server.fault = null;
  stand();
  server.waiting.shift()();
  await settle();
  assert.deepEqual(told, [1, 2, 3]);
});

test('answers of an older connection are not heard', async () => {
  const { log, told, stand, server } = rig({ after: 1, epoch: 'e1' }, 5, { slow: true });
  stand(1);
  log.topped('e1', 5);
  const old = server.waiting.shift();
  stand(1, { epoch: 'e2', reset: true });
  old();
  await settle();
  assert.deepEqual(told, ['reset']);
  server.waiting.shift()();
  await settle();
  assert.deepEqual(told, ['reset', 1, 2, 3, 4, 5]);
});

test('a rate is waited for, and then it is asked again', async () => {
  const { log, told, stand, server, clock } = rig({ after: 1, epoch: 'e1' }, 1);
  stand();
  server.size = 3;
  server.fault = { code: 'rate_limited', retry_after_ms: 700 };
  log.push(entry(3));
  await clock.pass(699);
  assert.equal(server.asked.length, 1);
  server.fault = null;
  await clock.pass(1);
  assert.equal(server.asked.length, 2);
  assert.deepEqual(told, [2, 3]);
});

test('a page that cannot be read is asked for again by the next push, not in a circle', async () => {
  const { log, told, stand, server } = rig({ after: 1, epoch: 'e1' }, 4);
  stand(1);
  server.fault = { code: 'forbidden' };
  log.push(entry(3));
  await settle();
  assert.equal(server.asked.length, 1);
  server.fault = null;
  log.push(entry(4));
  await settle();
  assert.deepEqual(told, [2, 3, 4]);
});

test('a hole nobody can fill detaches instead of asking for ever', async () => {
  const { log, told, stand, server } = rig({ after: 1, epoch: 'e1' }, 1);
  stand();
  log.push(entry(3)); // and the store has no 2
  await settle();
  assert.equal(server.asked.length, 1);
  assert.deepEqual(told, ['detached 3']);
});

test('whatever arrives in whatever order, the log that is given has no hole and no repeat (60 random runs)', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const chance = seeded(seed);
    const pick = (count) => Math.floor(chance() * count);
    const { log, told, server, stand, clock } = rig({ after: 0, epoch: 'e1' }, 0, { slow: true });
    stand(0);
    for (let step = 0; step < 150; step += 1) {
      const what = pick(12);
      if (what < 5) { server.size += 1; if (chance() < 0.8) log.push(entry(server.size)); }
      else if (what === 5 && server.size) log.push(entry(1 + pick(server.size)));
      else if (what === 6) log.topped('e1', pick(server.size + 1));
      else if (what === 7 && server.waiting.length) server.waiting.splice(pick(server.waiting.length), 1)[0]();
      else if (what === 8) {
        server.fault = [null, { code: 'rate_limited', retry_after_ms: 50 }, { code: 'forbidden' }, { code: 'disconnected' }][pick(4)];
        server.waiting.shift()?.();
        await settle();
        server.fault = null;
      } else if (what === 9 && chance() < 0.3) {
        const { after } = log.asking();
        const { size } = server;
        if (chance() < 0.5) log.push(entry(1 + pick(size + 1)));
        log.answered({ epoch: 'e1', top: size });
        for (let seq = after + 1; seq <= size; seq += 1) if (chance() < 0.9) log.push(entry(seq));
      } else await clock.pass(20);
      await settle();
    }
    stand(server.size);
    log.push(entry(server.size += 1));
    for (let turn = 0; turn < 300 && log.last < server.size; turn += 1) {
      server.waiting.shift()?.();
      await clock.pass(50);
      log.topped('e1', server.size);
    }
    assert.deepEqual(told, upTo(server.size), `seed ${seed}`);
  }
});

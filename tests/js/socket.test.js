// A connection that comes back: when, how often, and when it must not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LiveSocket, afterClose } from '../../src/pac/web/static/js/live/socket.js';
import { Clock, fakeEnv, settle } from './fake_env.js';

/** The other end of each WebSocket is the test. */
function rig({ random = () => 0.5 } = {}) {
  const clock = new Clock();
  const made = [];
  class FakeSocket {
    constructor(url, protocol) { this.url = url; this.protocol = protocol; this.sent = []; this.at = clock.time; made.push(this); }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.isClosedByPage = true; }

    opens() { this.onopen(); }

    says(frame) { this.onmessage({ data: JSON.stringify(frame) }); }

    closes(code) { this.onclose({ code }); }

    welcomes() { this.opens(); this.says({ op: 'welcome', id: 'hello' }); return this; }
  }
  const seen = { states: [], frames: [], opened: 0 };
  const env = { ...fakeEnv(clock, { WebSocket: FakeSocket }), random };
  const socket = new LiveSocket('ws://here/message', env, {
    onopen: () => { seen.opened += 1; },
    onframe: (frame) => seen.frames.push(frame),
    onstate: (state) => seen.states.push(state),
  });
  const line = () => made[made.length - 1];
  return { clock, made, seen, env, socket, line };
}

test('says hello first and is open after the welcome', () => {
  const { socket, line, seen } = rig();
  socket.connect();
  assert.equal(line().protocol, 'pac.v2.json');
  line().opens();
  assert.deepEqual(seen.states, ['connecting']);
  line().says({ op: 'welcome', id: 'hello' });
  assert.deepEqual(line().sent.map((frame) => frame.op), ['hello']);
  assert.equal(seen.opened, 1);
  assert.deepEqual(seen.states, ['connecting', 'open']);
});

for (const [name, chance] of [['earliest', 0], ['latest', 1]]) {
  test(`the ${name} return after the nth failure is that of full jitter: random(0.5 s, min(30 s, 1 s · 2ⁿ))`, async () => {
    const { socket, made, clock, line } = rig({ random: () => chance });
    socket.connect();
    const waits = [];
    for (let round = 0; round < 8; round += 1) {
      const before = clock.time;
      const count = made.length;
      line().closes(1006);
      assert.equal(socket.until, before + (chance ? Math.min(30_000, 1_000 * 2 ** round) : 500));
      await clock.pass(socket.until - before - 1);
      assert.equal(made.length, count);
      await clock.pass(1);
      assert.equal(made.length, count + 1);
      waits.push(line().at - before);
    }
    assert.deepEqual(waits, chance ? [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] : Array(8).fill(500));
  });
}

test('the wait starts over once a line was stable for 30 s, and not before', async () => {
  for (const [stable, wait] of [[29_999, 16_000], [30_000, 1_000]]) {
    const { socket, clock, line } = rig({ random: () => 1 });
    socket.connect();
    for (let round = 0; round < 4; round += 1) { line().closes(1006); await clock.pass(socket.until - clock.time); }
    line().welcomes();
    await clock.pass(stable);
    const before = clock.time;
    line().closes(1006);
    assert.equal(socket.until - before, wait);
  }
});

test('after a drain it comes back when it was told, and the next time as always', async () => {
  const { socket, made, clock, line } = rig({ random: () => 1 });
  socket.connect();
  line().welcomes().says({ op: 'drain', reconnect_in_ms: 7_000 });
  line().closes(4010);
  await clock.pass(6_999);
  assert.equal(made.length, 1);
  await clock.pass(1);
  assert.equal(made.length, 2);
  line().closes(1006);
  assert.equal(socket.until - clock.time, 2_000);
});

test('a reader that was too slow resumes at once, and if it is again, after the backoff', async () => {
  const { socket, made, clock, line } = rig({ random: () => 1 });
  socket.connect();
  line().welcomes().closes(4008);
  await clock.pass(0);
  assert.equal(made.length, 2);
  line().welcomes().closes(4008);
  assert.equal(socket.until - clock.time, 2_000);
});

test('"now" is at once, but at most once a second, and a press in between counts at the second', async () => {
  const { socket, made, clock, line } = rig({ random: () => 1 });
  socket.connect();
  for (let round = 0; round < 5; round += 1) { line().closes(1006); await clock.pass(socket.until - clock.time); }
  await clock.pass(2_000);
  line().closes(1006); // the next try is 30 s away
  const started = clock.time;
  const count = made.length;
  socket.connectNow();
  const first = made.length;
  for (let press = 0; press < 100; press += 1) {
    if (socket.state === 'connecting') line().closes(1006);
    socket.connectNow();
    await clock.pass(50);
  }
  const tries = made.slice(count).map((one) => one.at - started);
  assert.equal(first, count + 1, 'at once');
  assert.ok(tries.length >= 5 && tries.every((at, index) => index === 0 || at - tries[index - 1] >= 1_000), String(tries));
});

test('one press too early is not lost', async () => {
  const { socket, made, clock, line } = rig({ random: () => 1 });
  socket.connect();
  for (let round = 0; round < 5; round += 1) { line().closes(1006); await clock.pass(socket.until - clock.time); }
  line().closes(1006);
  const count = made.length;
  socket.connectNow();
  assert.equal(socket.until - clock.time, 1_000);
  await clock.pass(1_000);
  assert.equal(made.length, count + 1);
});

test('"now" asks a line that is thought to be up', async () => {
  const { socket, made, clock, line } = rig();
  socket.connect();
  line().welcomes();
  await clock.pass(2_000);
  socket.connectNow();
  socket.connectNow();
  assert.deepEqual(line().sent.map((frame) => frame.op), ['hello', 'ping']);
  await clock.pass(6_000);
  assert.equal(made.length, 2);
});

test('a line that is silent for 30 s is asked, and is dead when it does not answer in 5 s', async () => {
  const { socket, clock, line, seen } = rig();
  socket.connect();
  const first = line().welcomes();
  await clock.pass(29_999);
  assert.equal(first.sent.length, 1);
  await clock.pass(1);
  assert.equal(first.sent[1].op, 'ping');
  await clock.pass(4_999);
  assert.equal(socket.state, 'open');
  await clock.pass(1);
  assert.equal(first.isClosedByPage, true);
  assert.deepEqual(seen.states, ['connecting', 'open', 'waiting']);
});

test('a pong keeps the line, again and again', async () => {
  const { socket, clock, line, made } = rig();
  socket.connect();
  line().welcomes();
  let pings = 0;
  for (let second = 0; second < 600; second += 1) {
    await clock.pass(1_000);
    if (line().sent.at(-1).op !== 'ping') continue;
    line().sent.pop();
    pings += 1;
    line().says({ op: 'pong', ts: '' });
  }
  assert.equal(made.length, 1);
  assert.equal(pings, 20, 'one for each 30 s of silence, and no more');
});

test('pushes alone do not stand for the pong for ever: the way out may be dead', async () => {
  const { socket, clock, line, made } = rig();
  socket.connect();
  line().welcomes();
  socket.probe();
  for (let second = 0; second < 29; second += 1) { await clock.pass(1_000); line().says({ op: 'message' }); }
  assert.equal(made.length, 1, 'a busy line gets its time');
  for (let second = 0; second < 6 && made.length === 1; second += 1) { await clock.pass(1_000); if (socket.state === 'open') line().says({ op: 'message' }); }
  assert.equal(made.length, 2);
});

test('a welcome that does not come within 15 s is a failure', async () => {
  const { socket, clock, line } = rig();
  socket.connect();
  line().opens();
  await clock.pass(14_999);
  assert.equal(socket.state, 'connecting');
  await clock.pass(1);
  assert.equal(socket.state, 'waiting');
  assert.equal(line().isClosedByPage, true);
});

test('every close code says whether to come back', () => {
  for (const code of [1000, 1001, 1006, 1011, 4001, 4002, 4008, 4010, 4011, 4012, 4013]) assert.equal(afterClose(code), 'return', String(code));
  for (const code of [4501, 4502]) assert.equal(afterClose(code), 'sign-in', String(code));
  for (const code of [1002, 1007, 1008, 1009, 4500, 4503, 4504, 4505]) assert.equal(afterClose(code), 'stop', String(code));
});

test('what is over stays over: 45xx is not tried again, also not "now"', async () => {
  for (const [code, why] of [[4502, 'sign-in'], [4503, 'stop']]) {
    const { socket, made, seen, clock, line } = rig();
    socket.connect();
    line().welcomes().closes(code);
    await clock.pass(120_000);
    socket.connectNow();
    socket.connect();
    assert.equal(made.length, 1);
    assert.equal(seen.states.at(-1), 'ended');
    assert.deepEqual(socket.ended, { why, code });
  }
});

test('frames of an old socket never reach anyone', async () => {
  const { socket, clock, line, seen, made } = rig();
  socket.connect();
  const old = line().welcomes();
  const question = socket.ask({ op: 'history', room: 'r' });
  const { id } = old.sent[1];
  socket.drop();
  await assert.rejects(question, { code: 'disconnected' });
  await clock.pass(1_000);
  const fresh = line();
  assert.notEqual(fresh, old);
  old.says({ op: 'welcome', id: 'hello' });
  assert.equal(socket.state, 'connecting', 'a late welcome');
  fresh.welcomes();
  const second = socket.ask({ op: 'history', room: 'r' });
  old.says({ op: 'message', seq: 1 });
  old.says({ op: 'ok', id, messages: [] });
  old.says({ op: 'ok', id: fresh.sent[1].id, messages: ['old'] });
  old.says({ op: 'drain', reconnect_in_ms: 1 });
  old.closes(4502);
  assert.equal(socket.state, 'open');
  fresh.says({ op: 'ok', id: fresh.sent[1].id, messages: ['fresh'] });
  assert.deepEqual((await second).messages, ['fresh']);
  assert.deepEqual(seen.frames, []);
  assert.equal(made.length, 2);
});

test('an old socket that opens late is not greeted', async () => {
  const { socket, clock, made } = rig();
  socket.connect();
  await clock.pass(16_000);
  assert.equal(made.length, 2);
  made[0].opens();
  assert.deepEqual(made[0].sent, []);
});

test('what was asked is told when the line goes, and at once when there is none', async () => {
  const { socket, line } = rig();
  await assert.rejects(socket.ask({ op: 'history' }), { code: 'disconnected' });
  socket.connect();
  line().welcomes();
  const answer = socket.ask({ op: 'history', room: 'r' });
  line().closes(1006);
  await assert.rejects(answer, { code: 'disconnected' });
});

test('a question without its answer asks the line after 8 s; a line that keeps its answers is given up', async () => {
  const { socket, clock, line } = rig();
  socket.connect();
  const first = line().welcomes();
  const answer = socket.ask({ op: 'send' });
  const rejected = assert.rejects(answer, { code: 'disconnected' });
  await clock.pass(7_999);
  assert.equal(first.sent.length, 2);
  await clock.pass(1);
  assert.equal(first.sent[2].op, 'ping');
  first.says({ op: 'pong', ts: '' });
  await clock.pass(15_999);
  assert.equal(socket.state, 'open');
  await clock.pass(1);
  await rejected;
  assert.notEqual(socket.state, 'open');
});

test('answers find their question, pushes go on, and what is no frame is no harm', async () => {
  const { socket, seen, line } = rig();
  socket.connect();
  const at = line().welcomes();
  const first = socket.ask({ op: 'send' });
  const second = socket.ask({ op: 'send' });
  at.says({ op: 'message', seq: 1 });
  at.onmessage({ data: 'no frame' });
  at.says({ op: 'error', id: at.sent[2].id, code: 'forbidden' });
  at.says({ op: 'ok', id: at.sent[1].id, seq: 1 });
  assert.equal((await first).seq, 1);
  await assert.rejects(second, { code: 'forbidden' });
  assert.deepEqual(seen.frames, [{ op: 'message', seq: 1 }]);
  await settle();
});

test('a browser that forbids the connection is asked again, with waits', async () => {
  const { socket, env, clock, made } = rig();
  const { WebSocket } = env;
  env.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError'); } };
  socket.connect();
  assert.equal(socket.state, 'waiting');
  env.WebSocket = WebSocket;
  await clock.pass(1_000);
  assert.equal(made.length, 1);
});

test('a page that goes ends its line, and nothing is left to fall due', async () => {
  const { socket, clock, line, made } = rig();
  socket.connect();
  line().welcomes();
  socket.end();
  assert.equal(line().isClosedByPage, true);
  assert.equal(clock.timers.size, 0);
  await clock.pass(120_000);
  assert.equal(made.length, 1);
});

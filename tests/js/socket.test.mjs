import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSocket, afterClose } from '../../src/pac/web/static/js/live/socket.js';
import { Clock, fakeSockets, settle } from './clock.mjs';

function rig() {
  const clock = new Clock();
  const { FakeSocket, made } = fakeSockets();
  const seen = { states: [], frames: [], ended: [], opened: 0 };
  const socket = new LiveSocket('ws://here/message', clock.env(FakeSocket), {
    onopen: () => { seen.opened += 1; },
    onframe: (frame) => seen.frames.push(frame),
    onstate: (state) => seen.states.push(state),
    onended: (why, code) => seen.ended.push([why, code]),
  });
  const open = () => { const line = made.at(-1); line.opens(); line.says({ op: 'welcome', id: 'hello' }); return line; };
  return { clock, made, seen, socket, open };
}

test('says hello first and is open after the welcome', () => {
  const { socket, made, seen, open } = rig();
  socket.connect();
  assert.equal(made[0].protocol, 'pac.v2.json');
  open();
  assert.equal(made[0].sent[0].op, 'hello');
  assert.equal(seen.opened, 1);
  assert.deepEqual(seen.states, ['connecting', 'open']);
});

test('comes back with a wait that grows and starts over once it was stable', async () => {
  const { socket, made, clock, open } = rig();
  socket.connect();
  const waits = [];
  for (let round = 0; round < 7; round += 1) {
    const before = clock.time;
    made.at(-1).closes(1006);
    const count = made.length;
    while (made.length === count) await clock.pass(50);
    waits.push(clock.time - before);
  }
  assert.ok(waits.every((wait, at) => at === 0 || wait >= waits[at - 1]), String(waits));
  assert.ok(waits[0] >= 500 && waits.at(-1) <= 30_000);
  open();
  await clock.pass(31_000);
  made.at(-1).says({ op: 'pong' });
  const before = clock.time;
  const count = made.length;
  made.at(-1).closes(1006);
  while (made.length === count) await clock.pass(50);
  assert.ok(clock.time - before <= 1_000);
});

test('every close code says whether to come back', () => {
  for (const code of [1001, 1006, 1011, 4001, 4002, 4008, 4010, 4011, 4012, 4013]) assert.equal(afterClose(code), 'return', code);
  for (const code of [4501, 4502]) assert.equal(afterClose(code), 'sign-in', code);
  for (const code of [1002, 1007, 1009, 4500, 4503, 4504, 4505]) assert.equal(afterClose(code), 'stop', code);
});

test('a session that ended is not tried again', async () => {
  const { socket, made, seen, clock, open } = rig();
  socket.connect();
  open();
  made[0].closes(4502);
  await clock.pass(120_000);
  assert.equal(made.length, 1);
  assert.deepEqual(seen.ended, [['sign-in', 4502]]);
});

test('after a drain it comes back when it was told', async () => {
  const { socket, made, clock, open } = rig();
  socket.connect();
  const line = open();
  line.says({ op: 'drain', reconnect_in_ms: 7_000 });
  line.closes(4010);
  await clock.pass(6_900);
  assert.equal(made.length, 1);
  await clock.pass(200);
  assert.equal(made.length, 2);
});

test('a silent line is asked, and dropped when it does not answer', async () => {
  const { socket, made, clock, open } = rig();
  socket.connect();
  const line = open();
  await clock.pass(30_000);
  assert.equal(line.sent.at(-1).op, 'ping');
  await clock.pass(5_000);
  assert.equal(line.closedByPage, true);
  await clock.pass(2_000);
  assert.equal(made.length, 2);
});

test('what was asked is told when the line goes', async () => {
  const { socket, made, open } = rig();
  socket.connect();
  open();
  const answer = socket.ask({ op: 'history', room: 'r' });
  made[0].closes(1006);
  await assert.rejects(answer, { code: 'disconnected' });
});

test('answers find their question, pushes go to the page', async () => {
  const { socket, seen, open } = rig();
  socket.connect();
  const line = open();
  const first = socket.ask({ op: 'send' });
  const second = socket.ask({ op: 'send' });
  line.says({ op: 'message', seq: 1 });
  line.says({ op: 'error', id: line.sent[2].id, code: 'forbidden' });
  line.says({ op: 'ok', id: line.sent[1].id, seq: 1 });
  assert.equal((await first).seq, 1);
  await assert.rejects(second, { code: 'forbidden' });
  assert.deepEqual(seen.frames, [{ op: 'message', seq: 1 }]);
  await settle();
});

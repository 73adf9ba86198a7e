// Which rooms a connection reads, whatever happens while it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LiveClient } from '../../src/pac/web/static/js/live/client.js';
import { MemoryStore } from '../../src/pac/web/static/js/live/store.js';
import { Clock, fakeEnv, seeded } from './fake_env.js';
import { FakeServer } from './fake_server.js';

function rig(more = {}, seed = 1) {
  const clock = new Clock();
  const server = new FakeServer(clock, more);
  const env = fakeEnv(clock, { WebSocket: server.WebSocket, seed });
  const client = new LiveClient({ url: 'ws://here/message', me: { id: 'ada' }, env, store: new MemoryStore() });
  const standings = [];
  client.on('standing', (entry) => standings.push(entry));
  return { clock, server, client, standings };
}

const rooms = (count) => Array.from({ length: count }, (_, at) => `room-${at}`);
const asked = (server) => server.said('subscribe').map((frame) => frame.rooms);

test('after each welcome all rooms are asked for again: shown ones with their place, followed ones without', async () => {
  const { clock, server, client } = rig();
  server.grow('a', 7);
  const { epoch } = server.room('a');
  client.follow(['a', 'b']);
  client.open('a', { after: 5, epoch });
  client.connect();
  await clock.pass(10);
  assert.deepEqual(asked(server), [[{ room: 'a', after: 5, epoch }], [{ room: 'b' }]]);
  server.say('a', 'one more');
  await clock.pass(10);
  server.heard.length = 0;
  server.closeAll(1006);
  await clock.pass(2_000);
  assert.deepEqual(asked(server), [[{ room: 'a', after: 8, epoch }], [{ room: 'b' }]]);
});

test('no frame has more than 512 rooms or 64 KiB, and no more rooms are asked for than the welcome allows', async () => {
  const { clock, server, client } = rig({ roomsMax: 1_100 });
  client.follow(rooms(1_200));
  for (const id of rooms(1_200).slice(1_190)) client.open(id, { after: 0, epoch: 'x'.repeat(60) });
  client.connect();
  await clock.pass(10);
  const frames = server.said('subscribe');
  assert.deepEqual(frames.map((frame) => frame.rooms.length), [10, 512, 512, 66]);
  assert.ok(frames.every((frame) => JSON.stringify(frame).length < 65_536));
  assert.ok(rooms(1_200).slice(1_190).every((id) => server.line.subscribed.has(id)), 'what is shown comes first');
  assert.equal(server.line.subscribed.size, 1_100);
});

test('long cursors are cut by size: a frame that is too large would end the connection', async () => {
  const { clock, server, client } = rig();
  for (let at = 0; at < 512; at += 1) client.open(`${at}-`.padEnd(64, 'r'), { after: 123_456_789, epoch: 'e'.repeat(64) });
  client.connect();
  await clock.pass(10);
  assert.ok(server.said('subscribe').length > 1);
  assert.ok(server.said('subscribe').every((frame) => JSON.stringify(frame).length < 65_536));
  assert.equal(server.line.subscribed.size, 512);
});

test('opening a room when all places are taken gives up a followed one for it', async () => {
  const { clock, server, client } = rig({ roomsMax: 3 });
  client.follow(rooms(3));
  client.connect();
  await clock.pass(10);
  client.open('new', { after: 0 });
  await clock.pass(10);
  assert.deepEqual([...server.line.subscribed].sort(), ['new', 'room-0', 'room-1']);
});

test('entries over the rate are asked for again when they were told to, and the others are not', async () => {
  const { clock, server, client, standings } = rig();
  let refuse = true;
  server.refuses = (room) => (refuse && room !== 'room-0' ? { code: 'rate_limited', retry_after_ms: 1_500 } : null);
  client.follow(rooms(3));
  client.connect();
  await clock.pass(10);
  const at = clock.time;
  refuse = false;
  await clock.pass(700);
  client.follow([...rooms(3), 'another']);
  await clock.pass(780);
  assert.deepEqual(asked(server).splice(1), [[{ room: 'another' }]]);
  client.follow(rooms(3));
  await clock.pass(100);
  assert.deepEqual(asked(server)[2], [{ room: 'room-1' }, { room: 'room-2' }], String(clock.time - at));
  assert.deepEqual(standings.map((entry) => [entry.room, entry.code]), [['room-0', undefined], ['another', undefined], ['room-1', undefined], ['room-2', undefined]]);
});

test('many entries over the rate are asked for again at a pace the server stands, until all are in', async () => {
  const { clock, server, client } = rig();
  let tokens = 600;
  let refusals = 0;
  let last = clock.time;
  server.refuses = () => {
    tokens = Math.min(600, tokens + (clock.time - last) * 0.01); // 10 a second
    last = clock.time;
    if (tokens >= 1) { tokens -= 1; return null; }
    refusals += 1;
    return { code: 'rate_limited', retry_after_ms: 100 };
  };
  tokens = 300;
  client.follow(rooms(400));
  client.connect();
  await clock.pass(10);
  assert.equal(refusals, 100);
  refusals = 0;
  await clock.pass(30_000);
  assert.equal(server.line.subscribed.size, 400);
  assert.ok(refusals < 60, `${refusals} refusals more: the hundredth in a minute would end the connection`);
});

test('a frame that is refused as a whole for its rate is asked again', async () => {
  const { clock, server, client } = rig();
  server.instead.subscribe = () => ({ op: 'error', code: 'rate_limited', retry_after_ms: 300 });
  client.follow(['a']);
  client.connect();
  await clock.pass(10);
  server.instead = {};
  await clock.pass(300);
  assert.deepEqual([...server.line.subscribed], ['a']);
});

test('an unsubscribe that is refused for its rate is said again', async () => {
  const { clock, server, client } = rig();
  client.follow(['a', 'b']);
  client.connect();
  await clock.pass(10);
  server.instead.unsubscribe = () => ({ op: 'error', code: 'rate_limited', retry_after_ms: 300 });
  client.follow(['a']);
  await clock.pass(10);
  server.instead = {};
  assert.equal(server.line.subscribed.size, 2);
  await clock.pass(300);
  assert.deepEqual([...server.line.subscribed], ['a']);
});

test('a refused entry is told by standing, once, and asked again when the rights change', async () => {
  const { clock, server, client, standings } = rig();
  server.room('a').code = 'forbidden';
  const room = client.open('a', { after: 0 });
  const told = [];
  room.on('standing', (entry) => told.push(entry.code));
  client.connect();
  await clock.pass(60_000);
  assert.deepEqual(standings.map((entry) => entry.code), ['forbidden']);
  server.room('a').code = '';
  server.line.push({ op: 'membership', room: 'a', change: 'accepted' });
  await clock.pass(10);
  assert.deepEqual(told, ['forbidden', undefined]);
});

test('after `unsubscribed` the room is asked for once more: it may be read still, or the answer says why not', async () => {
  const { clock, server, client, standings } = rig();
  const room = client.open('a', { after: 0 });
  const codes = [];
  room.on('unsubscribed', (code) => codes.push(code));
  client.connect();
  await clock.pass(10);
  server.room('a').code = 'forbidden';
  server.line.subscribed.delete('a');
  server.line.push({ op: 'unsubscribed', room: 'a', code: 'kicked' });
  await clock.pass(60_000);
  assert.deepEqual(codes, ['kicked']);
  assert.deepEqual(standings.map((entry) => entry.code), [undefined, 'forbidden']);
});

test('opening a followed room resumes it from the page’s place, closing it leaves it followed', async () => {
  const { clock, server, client } = rig();
  server.grow('a', 4);
  client.follow(['a']);
  client.connect();
  await clock.pass(10);
  const room = client.open('a', { after: 2, epoch: server.room('a').epoch });
  assert.equal(client.open('a'), room, 'the one room of this id');
  const given = [];
  room.on('entries', (entries) => given.push(...entries.map((entry) => entry.seq)));
  await clock.pass(10);
  assert.deepEqual(given, [3, 4]);
  room.close();
  await clock.pass(10);
  server.say('a', 'unseen');
  await clock.pass(10);
  assert.deepEqual(given, [3, 4]);
  assert.equal(server.line.subscribed.has('a'), true);
  assert.notEqual(client.open('a', { after: 5 }), room);
});

test('follow, open and close, offline and while answers are on their way, end in the right set (60 random runs)', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const chance = seeded(seed);
    const pick = (count) => Math.floor(chance() * count);
    const { clock, server, client } = rig({ chance, delay: 400, roomsMax: 8 }, seed);
    server.refuses = () => (chance() < 0.1 ? { code: 'rate_limited', retry_after_ms: 200 } : null);
    client.connect();
    const opened = new Map();
    let followed = [];
    for (let step = 0; step < 80; step += 1) {
      const id = `room-${pick(7)}`;
      const what = pick(8);
      if (what < 2) client.follow(followed = rooms(7).filter(() => chance() < 0.4));
      else if (what < 4) opened.set(id, client.open(id, { after: 0 }));
      else if (what < 6) { opened.get(id)?.close(); opened.delete(id); }
      else if (what === 6 && chance() < 0.4) server.closeAll([1006, 4008, 4011][pick(3)]);
      await clock.pass(pick(300));
    }
    server.refuses = null;
    await clock.pass(60_000);
    assert.deepEqual([...server.line.subscribed].sort(), [...new Set([...followed, ...opened.keys()])].sort(), `seed ${seed}`);
    server.say('room-1', 'the last');
    await clock.pass(2_000);
    if (opened.has('room-1')) assert.equal(opened.get('room-1').last, server.room('room-1').entries.length, `seed ${seed}`);
  }
});

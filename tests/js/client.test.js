// The whole client against a server that speaks the protocol, on a bad network.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LiveClient } from '../../src/pac/web/static/js/live/client.js';
import { MemoryStore } from '../../src/pac/web/static/js/live/store.js';
import { Clock, fakeEnv, seeded } from './fake_env.js';
import { FakeServer } from './fake_server.js';

const ada = { id: 'ada', nickname: 'Ada', isAdmin: false };

function rig({ seed = 1, store = new MemoryStore({ durable: true }), clock = new Clock(), server = new FakeServer(clock), ...more } = {}) {
  const env = fakeEnv(clock, { WebSocket: server.WebSocket, seed, ...more });
  const client = new LiveClient({ url: 'ws://here/message', me: ada, env, store });
  return { clock, server, env, client, store };
}

test('a room is opened where the page ends, and what is said is given in order', async () => {
  const { clock, server, client } = rig();
  server.grow('r', 5);
  const room = client.open('r', { after: 3, epoch: server.room('r').epoch });
  const given = [];
  room.on('entries', (entries) => given.push(...entries.map((entry) => entry.seq)));
  client.connect();
  await clock.pass(100);
  assert.equal(client.state, 'open');
  server.say('r', 'hello');
  await clock.pass(100);
  assert.deepEqual(given, [4, 5, 6]);
  assert.deepEqual([room.last, room.top, room.online, room.detached], [6, 6, 1, false]);
});

test('the state says what the line does, and since when it is down', async () => {
  const { clock, server, client } = rig();
  const seen = [];
  client.on('state', () => seen.push([client.state, client.downSince > 0, client.until > 0]));
  assert.deepEqual([client.state, client.downSince], ['waiting', 0]);
  client.connect();
  await clock.pass(10);
  const at = clock.time;
  server.closeAll(1006);
  await clock.pass(10);
  assert.ok(client.downSince >= at && client.downSince <= at + 10);
  const since = client.downSince;
  const off = client.on('state', () => assert.ok(client.state === 'open' || client.downSince === since));
  await clock.pass(2_000);
  off();
  server.closeAll(4502);
  await clock.pass(10);
  assert.deepEqual(seen, [
    ['connecting', true, false], ['open', false, false], ['waiting', true, true], ['connecting', true, false],
    ['open', false, false], ['ended', true, false],
  ]);
  assert.deepEqual(client.ended, { why: 'sign-in', code: 4502 });
});

test('frames of every subscribed room are told by the client, small things of a shown room by the room', async () => {
  const { clock, server, client } = rig();
  client.follow(['f']);
  const room = client.open('r', { after: 0 });
  const seen = [];
  for (const name of ['message', 'membership', 'room', 'read', 'unsubscribed']) client.on(name, (frame) => seen.push(`${name} ${frame.room}`));
  for (const name of ['typing', 'presence', 'unsubscribed']) room.on(name, (one) => seen.push(`its ${name} ${one.on ?? one.online ?? one}`));
  client.connect();
  await clock.pass(10);
  server.say('f', 'hello');
  for (const frame of [
    { op: 'typing', room: 'r', member: { id: 'ben', nickname: 'Ben' }, on: true }, { op: 'typing', room: 'f', member: {}, on: true },
    { op: 'presence', room: 'r', online: 3, joined: [], left: [] }, { op: 'read', room: 'f', seq: 1 },
    { op: 'room', room: 'f', name: 'new' }, { op: 'membership', room: 'x', change: 'joined' },
    { op: 'unsubscribed', room: 'r', code: 'kicked' }, { op: 'error', code: 'rate_limited', room: 'r' }, { op: 'something new' },
  ]) server.line.push(frame);
  await clock.pass(10);
  assert.deepEqual(seen, ['message f', 'its typing true', 'its presence 3', 'read f', 'room f', 'membership x', 'its unsubscribed kicked', 'unsubscribed r']);
  assert.equal(room.online, 1, 'it was read again at once');
});

test('a listener that throws harms nobody, and one that was taken off is not called', async () => {
  const { clock, server, client } = rig();
  const errors = [];
  const was = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').once('uncaughtException', (error) => errors.push(error.message));
  const room = client.open('r', { after: 0 });
  const given = [];
  const off = room.on('entries', () => { throw new Error('of a listener'); });
  room.on('entries', (entries) => given.push(...entries));
  client.connect();
  await clock.pass(10);
  server.say('r', 'one');
  await clock.pass(10);
  await new Promise((resolve) => { setImmediate(resolve); });
  for (const listener of was) process.on('uncaughtException', listener);
  off();
  server.say('r', 'two');
  await clock.pass(10);
  assert.deepEqual(errors, ['of a listener']);
  assert.equal(given.length, 2);
});

test('how far one has read is told once, never back, and again after the line was down', async () => {
  const { clock, server, client } = rig();
  server.grow('r', 5);
  const room = client.open('r', { after: 5, epoch: server.room('r').epoch });
  client.connect();
  await clock.pass(10);
  for (const seq of [3, 3, 2]) room.read(seq);
  server.closeAll(1006);
  await clock.pass(10);
  room.read(5);
  await clock.pass(2_000);
  assert.deepEqual(server.said('read').map((frame) => frame.seq), [3, 5]);
  server.restore('r', 5);
  server.closeAll(1006);
  await clock.pass(2_000);
  assert.deepEqual(server.said('read').map((frame) => frame.seq), [3, 5], 'not of another log');
});

test('typing is told at most every three seconds, and its end only after a beginning', async () => {
  const { clock, server, client } = rig();
  const room = client.open('r', { after: 0 });
  client.connect();
  await clock.pass(10);
  room.typing(false);
  for (let key = 0; key < 40; key += 1) { room.typing(true); await clock.pass(100); }
  room.typing(false);
  room.typing(false);
  await clock.pass(10);
  assert.deepEqual(server.said('typing').map((frame) => frame.on), [true, true, false]);
});

test('a room that missed more than is replayed keeps its window, and attaches where the page ends', async () => {
  const { clock, server, client } = rig();
  server.grow('r', 10);
  const room = client.open('r', { after: 10, epoch: server.room('r').epoch });
  const told = [];
  room.on('detached', (top) => told.push(`detached ${top}`));
  room.on('reset', () => told.push('reset'));
  room.on('entries', (entries) => told.push(...entries.map((entry) => entry.seq)));
  client.connect();
  await clock.pass(10);
  server.closeAll(1006);
  server.grow('r', 1_500);
  await clock.pass(2_000);
  server.say('r', 'unseen');
  await clock.pass(10);
  assert.deepEqual(told, ['detached 1510']);
  assert.deepEqual([room.detached, room.last, room.top], [true, 10, 1_511]);
  const asked = room.history({ limit: 50 });
  await clock.pass(10);
  const { messages } = await asked;
  server.say('r', 'between');
  room.attach(messages.at(-1).seq);
  await clock.pass(10);
  assert.deepEqual(told, ['detached 1510', 1_512]);
});

test('what the page asks for itself answers or rejects', async () => {
  const { clock, client } = rig();
  const room = client.open('r', { after: 0 });
  client.connect();
  await clock.pass(10);
  const answers = [room.presence(), room.remove(1), room.history()];
  await clock.pass(10);
  assert.deepEqual(await answers[0], { online: [], count: 0 });
  await answers[1];
  assert.deepEqual(await answers[2], { messages: [], more: false });
  client.end();
  await assert.rejects(room.history(), { code: 'disconnected' });
});

test('a page that goes leaves nothing behind that falls due', async () => {
  const { clock, client } = rig();
  client.open('r', { after: 0 });
  client.connect();
  await clock.pass(10);
  client.end();
  await clock.pass(100);
  assert.equal(client.state, 'ended');
  assert.equal(clock.timers.size, 0);
});

test('pages on a bad network hold exactly the log: drops, delays, repeats, closes, other epochs (60 random runs)', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const chance = seeded(seed);
    const pick = (count) => Math.floor(chance() * count);
    const clock = new Clock();
    const server = new FakeServer(clock, { chance, delay: 700, lose: 0.15, double: 0.15 });
    server.grow('r', pick(20));
    const { client } = rig({ seed, clock, server });
    let held = [];
    let resets = 0;
    const room = client.open('r', chance() < 0.8 ? { after: 0, epoch: server.room('r').epoch } : {});
    room.on('entries', (entries) => held.push(...entries));
    room.on('reset', () => { held = []; resets += 1; });
    const attach = async () => {
      try {
        const { messages } = await room.history({ limit: 100 });
        held = messages;
        room.attach(messages.at(-1).seq);
      } catch { attachLater(); }
    };
    const attachLater = () => clock.set(attach, 500);
    room.on('detached', () => attach());
    client.connect();
    for (let step = 0; step < 60; step += 1) {
      const what = pick(14);
      if (what < 7) server.say('r', `said ${step}`);
      else if (what === 7) room.send(`own ${step}`);
      else if (what === 8) server.closeAll([1006, 4008, 4010, 4011][pick(4)]);
      else if (what === 9 && chance() < 0.3) server.line?.deafen();
      else if (what === 10 && chance() < 0.15) { server.closeAll(1006); server.grow('r', 900 + pick(300)); }
      else if (what === 11 && chance() < 0.1) { server.closeAll(4013); server.restore('r', pick(30)); }
      else if (what === 12) server.tops();
      await clock.pass(pick(900));
    }
    await clock.pass(60_000);
    server.tops();
    await clock.pass(30_000);
    const theirs = server.room('r').entries;
    const from = held[0]?.seq ?? theirs.length + 1;
    assert.deepEqual(held.map((entry) => [entry.seq, entry.body]), theirs.slice(from - 1).map((entry) => [entry.seq, entry.body]), `seed ${seed}, ${resets} resets`);
    assert.equal(held.length > 0, theirs.length > 0, `seed ${seed}`);
    assert.deepEqual(room.items, [], `seed ${seed}`);
  }
});

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

const bodies = (server, room) => server.room(room).entries.map((entry) => entry.body);

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

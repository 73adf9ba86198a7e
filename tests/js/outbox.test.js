// Written, not yet acknowledged: nothing is lost, nothing comes twice, nothing overtakes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LiveClient } from '../../src/pac/web/static/js/live/client.js';
import { newCid } from '../../src/pac/web/static/js/live/outbox.js';
import { MemoryStore } from '../../src/pac/web/static/js/live/store.js';
import { Clock, FakeAir, FakeLocks, FakeStorage, fakeEnv, seeded, settle } from './fake_env.js';
import { FakeServer } from './fake_server.js';

const HOUR = 3_600_000;

/** One browser with its storage, and a server. `tab()` opens a page in it. */
function browser({ locks = new FakeLocks(), air = new FakeAir(), ...more } = {}) {
  const clock = new Clock();
  const server = new FakeServer(clock, more);
  const store = new MemoryStore({ durable: true });
  const shared = { locks, air, storage: new FakeStorage() };
  let seed = more.seed ?? 1;
  const tab = ({ me = 'ada', session = new Map(), room = 'r', ...parts } = {}) => {
    const env = fakeEnv(clock, { WebSocket: server.WebSocket, seed: seed += 1, browser: shared, tab: {}, session });
    const client = new LiveClient({ url: 'ws://here/message', me: { id: me }, env, store, ...parts });
    const live = client.open(room, { after: 0 });
    return { client, live, env, session };
  };
  return { clock, server, store, shared, tab, sends: () => server.said('send').map((frame) => frame.body) };
}

const states = (live) => live.items.map((item) => `${item.body}: ${item.state}`);
const bodies = (server, room = 'r') => server.room(room).entries.map((entry) => entry.body);
const row = (cid, body, more = {}) => ({ cid, uid: 'ada', tab: 'gone', room: 'r', body, created: Date.UTC(2026, 10, 23), state: 'queued', ...more });

test('an item is answered at once, goes through queued and sending, and is gone when it is sent', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  const seen = [];
  live.on('items', (items) => seen.push(items.map((item) => item.state).join()));
  live.on('sent', (sent) => seen.push(`sent ${sent.seq}, ${live.items.length} item`));
  live.on('entries', (entries) => seen.push(`entry ${entries[0].seq} ${entries[0].cid === item.cid ? 'under its cid' : ''}`));
  client.connect();
  await clock.pass(10);
  const item = live.send('안녕하세요');
  assert.equal(item.state, 'queued');
  assert.deepEqual(live.items, [item]);
  await clock.pass(10);
  assert.deepEqual([...new Set(seen)], ['queued', 'sending', 'sent 1, 1 item', '', 'entry 1 under its cid']);
  assert.deepEqual(bodies(server), ['안녕하세요']);
});

test('it is stored before it is sent', async () => {
  const { clock, server, tab } = browser();
  let commit;
  const store = new MemoryStore({ durable: true });
  store.put = () => new Promise((resolve) => { commit = resolve; });
  const { client, live } = tab({ store });
  client.connect();
  await clock.pass(10);
  live.send('slow disk');
  await clock.pass(500);
  server.closeAll(1006);
  await clock.pass(1_500);
  assert.equal(client.state, 'open');
  assert.deepEqual(server.said('send'), []);
  commit();
  await clock.pass(10);
  assert.equal(server.said('send').length, 1);
});

test('a store that fails or hangs keeps nobody from writing, and the page is warned', async () => {
  for (const put of [() => Promise.reject(new Error('full')), () => new Promise(() => {})]) {
    const { clock, server, tab } = browser();
    const store = new MemoryStore({ durable: true });
    store.put = put;
    const { client, live, env } = tab({ store });
    client.connect();
    await clock.pass(10);
    assert.equal(env.unsafe, false);
    live.send('hello');
    await clock.pass(3_000);
    assert.deepEqual(bodies(server), ['hello']);
    assert.equal(env.unsafe, true);
  }
});

test('memory instead of a database is told by env.unsafe', () => {
  const { tab } = browser();
  assert.equal(tab({ store: new MemoryStore() }).env.unsafe, true);
  assert.equal(tab().env.unsafe, false);
});

test('the draft has the text under its cid when send returns, and until the outbox has it', async () => {
  const { clock, tab, shared } = browser();
  const { client, live } = tab();
  await clock.pass(10);
  client.drafts.write('r', 'hello');
  const cid = client.newCid();
  const item = live.send('hello', cid);
  assert.equal(item.cid, cid);
  assert.equal(client.drafts.text('r'), '');
  assert.deepEqual(JSON.parse(shared.storage.map.get('draft:ada:r')).taken.map(({ cid: one, body }) => [one, body]), [[cid, 'hello']]);
  await clock.pass(10);
  assert.equal(shared.storage.map.has('draft:ada:r'), false);
});

test('what a crash left between the field and the outbox is a draft again, what the outbox has is not', async () => {
  const { clock, tab, store } = browser();
  const first = tab();
  await clock.pass(10);
  const { put } = store;
  store.put = () => new Promise(() => {});
  first.live.send('never stored');
  store.put = put;
  first.live.send('stored');
  await settle();
  first.client.drafts.take('r', [...store.rows.keys()][0], 'stored'); // the draft was not deleted in time either
  first.client.end();
  const second = tab({ session: first.session });
  const told = [];
  second.client.drafts.on('change', (room, text) => told.push([room, text]));
  await clock.pass(1_000);
  assert.equal(second.client.drafts.text('r'), 'never stored');
  assert.deepEqual(told, [['r', 'never stored']]);
  assert.deepEqual(states(second.live), ['stored: queued']);
});

test('first in, first out, one in flight per room; rooms do not wait for each other', async () => {
  const { clock, server, tab, sends } = browser();
  const { client, live } = tab();
  const other = client.open('other', { after: 0 });
  server.instead.send = (frame) => (frame.room === 'r' ? 'nothing' : undefined);
  client.connect();
  await clock.pass(10);
  live.send('one');
  live.send('two');
  other.send('elsewhere');
  await clock.pass(100);
  assert.deepEqual(sends().sort(), ['elsewhere', 'one']);
  const frame = server.said('send').find((one) => one.body === 'one');
  server.instead = {};
  server.answer(server.line, frame);
  await clock.pass(100);
  assert.deepEqual(bodies(server), ['one', 'two']);
});

test('what is written offline goes out in order, once, under its cids, when the line is back', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  const cids = ['one', 'two', 'three'].map((body) => live.send(body).cid);
  await clock.pass(5_000);
  assert.deepEqual(states(live), ['one: queued', 'two: queued', 'three: queued']);
  client.connect();
  await clock.pass(100);
  assert.deepEqual(server.said('send').map((frame) => frame.cid), cids);
  assert.deepEqual(bodies(server), ['one', 'two', 'three']);
});

test('an ok that is lost with its line: the same cid again, one message', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  const sent = [];
  live.on('sent', (one) => sent.push(one.seq));
  client.connect();
  await clock.pass(10);
  server.instead.send = (frame, line) => { server.instead = {}; line.isDeaf = true; server.say('r', frame.body, 'ada', frame.cid); line.isDeaf = false; line.shut(1006); return 'nothing'; };
  live.send('hello');
  await clock.pass(5_000);
  assert.equal(new Set(server.said('send').map((frame) => frame.cid)).size, 1);
  assert.equal(server.said('send').length, 2);
  assert.deepEqual(bodies(server), ['hello']);
  assert.deepEqual(sent, [1]);
  assert.deepEqual(live.items, []);
});

test('no answer in 8 s asks the line; a dead one is given up and the same cid sent on the next', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  client.connect();
  await clock.pass(10);
  const dead = server.line;
  dead.deafen();
  const { cid } = live.send('hello');
  await clock.pass(7_900);
  assert.equal(client.state, 'open');
  await clock.pass(5_200);
  assert.notEqual(client.state, 'open');
  await clock.pass(2_000);
  assert.deepEqual(server.said('send').map((frame) => frame.cid), [cid]);
  assert.deepEqual(bodies(server), ['hello']);
});

test('a rate waits as long as it was told, counts down by `until`, sends itself once, and holds back what is behind', async () => {
  const { clock, server, tab, sends } = browser();
  const { client, live } = tab();
  let refuse = true;
  server.instead.send = () => (refuse ? { op: 'error', code: 'rate_limited', message: 'slowly', retry_after_ms: 3_000 } : undefined);
  client.connect();
  await clock.pass(10);
  const at = clock.time;
  live.send('one');
  live.send('two');
  await clock.pass(0);
  assert.deepEqual(states(live), ['one: waiting', 'two: queued']);
  assert.equal(live.items[0].until, at + 3_000);
  refuse = false;
  await clock.pass(2_999);
  assert.deepEqual(sends(), ['one']);
  await clock.pass(60_000);
  assert.deepEqual(sends(), ['one', 'one', 'two']);
  assert.deepEqual(bodies(server), ['one', 'two']);
});

test('what waits while the line goes still sends itself once', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  let refuse = true;
  server.instead.send = () => (refuse ? { op: 'error', code: 'slow_mode', retry_after_ms: 10_000 } : undefined);
  client.connect();
  await clock.pass(10);
  live.send('one');
  await clock.pass(10);
  refuse = false;
  server.closeAll(1006);
  await clock.pass(5_000);
  assert.deepEqual(states(live), ['one: waiting']);
  await clock.pass(6_000);
  assert.deepEqual(bodies(server), ['one']);
  assert.equal(server.said('send').length, 2);
});

test('a final refusal fails with its reason, keeps the text, and does not hold back the next', async () => {
  const { clock, server, tab, store } = browser();
  const { client, live } = tab();
  server.instead.send = (frame) => (frame.body === 'bad' ? { op: 'error', code: 'read_only', message: 'You may not.' } : undefined);
  client.connect();
  await clock.pass(10);
  const { cid } = live.send('bad');
  live.send('good');
  await clock.pass(10);
  assert.deepEqual(states(live), ['bad: failed']);
  assert.deepEqual([live.items[0].reason, live.items[0].code], ['You may not.', 'read_only']);
  assert.equal(store.rows.get(cid).state, 'failed');
  assert.deepEqual(bodies(server), ['good']);
  await clock.pass(HOUR);
  assert.equal(server.said('send').length, 2, 'nothing but a person tries it again');
  server.instead = {};
  assert.equal(live.retry(cid), true);
  await clock.pass(10);
  assert.equal(server.said('send').at(-1).cid, cid);
  assert.deepEqual(bodies(server), ['good', 'bad']);
});

test('what failed is discarded by a person, and is gone from the store; what is on its way is not', async () => {
  const { clock, server, tab, store } = browser();
  const { client, live } = tab();
  server.instead.send = () => 'nothing';
  client.connect();
  await clock.pass(10);
  const first = live.send('one').cid;
  const second = live.send('two').cid;
  await clock.pass(10);
  assert.equal(live.discard(first), false);
  assert.equal(live.discard(second), true);
  await clock.pass(10);
  assert.deepEqual([...store.rows.keys()], [first]);
  assert.deepEqual(states(live), ['one: sending']);
});

test('a text that cannot be a frame fails here: it would end the connection for good', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  client.connect();
  await clock.pass(10);
  live.send('\u0001'.repeat(20_000));
  live.send('short');
  await clock.pass(10);
  assert.deepEqual(live.items.map((item) => item.code), ['too_large']);
  assert.deepEqual(bodies(server), ['short']);
});

test('a room that cannot be read any more fails what was written for it, with its text', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  server.room('r').code = 'forbidden';
  live.send('too late');
  client.connect();
  await clock.pass(1_000);
  assert.deepEqual(states(live), ['too late: failed']);
  server.room('r').code = '';
  live.retry(live.items[0].cid);
  await clock.pass(1_000);
  assert.deepEqual(bodies(server), ['too late'], 'tried again it asks for the room again');
});

test('`not_subscribed` subscribes again and sends then, not in a circle', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  client.connect();
  await clock.pass(10);
  server.instead.send = () => ({ op: 'error', code: 'not_subscribed' });
  live.send('hello');
  await clock.pass(10_000);
  assert.ok(server.said('send').length <= 12, String(server.said('send').length));
  server.instead = {};
  await clock.pass(2_000);
  assert.deepEqual(bodies(server), ['hello']);
});

test('a reload sends what the page left, in order, under the same cids, and none twice', async () => {
  const { clock, server, tab } = browser();
  const first = tab();
  first.client.connect();
  await clock.pass(10);
  server.instead.send = (frame, line) => { server.say('r', frame.body, 'ada', frame.cid); return line.shut(1006) ?? 'nothing'; };
  const cids = ['one', 'two'].map((body) => first.live.send(body).cid);
  await clock.pass(10);
  first.client.end();
  server.instead = {};
  server.heard.length = 0;
  const second = tab({ session: first.session });
  second.client.connect();
  await clock.pass(1_000);
  assert.deepEqual(server.said('send').map((frame) => frame.cid), cids);
  assert.deepEqual(bodies(server), ['one', 'two']);
});

test('what was left goes out before what is written now, however it is kept and however slowly it is read', async () => {
  const { clock, server, tab, store } = browser();
  const first = tab();
  await clock.pass(10);
  const written = Array.from({ length: 20 }, (_, at) => `one ${at}`);
  for (const body of written) first.live.send(body); // in one millisecond
  await clock.pass(10);
  first.client.end();
  store.rows = new Map([...store.rows].reverse());
  const { all } = store;
  store.all = () => new Promise((resolve) => { clock.set(() => resolve(all.call(store)), 1_000); });
  await clock.pass(10);
  const second = tab({ session: first.session });
  second.client.connect();
  await clock.pass(100);
  second.live.send('two');
  await clock.pass(5_000);
  assert.deepEqual(bodies(server), [...written, 'two']);
});

test('what is older than 24 h is not sent silently: it asks, and does not hold back the next', async () => {
  const { clock, server, tab, store } = browser();
  await store.put(row('old', 'old', { created: clock.time - 24 * HOUR - 1 }));
  await store.put(row('young', 'young', { created: clock.time - 23 * HOUR }));
  const { client, live } = tab();
  await clock.pass(10_000);
  assert.deepEqual(states(live), ['old: stale', 'young: queued']);
  client.connect();
  await clock.pass(10_000);
  assert.deepEqual(states(live), ['old: stale']);
  assert.deepEqual(bodies(server), ['young']);
  live.retry('old');
  await clock.pass(100);
  assert.deepEqual(bodies(server), ['young', 'old']);
  assert.equal(server.said('send').at(-1).cid, 'old');
});

test('also on a page that was open all the time', async () => {
  const { clock, server, tab } = browser();
  const { client, live } = tab();
  live.send('yesterday');
  await clock.pass(25 * HOUR);
  client.connect();
  await clock.pass(100);
  assert.deepEqual(states(live), ['yesterday: stale']);
  assert.deepEqual(bodies(server), []);
});

test('two tabs: each sends its own, and what a closed one left is sent by the one that holds the lock, once', async () => {
  const { clock, server, tab, shared } = browser();
  const tabs = [tab(), tab(), tab()];
  await clock.pass(10);
  assert.ok(shared.locks.held.has('pac-outbox-ada'));
  server.isUp = false;
  tabs.forEach(({ live, client }, at) => { client.connect(); live.send(`of tab ${at}, 1`); live.send(`of tab ${at}, 2`); });
  await clock.pass(1_000);
  tabs[2].client.end();
  server.isUp = true;
  await clock.pass(90_000);
  assert.deepEqual(server.said('send').map((frame) => frame.body).sort(), ['of tab 0, 1', 'of tab 0, 2', 'of tab 1, 1', 'of tab 1, 2', 'of tab 2, 1', 'of tab 2, 2']);
  for (let at = 0; at < 3; at += 1) {
    assert.deepEqual(bodies(server).filter((body) => body.startsWith(`of tab ${at}`)), [`of tab ${at}, 1`, `of tab ${at}, 2`]);
  }
});

test('the lock goes on to the next tab when its holder closes', async () => {
  const { clock, server, tab } = browser();
  const tabs = [tab(), tab()];
  await clock.pass(10);
  tabs[0].live.send('left behind');
  await clock.pass(10);
  tabs[0].client.end();
  tabs[1].client.connect();
  await clock.pass(20_000);
  assert.deepEqual(bodies(server), ['left behind']);
});

test('a tab that is only loaded anew keeps what it has written, in its order', async () => {
  const { clock, server, tab, store } = browser();
  tab(); // holds the lock, and has no line
  await clock.pass(14_900);
  const page = tab();
  await clock.pass(10);
  page.live.send('one');
  await clock.pass(80);
  page.client.end();
  await clock.pass(3_000); // the other looks around meanwhile
  const again = tab({ session: page.session });
  again.live.send('two');
  await clock.pass(60_000);
  assert.deepEqual([...store.rows.values()].map((one) => one.tab), Array(2).fill(page.session.get('pac-tab')));
  again.client.connect();
  await clock.pass(1_000);
  assert.deepEqual(bodies(server), ['one', 'two']);
});

test('a tab that holds no lock leaves alone what others left', async () => {
  const { clock, server, tab, store, shared } = browser();
  shared.locks.request('pac-outbox-ada', {}, () => new Promise(() => {}));
  await store.put(row('c1', 'left'));
  const { client } = tab();
  client.connect();
  await clock.pass(60_000);
  assert.deepEqual(server.said('send'), []);
  assert.equal(store.rows.get('c1').tab, 'gone');
});

test('a copied tab takes a name of its own, and sends nothing of the first one’s', async () => {
  const { clock, server, tab } = browser();
  const first = tab();
  await clock.pass(10);
  first.live.send('mine');
  await clock.pass(10);
  const copy = tab({ session: new Map(first.session) });
  copy.client.connect();
  await clock.pass(60_000);
  assert.deepEqual(server.said('send'), []);
  assert.deepEqual(states(first.live), ['mine: queued']);
});

test('what was left for a room that is not shown is sent as well, and the room left again', async () => {
  const { clock, server, tab, store } = browser();
  await store.put(row('c1', 'for another room', { room: 'other' }));
  const { client } = tab();
  client.connect();
  await clock.pass(6_000);
  assert.deepEqual(bodies(server, 'other'), ['for another room']);
  assert.deepEqual([...server.line.subscribed], ['r']);
});

test('without locks a tab sends its own alone while the others live, and a restarted browser the rest', async () => {
  const { clock, server, tab } = browser({ locks: null });
  const first = tab();
  await clock.pass(3_000);
  first.live.send('one');
  await clock.pass(10);
  const second = tab();
  second.client.connect();
  await clock.pass(60_000);
  assert.deepEqual(server.said('send'), []);
  first.client.end();
  second.client.end();
  const restarted = tab();
  restarted.client.connect();
  await clock.pass(3_000);
  assert.deepEqual(bodies(server), ['one']);
});

test('another member’s items and drafts are never touched', async () => {
  const { clock, server, tab, store } = browser();
  const ada = tab();
  await clock.pass(10);
  ada.live.send('of ada');
  ada.client.drafts.write('r', 'half a thought of ada');
  await clock.pass(10);
  ada.client.end();
  const ben = tab({ me: 'ben' });
  ben.client.connect();
  await clock.pass(60_000);
  assert.deepEqual(server.said('send'), []);
  assert.deepEqual(ben.client.items, []);
  assert.equal(ben.client.drafts.text('r'), '');
  assert.equal(store.rows.size, 1);
  const again = tab();
  again.client.connect();
  await clock.pass(20_000);
  assert.deepEqual(bodies(server), ['of ada']);
});

test('the end of a session keeps everything for the next', async () => {
  const { clock, server, tab, store } = browser();
  const { client, live } = tab();
  client.connect();
  await clock.pass(10);
  server.instead.send = (frame, line) => { line.shut(4502); return 'nothing'; };
  live.send('hello');
  await clock.pass(10);
  assert.deepEqual(client.ended, { why: 'sign-in', code: 4502 });
  assert.equal(store.rows.size, 1);
  assert.deepEqual(states(live), ['hello: queued']);
});

test('cids are UUIDv7: unique, and in the order of time', async () => {
  const clock = new Clock();
  const env = fakeEnv(clock);
  const cids = [];
  for (let at = 0; at < 50; at += 1) { cids.push(newCid(env)); await clock.pass(1); }
  assert.equal(new Set(cids).size, 50);
  assert.deepEqual([...cids].sort(), cids);
  assert.match(cids[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('tabs that open, write, reload and close on a bad line: everything once, each tab’s in its order (40 random runs)', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const chance = seeded(seed);
    const pick = (count) => Math.floor(chance() * count);
    const { clock, server, tab } = browser({ chance, delay: 300, seed: seed * 1_000, locks: seed % 4 ? new FakeLocks() : null });
    server.instead.send = () => (chance() < 0.1 ? { op: 'error', code: 'rate_limited', retry_after_ms: 400 } : chance() < 0.1 ? { op: 'error', code: 'unavailable' } : undefined);
    const open = [];
    const enter = (session = new Map()) => { const one = { ...tab({ session }), name: session.get('name') ?? `${open.length}-${pick(1e6)}` }; session.set('name', one.name); one.client.connect(); open.push(one); };
    enter();
    let written = 0;
    for (let step = 0; step < 60; step += 1) {
      const what = pick(12);
      if (open.length && what < 5) { const one = open[pick(open.length)]; one.live.send(`${one.name} ${String(written += 1).padStart(3, '0')}`); }
      else if (what === 5 && open.length < 3) enter();
      else if (what === 6 && open.length) { await settle(); open.splice(pick(open.length), 1)[0].client.end(); }
      else if (what === 7 && open.length) { await settle(); const [one] = open.splice(pick(open.length), 1); one.client.end(); enter(one.session); }
      else if (what === 8) server.closeAll(1006);
      else if (what === 9) server.line?.deafen();
      await clock.pass(pick(1_500));
    }
    server.instead = {};
    if (!open.length) enter();
    await clock.pass(10);
    if (seed % 4 === 0) { for (const one of open) one.client.end(); await clock.pass(40_000); enter(); } // a restart of the browser
    await clock.pass(180_000);
    const found = bodies(server);
    assert.equal(new Set(found).size, written, `seed ${seed}`);
    assert.equal(found.length, written, `seed ${seed}`);
    for (const name of new Set(found.map((body) => body.split(' ')[0]))) {
      const theirs = found.filter((body) => body.startsWith(`${name} `));
      assert.deepEqual(theirs, [...theirs].sort(), `seed ${seed}`);
    }
  }
});

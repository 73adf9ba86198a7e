import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer } from '../../src/pac/web/static/js/ui/announcer.js';
import { noticeOf } from '../../src/pac/web/static/js/ui/banner.js';
import { Typists } from '../../src/pac/web/static/js/ui/typing_line.js';
import { Clock } from './fake_env.js';

const said = (name, body, more) => ({ member: { id: name, nickname: name }, type: 'TEXT', body, ...more });

function announcer() {
  const clock = new Clock();
  const spoken = [];
  const place = { set textContent(words) { spoken.push(words); } };
  return { clock, spoken, announcer: new Announcer(place, 'me', { setTimeout: (call, ms) => clock.set(call, ms), now: () => clock.time }) };
}

test('one line in two seconds, what came meanwhile together, more than three as a number', async () => {
  const { clock, spoken, announcer: a } = announcer();
  a.heard([said('지은', '안녕')]);
  a.heard([said('민수', 'one')]);
  a.heard([said('민수', 'two')]);
  assert.deepEqual(spoken, ['지은: 안녕']);
  await clock.pass(2_000);
  assert.deepEqual(spoken.slice(1), ['민수: one\n민수: two']);
  a.heard([1, 2, 3, 4].map((number) => said('민수', `${number}`)));
  await clock.pass(2_000);
  assert.deepEqual(spoken.slice(2), ['4 new messages']);
  await clock.pass(10_000);
  assert.equal(spoken.length, 3);
});

test('neither oneself nor the room itself is announced, and a long message is cut', () => {
  const { spoken, announcer: a } = announcer();
  a.heard([said('me', 'mine'), said('지은', '', { type: 'SYSTEM', event: 'joined' }), said('지은', '')]);
  assert.deepEqual(spoken, []);
  a.heard([said('지은', '가'.repeat(130))]);
  assert.equal(spoken[0], `지은: ${'가'.repeat(120)}…`);
});

test('what waited in a room that was left is not said in the next', async () => {
  const { clock, spoken, announcer: a } = announcer();
  a.heard([said('지은', 'one')]);
  a.heard([said('지은', 'two')]);
  a.clear();
  await clock.pass(5_000);
  assert.deepEqual(spoken, ['지은: one']);
});

function typists() {
  const clock = new Clock();
  let tick = null;
  const line = new Typists({ setInterval: (call) => { tick = call; return 1; }, clearInterval: () => { tick = null; }, now: () => clock.time });
  return { clock, line, pass: (ms) => { clock.time += ms; tick?.(); }, ticks: () => tick !== null };
}

test('who is writing is named up to two, dies after six seconds, and costs no timer when nobody is', () => {
  const { line, pass, ticks } = typists();
  const on = (name) => line.heard({ member: { id: name, nickname: name }, on: true });
  on('지은');
  assert.equal(line.words.value, '지은 is writing…');
  on('민수');
  assert.equal(line.words.value, '지은 and 민수 are writing…');
  on('하늘');
  assert.equal(line.words.value, 'Several people are writing…');
  pass(5_000);
  on('하늘');
  pass(1_500);
  assert.equal(line.words.value, '하늘 is writing…');
  line.said('하늘');
  assert.deepEqual([line.words.value, ticks()], ['', false]);
});

const line = (more) => ({ state: 'waiting', until: 0, downSince: 0, ended: null, ...more });

test('a blip shows nothing, a longer one counts down aloud once', () => {
  assert.equal(noticeOf(line({ downSince: 1_000 }), 2_999, true), null);
  const first = noticeOf(line({ downSince: 1_000, until: 7_000 }), 3_000, true);
  const later = noticeOf(line({ downSince: 1_000, until: 7_000 }), 4_000, true);
  assert.equal(first.words, 'The connection is lost. Trying again in 4 s.');
  assert.equal(later.words, 'The connection is lost. Trying again in 3 s.');
  assert.equal(first.spoken, later.spoken, 'nothing new to read aloud');
  assert.equal(noticeOf(line({ state: 'open', downSince: 0 }), 9_000, true), null);
});

test('without a network, or after a minute, it says that what is written waits', () => {
  const words = 'Offline. What you write goes out when the connection is back.';
  assert.equal(noticeOf(line({ downSince: 1_000 }), 3_000, false).words, words);
  assert.equal(noticeOf(line({ downSince: 1_000 }), 61_000, true).words, words);
});

test('a line that is over for good says why, and leaves signing in to the page', () => {
  assert.equal(noticeOf(line({ state: 'ended', ended: { why: 'sign-in', code: 4502 } }), 0, true), null);
  assert.equal(noticeOf(line({ state: 'ended', ended: { why: 'stop', code: 4503 } }), 0, true).act, '');
  assert.equal(noticeOf(line({ state: 'ended', ended: { why: 'stop', code: 4500 } }), 0, true).act, 'reload');
});

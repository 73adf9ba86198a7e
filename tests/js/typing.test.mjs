import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Typing } from '../../src/pac/web/static/js/typing.js';

function a() {
  const told = [];
  const words = [];
  const env = { time: 0, now() { return this.time; } };
  const typing = new Typing('r', env, {
    tell: (frame) => { told.push(frame.on); return true; },
    onchange: (text) => words.push(text),
  });
  return { typing, env, told, words };
}

const ben = { on: true, member: { id: 'b', nickname: 'Ben' } };

test('writing is told at most every three seconds, and stopping once', () => {
  const { typing, env, told } = a();
  typing.wrote('h');
  env.time = 2_999;
  typing.wrote('he');
  assert.deepEqual(told, [true]);
  env.time = 3_000;
  typing.wrote('hel');
  typing.wrote('');
  typing.wrote('');
  assert.deepEqual(told, [true, true, false]);
});

test('who falls silent has stopped, and who has sent need not say so', () => {
  const { typing, env, told } = a();
  typing.wrote('h');
  env.time = 5_000;
  typing.tick();
  assert.deepEqual(told, [true, false]);
  env.time = 9_000;
  typing.wrote('hi');
  typing.sent();
  env.time = 20_000;
  typing.tick();
  assert.deepEqual(told, [true, false, true]);
});

test('others are shown until they stop, send, or six seconds pass', () => {
  const { typing, env, words } = a();
  typing.heard(ben);
  typing.heard(ben);
  typing.heard({ on: true, member: { id: 'c', nickname: 'Cleo' } });
  typing.said('b');
  env.time = 5_999;
  typing.tick();
  env.time = 6_000;
  typing.tick();
  assert.deepEqual(words, ['Ben is writing…', 'Ben and Cleo are writing…', 'Cleo is writing…', '']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomLog } from '../../src/pac/web/static/js/live/room_log.js';
import { settle } from './clock.mjs';

const entry = (seq) => ({ op: 'message', room: 'r', seq });

function rig(last = 0, stored = []) {
  const shown = [];
  const resets = [];
  const asked = [];
  const log = new RoomLog('r', last, 'e1', {
    history: async (after, limit) => {
      asked.push(after);
      const found = stored.filter((seq) => seq > after).slice(0, limit).map(entry);
      return { messages: found, more: false };
    },
    onentries: (entries) => shown.push(...entries.map((one) => one.seq)),
    onreset: () => { shown.length = 0; resets.push(true); },
  });
  return { log, shown, resets, asked };
}

test('what follows is shown, what was shown is not shown again', () => {
  const { log, shown } = rig(2);
  for (const seq of [2, 3, 3, 4]) log.push(entry(seq));
  assert.deepEqual(shown, [3, 4]);
});

test('a hole is filled before what came after it is shown', async () => {
  const { log, shown } = rig(1, [1, 2, 3, 4, 5]);
  log.push(entry(4));
  log.push(entry(5));
  assert.deepEqual(shown, []);
  await settle();
  assert.deepEqual(shown, [2, 3, 4, 5]);
});

test('top shows a hole at the end', async () => {
  const { log, shown } = rig(1, [1, 2, 3]);
  log.top(3);
  await settle();
  assert.deepEqual(shown, [2, 3]);
});

test('another epoch drops what is held and reads anew', async () => {
  const { log, shown, resets } = rig(9, [1, 2]);
  log.subscribed({ epoch: 'e2', top: 2 });
  await settle();
  assert.equal(resets.length, 1);
  assert.deepEqual(shown, [1, 2]);
  assert.equal(log.cursor().epoch, 'e2');
});

test('a reset of the same log fills what was missed', async () => {
  const { log, shown } = rig(1, [1, 2, 3, 4]);
  log.subscribed({ epoch: 'e1', top: 4, reset: true });
  await settle();
  assert.deepEqual(shown, [2, 3, 4]);
});

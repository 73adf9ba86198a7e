// Where the outbox is kept, and what happens where there is no database.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStore, openOutboxStore } from '../../src/pac/web/static/js/live/store.js';

/** IndexedDB, as far as the outbox asks of it. */
function fakeFactory({ fails = false, hangs = false, aborts = false } = {}) {
  const rows = new Map();
  const asked = [];
  const later = (request, result) => queueMicrotask(() => { request.result = result; });
  const database = {
    createObjectStore: (name, { keyPath }) => asked.push([name, keyPath]),
    transaction: (name, mode) => {
      asked.push([name, mode]);
      const transaction = {
        error: new Error('aborted'),
        objectStore: () => ({
          put: (row) => { const request = {}; later(request); rows.set(row.cid, row); return request; },
          delete: (cid) => { const request = {}; later(request); rows.delete(cid); return request; },
          getAll: () => { const request = {}; later(request, [...rows.values()]); return request; },
        }),
      };
      setTimeout(() => (aborts ? transaction.onabort() : transaction.oncomplete()), 1);
      return transaction;
    },
    close: () => {},
  };
  const open = (name, version) => {
    asked.push([name, version]);
    const request = { result: database };
    if (!hangs) setTimeout(() => { if (fails) { request.onerror(); return; } request.onupgradeneeded(); request.onsuccess(); }, 1);
    return request;
  };
  return { factory: { open }, rows, asked };
}

test('rows are in IndexedDB pac/outbox under their cid, and answered after the transaction', async () => {
  const { factory, rows, asked } = fakeFactory();
  const store = await openOutboxStore(factory);
  assert.equal(store.durable, true);
  await store.put({ cid: 'c1', body: 'one' });
  await store.put({ cid: 'c2', body: 'two' });
  await store.remove('c1');
  assert.deepEqual(await store.all(), [{ cid: 'c2', body: 'two' }]);
  assert.deepEqual([...rows.keys()], ['c2']);
  assert.deepEqual(asked.slice(0, 3), [['pac', 1], ['outbox', 'cid'], ['outbox', 'readwrite']]);
});

test('a transaction that is aborted is told', async () => {
  const { factory } = fakeFactory({ aborts: true });
  await assert.rejects((await openOutboxStore(factory)).put({ cid: 'c1' }));
});

test('where there is no database, or it fails or hangs, memory stands in and says that it does', async () => {
  for (const factory of [null, fakeFactory({ fails: true }).factory, fakeFactory({ hangs: true }).factory, { open: () => { throw new Error('forbidden'); } }]) {
    const store = await openOutboxStore(factory, 20);
    assert.ok(store instanceof MemoryStore);
    assert.equal(store.durable, false);
    await store.put({ cid: 'c1', body: 'one' });
    assert.deepEqual(await store.all(), [{ cid: 'c1', body: 'one' }]);
    await store.remove('c1');
    assert.deepEqual(await store.all(), []);
  }
});

// @ts-check
/**
 * Where the outbox is kept: IndexedDB `pac`, store `outbox`, key `cid`. Where there is none, memory: what is
 * written goes out all the same, and only a page that is left before loses it (`durable` is false then).
 */

/** @typedef {import('./types.js').Row} Row */
/** @typedef {import('./types.js').OutboxStore} OutboxStore */

const OPENED_WITHIN_MS = 3_000;

/** @returns {Promise<OutboxStore>} a database that hangs is none */
export async function openOutboxStore(factory = theBrowsers(), withinMs = OPENED_WITHIN_MS) {
  try {
    if (!factory) throw new Error('no IndexedDB');
    return new DatabaseStore(await openDatabase(factory, withinMs));
  } catch {
    return new MemoryStore();
  }
}

/** @implements {OutboxStore} */
export class MemoryStore {
  constructor({ durable = false } = {}) {
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.durable = durable;
  }

  async all() { return [...this.rows.values()].map((row) => ({ ...row })); }

  async put(/** @type {Row} */ row) { this.rows.set(row.cid, { ...row }); }

  async remove(/** @type {string} */ cid) { this.rows.delete(cid); }
}

/** @implements {OutboxStore} */
class DatabaseStore {
  constructor(/** @type {IDBDatabase} */ database) {
    this.database = database;
    this.durable = true;
    database.onversionchange = () => database.close(); // do not hold up a newer page; `put` then rejects
  }

  /** @returns {Promise<Row[]>} */
  all() { return this.run('readonly', (store) => store.getAll()); }

  /** @returns {Promise<void>} */
  put(/** @type {Row} */ row) { return this.run('readwrite', (store) => store.put({ ...row })); }

  /** @returns {Promise<void>} */
  remove(/** @type {string} */ cid) { return this.run('readwrite', (store) => store.delete(cid)); }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>} after the transaction is complete
   */
  run(mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction('outbox', mode);
      const request = work(transaction.objectStore('outbox'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
}

function theBrowsers() {
  try {
    return globalThis.indexedDB ?? null;
  } catch {
    return null; // looking at it is forbidden
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase(/** @type {IDBFactory} */ factory, /** @type {number} */ withinMs) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('IndexedDB hangs')), withinMs);
    const request = factory.open('pac', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('outbox', { keyPath: 'cid' });
    request.onsuccess = () => { clearTimeout(late); resolve(request.result); };
    request.onerror = request.onblocked = () => { clearTimeout(late); reject(request.error); };
  });
}

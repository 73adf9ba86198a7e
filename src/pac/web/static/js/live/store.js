// @ts-check
/**
 * Where the outbox is kept: IndexedDB `pac`, store `outbox`, key `cid`; memory where there is none.
 */

/** @typedef {import('./outbox.js').Item} Item */
/** @typedef {import('./outbox.js').Store} Store */

/** @returns {Promise<Store>} */
export async function openOutboxStore() {
  try {
    return new DatabaseStore(await openDatabase());
  } catch {
    return new MemoryStore();
  }
}

/** @implements {Store} */
export class MemoryStore {
  constructor() {
    /** @type {Map<string, Item>} */
    this.items = new Map();
  }

  async all() { return [...this.items.values()]; }

  async put(/** @type {Item} */ item) { this.items.set(item.cid, item); }

  async remove(/** @type {string} */ cid) { this.items.delete(cid); }
}

/** @implements {Store} */
class DatabaseStore {
  constructor(/** @type {IDBDatabase} */ database) {
    this.database = database;
  }

  /** @returns {Promise<Item[]>} */
  all() { return this.run('readonly', (store) => store.getAll()); }

  /** @returns {Promise<void>} */
  put(/** @type {Item} */ item) { return this.run('readwrite', (store) => store.put({ ...item })); }

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

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('pac', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('outbox', { keyPath: 'cid' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}

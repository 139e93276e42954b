// @ts-check
/** @import { Keep, Kept } from './types.js' */

const STORE = 'queues';

/**
 * Keeps what waits in IndexedDB, so that it survives a closed tab: `queue: { persist: indexedDbQueue() }`. The next page of the same project
 * and user takes it over, session and all.
 * @param {string} [name] of the database @returns {Keep}
 */
export function indexedDbQueue(name = 'eventonly') {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opened;
  const open = () => opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  /**
   * One transaction; it counts when it is complete.
   * @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>}
   */
  const run = async (mode, work) => {
    const transaction = (await open()).transaction(STORE, mode, { durability: 'strict' });
    const request = work(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    durable: true,
    async load(key, claims) {
      /** Each page has an entry of its own, which is nobody's once that page is gone. @type {Kept[]} */
      const all = await run('readonly', store => store.getAll(IDBKeyRange.bound(`${key}\n`, `${key}\n\uffff`)));
      const waiting = all.sort((a, b) => b.ops.length - a.ops.length); // what waits is worth more than what is only a number
      for (const kept of waiting) if (await claims(kept.session)) return kept;
      return undefined;
    },
    async save(key, kept) { await run('readwrite', store => store.put(kept, `${key}\n${kept.session}`)); },
  };
}

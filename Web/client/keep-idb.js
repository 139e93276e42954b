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
      const mine = IDBKeyRange.bound(`${key}\n`, `${key}\n\uffff`);
      /** Each page has an entry of its own, which is nobody's once that page is gone. @type {Kept[]} */
      const all = await run('readonly', store => store.getAll(mine));
      for (const kept of all) if (kept.ops.length > 0 && await claims(kept.session)) return kept;
      // Nothing waits in the others. A page that is still there writes its own again before it sends.
      for (const kept of all) if (kept.ops.length === 0) await run('readwrite', store => store.delete(`${key}\n${kept.session}`));
      return undefined;
    },
    async save(key, kept) { await run('readwrite', store => store.put(kept, `${key}\n${kept.session}`)); },
  };
}

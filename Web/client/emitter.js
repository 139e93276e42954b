// @ts-check
/** @import { AnyKinds, Broadcast, ClientEvents, ItemOf } from './types.js' */

/**
 * What a listener of `T` gets.
 * @template {string} T
 * @template [App=AnyKinds]
 * @typedef {T extends 'create' ? Omit<ClientEvents['create'], 'kind' | 'data' | 'id'> & Pick<ItemOf<App>, 'kind' | 'data' | 'id'>
 *   : T extends keyof ClientEvents ? ClientEvents[T] : Broadcast} Told
 */

/** Listeners by type. One that throws is reported through `error` and harms nobody else. */
export class Emitter {
  /** @type {Map<string, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type
   * @param {(value: Told<T>) => void} fn called in the order of registration
   * @param {{ signal?: AbortSignal, once?: boolean }} [options] an aborted signal removes the listener
   * @returns {() => void} removes the listener; calling it twice means nothing
   */
  on(type, fn, { signal, once = false } = {}) {
    if (signal?.aborted) return () => {};
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    const listener = once ? (/** @type {Told<T>} */ value) => { off(); fn(value); } : (/** @type {Told<T>} */ value) => fn(value);
    const off = () => {
      listeners.delete(listener);
      signal?.removeEventListener('abort', off);
    };
    listeners.add(listener); // wrapped, so that the same function may be registered twice
    signal?.addEventListener('abort', off, { once: true });
    return off;
  }

  /** @param {string} type */
  hears(type) { return (this.#listeners.get(type)?.size ?? 0) > 0; }

  /**
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type @param {Told<T>} value
   */
  emit(type, value) {
    for (const listener of [...this.#listeners.get(type) ?? []]) {
      try {
        listener(value);
      } catch (error) {
        if (type === 'error') console.error(error); // nobody left to tell
        else this.report(error);
      }
    }
  }

  /** Tells `error`; silence would hide a bug, so without a listener the console hears it. @param {unknown} error */
  report(error) {
    if (this.hears('error')) this.emit('error', error);
    else console.error(error);
  }
}

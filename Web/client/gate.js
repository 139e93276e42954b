// @ts-check
import { TimeoutError } from './errors.js';

/** Holds callers until something is ready, or will never be. */
export class Gate {
  /** @type {Set<{ resolve: () => void, reject: (error: unknown) => void }>} */
  #waiting = new Set();
  #schedule;

  /** @param {(fn: () => void, ms: number) => () => void} schedule */
  constructor(schedule) { this.#schedule = schedule; }

  /** @param {{ signal?: AbortSignal, timeout?: number }} options @returns {Promise<void>} */
  wait({ signal, timeout }) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const over = () => {
        this.#waiting.delete(waiter);
        cancelTimer();
        signal?.removeEventListener('abort', aborted);
      };
      const waiter = {
        resolve: () => { over(); resolve(); },
        reject: (/** @type {unknown} */ error) => { over(); reject(error); },
      };
      const aborted = () => waiter.reject(signal?.reason);
      const cancelTimer = timeout === undefined ? () => {} : this.#schedule(() => waiter.reject(new TimeoutError(timeout)), timeout);
      signal?.addEventListener('abort', aborted, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Lets everybody through who waits. */
  open() { for (const waiter of [...this.#waiting]) waiter.resolve(); }

  /** Sends everybody away. @param {unknown} error */
  fail(error) { for (const waiter of [...this.#waiting]) waiter.reject(error); }
}

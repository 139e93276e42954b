// @ts-check
import { webcrypto } from 'node:crypto';

// Node 18 has no global crypto, which browsers and later Nodes have.
if (!globalThis.crypto) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });

/** Time that stands still until a test moves it. */
export class FakeClock {
  #now = 1_763_712_000_000;
  #count = 0;
  /** @type {Map<number, { at: number, fn: () => void }>} */
  #timers = new Map();

  now = () => this.#now;

  /** @param {() => void} fn @param {number} ms */
  schedule = (fn, ms) => {
    const id = ++this.#count;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), fn });
    return () => { this.#timers.delete(id); };
  };

  /** Runs what is due within so many ms, in order of time. @param {number} ms */
  advance(ms) {
    const end = this.#now + ms;
    for (let next = this.#next(); next && next[1].at <= end; next = this.#next()) {
      this.#timers.delete(next[0]);
      this.#now = next[1].at;
      next[1].fn();
    }
    this.#now = end;
  }

  /** ms until the next timer, Infinity without one. */
  get untilNext() { return (this.#next()?.[1].at ?? Infinity) - this.#now; }

  #next() {
    /** @type {[number, { at: number, fn: () => void }] | undefined} */
    let first;
    for (const entry of this.#timers) if (!first || entry[1].at < first[1].at) first = entry;
    return first;
  }
}

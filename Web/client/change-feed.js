// @ts-check
/** @import { Change } from './types.js' */

/** Gathers changes until the next frame, so that a page renders once for a hundred events. */
export class ChangeFeed {
  /** One for each origin, in the order they first came. @type {Map<string, Change & { all: Set<string> }>} */
  #gathered = new Map();
  #onFrame;
  #tell;

  /** @param {(fn: () => void) => void} onFrame @param {(change: Change) => void} tell */
  constructor(onFrame, tell) {
    this.#onFrame = onFrame;
    this.#tell = tell;
  }

  /** @param {Change} change */
  add({ ids, origin, by, seq }) {
    if (this.#gathered.size === 0) this.#onFrame(() => this.#flush());
    const same = this.#gathered.get(origin);
    if (!same) {
      this.#gathered.set(origin, { ids, origin, by, seq, all: new Set(ids) });
      return;
    }
    for (const id of ids) same.all.add(id);
    same.seq = seq;
    if (same.by !== by) same.by = undefined;
  }

  #flush() {
    const changes = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const { all, ...change } of changes) this.#tell({ ...change, ids: [...all] });
  }
}

/** The next animation frame where somebody looks, else the next microtask. @param {() => void} fn */
export function nextFrame(fn) {
  if (typeof requestAnimationFrame === 'function' && globalThis.document?.hidden === false) requestAnimationFrame(fn);
  else queueMicrotask(fn);
}

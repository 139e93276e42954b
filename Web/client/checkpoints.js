// @ts-check
/**
 * @import { Item, ProjectEvent } from './types.js'
 * @import { ProjectState } from './state.js'
 */
import { folded, Past } from './past.js';

/** A moment is at most so many events behind a state that is at hand, so that a step of a slider costs at most so many folds. */
const STEP = 500;
/** So many checkpoints are kept, those looked at last. */
const KEPT = 8;

/**
 * What the past is read from: a question each.
 * @typedef {{ signal: AbortSignal, timeout?: number, key?: string }} Caller
 * @typedef {object} Asking
 * @property {(moment: number | string, caller: Caller) => Promise<ProjectState>} state as the server has it of that moment
 * @property {(from: number, to: number, caller: Caller) => Promise<ProjectEvent[]>} events both inclusive; without those that are no longer kept, or not yet there
 *
 * @typedef {object} Block the state at `base`, and the events from `base` on, up to the next block
 * @property {number} base
 * @property {Promise<ReadonlyMap<string, Item>>} items
 * @property {AbortSignal} signal of who asked for them
 * @property {ProjectEvent[]} events
 */

/** Moments of a project's past: the state every 500 events is asked for once and kept, with the events after it, so that moving about costs no question. */
export class Checkpoints {
  #replica;
  #asking;
  /** By `base`, the one looked at last at the end. @type {Map<number, Block>} */
  #blocks = new Map();
  /** Of the journal that the blocks are of. @type {string | undefined} */
  #epoch;
  /** @type {Map<string, AbortController>} */
  #byKey = new Map();

  /** @param {{ seq: number, floor: number | undefined, epoch: string | undefined }} replica @param {Asking} asking */
  constructor(replica, asking) {
    this.#replica = replica;
    this.#asking = asking;
  }

  /**
   * Of several with the same key the last wins: the others end with an AbortError.
   * @param {number | Date} moment @param {{ key?: string, signal?: AbortSignal, timeout?: number }} options @returns {Promise<Past>}
   */
  async at(moment, { key, signal, timeout }) {
    const turn = new AbortController();
    const aborted = () => turn.abort(signal?.reason);
    if (signal?.aborted) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    if (key !== undefined) {
      this.#byKey.get(key)?.abort(new DOMException('A newer request took its place.', 'AbortError'));
      this.#byKey.set(key, turn);
    }
    try {
      turn.signal.throwIfAborted();
      const caller = { signal: turn.signal, timeout, key };
      const past = await (moment instanceof Date ? this.#atTime(moment, caller) : this.#atSeq(moment, caller));
      turn.signal.throwIfAborted(); // what was at hand may have been overtaken all the same
      return past;
    } finally {
      signal?.removeEventListener('abort', aborted);
      if (key !== undefined && this.#byKey.get(key) === turn) this.#byKey.delete(key);
    }
  }

  /** Only the server knows which event that was. @param {Date} time @param {Caller} caller */
  async #atTime(time, caller) { return this.#past(await this.#asking.state(time.toISOString(), caller), caller); }

  /** @param {number} seq @param {Caller} caller */
  async #atSeq(seq, caller) {
    const base = Math.max(seq - seq % STEP, this.#replica.floor ?? 0);
    if (!(seq > 0 && seq <= this.#replica.seq && base <= seq)) return this.#past(await this.#asking.state(seq, caller), caller);
    const { items, events } = await this.#block(base, seq, caller);
    const until = events.findIndex(event => event.seq === seq);
    if (until < 0 && seq > base) return this.#past(await this.#asking.state(seq, caller), caller); // they are no longer kept
    return new Past(seq, folded(await items, events.slice(0, until + 1).filter(event => event.seq > base)), events[until]?.at, this.#head);
  }

  #head = () => this.#replica.seq;

  /** @param {ProjectState} state @param {Caller} caller */
  async #past({ seq, items }, caller) {
    const [event] = seq > (this.#replica.floor ?? 0) && seq <= this.#replica.seq ? await this.#asking.events(seq, seq, caller) : [];
    return new Past(seq, items, event?.at, this.#head);
  }

  /** A block whose events reach a seq, if they are kept. @param {number} base @param {number} seq @param {Caller} caller @returns {Promise<Block>} */
  async #block(base, seq, caller) {
    for (;;) {
      const block = this.#look(base, caller);
      try {
        await block.items;
        await this.#read(block, seq, caller);
        return block;
      } catch (error) {
        if (this.#blocks.get(base) === block) this.#blocks.delete(base); // the next one asks again
        if (caller.signal.aborted || !block.signal.aborted) throw error; // else: who asked for it has given up, and we have not
      }
    }
  }

  /** @param {number} base @param {Caller} caller @returns {Block} */
  #look(base, caller) {
    if (this.#epoch !== this.#replica.epoch) this.#blocks.clear();
    this.#epoch = this.#replica.epoch;
    const block = this.#blocks.get(base) ?? { base, events: [], items: this.#itemsAt(base, caller), signal: caller.signal };
    this.#blocks.delete(base);
    this.#blocks.set(base, block);
    if (this.#blocks.size > KEPT) this.#blocks.delete(/** @type {number} */ (this.#blocks.keys().next().value));
    return block;
  }

  /** @param {number} base @param {Caller} caller @returns {Promise<ReadonlyMap<string, Item>>} */
  async #itemsAt(base, caller) { return base === 0 ? new Map() : (await this.#asking.state(base, caller)).items; }

  /** Sees to it that the events up to one are at hand; all that there are of its block come at once. @param {Block} block @param {number} seq @param {Caller} caller */
  async #read({ base, events }, seq, caller) {
    const next = (events.at(-1)?.seq ?? Math.max(base, 1) - 1) + 1;
    if (seq < next) return;
    const more = await this.#asking.events(next, base - base % STEP + STEP - 1, caller);
    const last = events.at(-1)?.seq ?? 0;
    events.push(...more.filter(event => event.seq > last)); // somebody else may have asked at the same time
  }
}

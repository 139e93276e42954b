// @ts-check
/** @import { AnyKinds, Item, ItemOf } from './types.js' */
/** @import { Replica } from './replica.js' */

/**
 * Reads the replica. What it returns never changes: compare by identity, do not write to it.
 * @template [App=AnyKinds] the kinds there are
 */
export class Store {
  #replica;

  /** @internal @param {Replica} replica */
  constructor(replica) { this.#replica = replica; }

  /** An entity with our pending commands applied. @param {string} id @returns {ItemOf<App> | undefined} */
  get(id) { return /** @type {any} */ (this.#replica.view(id)); }

  /**
   * All entities (of a kind), sorted by id. Costs a walk over all of them: call it per frame, not per item.
   * @template {keyof App & string} [K=keyof App & string]
   * @param {K} [kind]
   * @returns {ItemOf<App, K>[]}
   */
  list(kind) {
    /** @type {any[]} */
    const items = [];
    for (const id of this.#replica.ids()) {
      const item = /** @type {Item} */ (this.#replica.view(id));
      if (kind === undefined || item.kind === kind) items.push(item);
    }
    return items.sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** An entity as the server has confirmed it. @param {string} id @returns {ItemOf<App> | undefined} */
  confirmed(id) { return /** @type {any} */ (this.#replica.confirmed.get(id)); }

  /** Is a command of ours under way on this entity (on this field)? @param {string} id @param {string} [field] */
  isPending(id, field) { return this.#replica.isPending(id, field); }

  /** How many entities `list()` would return. */
  get size() {
    let size = 0;
    for (const _ of this.#replica.ids()) size++;
    return size;
  }
}

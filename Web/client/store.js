// @ts-check
/**
 * @import { AnyKinds, Change, Item, ItemOf } from './types.js'
 * @import { Replica } from './replica.js'
 * @import { Selection } from './view.js'
 */
import { View } from './view.js';

/**
 * Reads the replica. What it returns never changes: compare by identity, do not write to it.
 * @template [App=AnyKinds] the kinds there are
 */
export class Store {
  #replica;

  #onChange;

  /** @internal @param {Replica} replica @param {(fn: (change: Change) => void) => () => void} onChange tells of changes until the result is called */
  constructor(replica, onChange) {
    this.#replica = replica;
    this.#onChange = onChange;
  }

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

  /**
   * Some entities of a kind, in an order, kept up to date; `subscribe` of it tells what was added, removed, moved and changed.
   * @param {string} [kind] @param {Selection} [selection] @returns {View} close it when it is not needed any more
   */
  view(kind, selection = {}) {
    const items = /** @type {any} */ (this.list(/** @type {any} */ (kind)));
    return new View(kind, selection, items, view => this.#onChange(change => view.update(change, id => this.#replica.view(id))));
  }

  /**
   * Tells changes of one entity, or of a kind: once a frame for each origin, with the ids that are meant.
   * @param {string} idOrKind @param {(change: Change) => void} fn @returns {() => void} stops telling
   */
  subscribe(idOrKind, fn) {
    const known = new Set(this.list(/** @type {any} */ (idOrKind)).map(({ id }) => id)); // so that one that goes is told as well
    return this.#onChange(change => {
      const ids = change.ids.filter(id => {
        const isOfKind = this.get(id)?.kind === idOrKind;
        const wasOfKind = known.has(id);
        if (isOfKind) known.add(id);
        else known.delete(id);
        return isOfKind || wasOfKind || id === idOrKind;
      });
      if (ids.length > 0) fn({ ...change, ids });
    });
  }

  /** How many entities `list()` would return. */
  get size() {
    let size = 0;
    for (const _ of this.#replica.ids()) size++;
    return size;
  }
}

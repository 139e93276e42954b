// @ts-check
/**
 * @import { Item } from './types.js'
 * @import { Pending } from './pending.js'
 */
import { canonical } from './canonical.js';
import { fold } from './fold.js';

/** What the user should see: the pending operations folded over what is confirmed, entity by entity. */
export class Views {
  /** Of entities with pending commands. @type {Map<string, Item | undefined>} */
  #cached = new Map();
  #pending;
  #confirmed;

  /** @param {Pending} pending @param {() => ReadonlyMap<string, Item>} confirmed */
  constructor(pending, confirmed) {
    this.#pending = pending;
    this.#confirmed = confirmed;
  }

  /** @param {string} id @returns {Item | undefined} */
  get(id) {
    const ops = this.#pending.opsOn(id);
    const confirmed = this.#confirmed().get(id);
    if (ops.length === 0) return confirmed;
    if (!this.#cached.has(id)) this.#cached.set(id, ops.reduce(fold, confirmed));
    return this.#cached.get(id);
  }

  /** Ids that have a view, unordered. */
  *ids() {
    const confirmed = this.#confirmed();
    for (const id of confirmed.keys()) if (this.get(id)) yield id;
    for (const id of this.#pending.ids) if (!confirmed.has(id) && this.get(id)) yield id;
  }

  /** @param {string} id @param {string} [field] */
  isPending(id, field) {
    return this.#pending.opsOn(id).some(op => field === undefined || op.type === 'delete'
      || Object.hasOwn(op.type === 'create' ? op.data : op.patch ?? op.increment ?? {}, field));
  }

  /** Something about these has changed. @param {Iterable<string>} ids */
  forget(ids) { for (const id of ids) this.#cached.delete(id); }
}

/** @param {Item | undefined} before @param {Item | undefined} after the version aside: it moves with every confirmation */
export function looksSame(before, after) {
  return before === after
    || before !== undefined && after !== undefined && before.kind === after.kind && canonical(before.data) === canonical(after.data);
}

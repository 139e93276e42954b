// @ts-check
/**
 * @import { Item } from './types.js'
 * @import { Pending } from './pending.js'
 */
import { canonical } from './canonical.js';
import { fold } from './fold.js';
import { editOf } from './text-field.js';

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
      || Object.hasOwn(op.type === 'create' ? op.data : op.patch ?? op.increment ?? {}, field) || editOf(op)?.field === field);
  }

  /** Something about these has changed. @param {Iterable<string>} ids */
  forget(ids) { for (const id of ids) this.#cached.delete(id); }
}

/** @param {Item | undefined} before @param {Item | undefined} after the version aside: it moves with every confirmation */
export function looksSame(before, after) {
  if (before === after || before === undefined || after === undefined) return before === after;
  const fields = Object.keys(after.data);
  return before.kind === after.kind && fields.length === Object.keys(before.data).length
    && fields.every(field => Object.hasOwn(before.data, field) && sameValue(before.data[field], after.data[field]));
}

/** What is the very same needs no comparing, long texts above all. @param {import('./types.js').Json} a @param {import('./types.js').Json} b */
const sameValue = (a, b) => a === b || typeof a === 'object' && typeof b === 'object' && canonical(a) === canonical(b);

// @ts-check
/** @import { Change, Item, Json } from './types.js' */
import { canonical } from './canonical.js';

/**
 * What has become of a view since it was told last, per frame. Applied in this order it leads from the old list to the new one: take out
 * `removed` and `moved`, put in `added` and `moved` by rising index, draw `changed` anew.
 * @typedef {object} Difference
 * @property {{ item: Item, index: number }[]} added
 * @property {string[]} removed ids
 * @property {{ item: Item, index: number }[]} moved their place is another one among those that stay
 * @property {Item[]} changed in the view before and after, and not the same
 *
 * @typedef {{ where?: ((item: Item) => boolean) | { [field: string]: Json }, sort?: string | ((a: Item, b: Item) => number) }} Selection `where`:
 *   fields that have these values, or a question of your own, which may look at nothing but the item; `sort`: a field (`-field` the other way
 *   round), or an order of your own; what is equal there is sorted by id, and so is all without it
 */

/** Some entities of a kind, in an order, kept up to date by what changes: an item costs its place, not a walk over all. */
export class View {
  #where;
  #sort;
  /** @type {Map<string, Item>} */
  #byId = new Map();
  /** @type {readonly Item[]} */
  #items;
  /** @type {Set<(difference: Difference) => void>} */
  #listeners = new Set();
  #kind;
  #close;

  /**
   * Made by `store.view`.
   * @param {string | undefined} kind @param {Selection} selection @param {Item[]} items of the kind @param {(view: View) => () => void} open
   */
  constructor(kind, { where, sort }, items, open) {
    this.#kind = kind;
    this.#where = typeof where === 'function' ? where : fieldsAre(where ?? {});
    this.#sort = orderOf(sort);
    this.#items = items.filter(item => this.#where(item)).sort(this.#sort);
    for (const item of this.#items) this.#byId.set(item.id, item);
    this.#close = open(this);
  }

  /** In order; another array after each difference. */
  get items() { return this.#items; }

  /** Tells each difference from now on. @param {(difference: Difference) => void} fn @returns {() => void} stops telling */
  subscribe(fn) {
    this.#listeners.add(fn);
    return () => { this.#listeners.delete(fn); };
  }

  /** It is not kept up to date any more. */
  close() {
    this.#close();
    this.#listeners.clear();
  }

  /** Called by the store. @param {Change} change @param {(id: string) => Item | undefined} get */
  update({ ids }, get) {
    const before = this.#items;
    const old = new Map(ids.map(id => [id, this.#byId.get(id)]));
    for (const id of old.keys()) {
      const item = get(id);
      if (item && (this.#kind === undefined || item.kind === this.#kind) && this.#where(item)) this.#byId.set(id, item);
      else this.#byId.delete(id);
    }
    const touched = [...old].filter(([id, item]) => item !== this.#byId.get(id)).map(([id]) => id);
    if (touched.length === 0) return;
    const rest = before.filter(({ id }) => !old.has(id) || old.get(id) === this.#byId.get(id));
    const items = touched.map(id => this.#byId.get(id)).filter(item => item !== undefined).sort(this.#sort);
    this.#items = merged(rest, items, this.#sort);
    const difference = this.#difference(before, touched, old);
    for (const fn of [...this.#listeners]) fn(difference);
  }

  /** @param {readonly Item[]} before @param {string[]} touched @param {Map<string, Item | undefined>} old @returns {Difference} */
  #difference(before, touched, old) {
    const places = new Map(before.filter(({ id }) => this.#byId.has(id)).map(({ id }, place) => [id, place]));
    const isTouched = new Set(touched);
    /** @type {Difference} */
    const difference = { added: [], removed: touched.filter(id => old.get(id) && !this.#byId.has(id)), moved: [], changed: [] };
    let place = 0;
    for (const [index, item] of this.#items.entries()) {
      const was = places.get(item.id);
      if (was === undefined) difference.added.push({ item, index });
      else if (isTouched.has(item.id)) {
        difference.changed.push(item);
        if (was !== place) difference.moved.push({ item, index });
      }
      if (was !== undefined) place++;
    }
    return difference;
  }
}

/** @param {readonly Item[]} some @param {Item[]} others @param {(a: Item, b: Item) => number} sort both are sorted by it */
function merged(some, others, sort) {
  const all = [];
  let next = 0;
  for (const item of some) {
    while (next < others.length && sort(others[next], item) < 0) all.push(others[next++]);
    all.push(item);
  }
  return [...all, ...others.slice(next)];
}

/** @param {{ [field: string]: Json }} fields @returns {(item: Item) => boolean} */
function fieldsAre(fields) {
  const wanted = Object.entries(fields).map(([field, value]) => /** @type {const} */ ([field, canonical(value)]));
  return ({ data }) => wanted.every(([field, text]) => canonical(Object.hasOwn(data, field) ? data[field] : null) === text);
}

/** Numbers before texts; what is absent first. @param {Selection['sort']} sort @returns {(a: Item, b: Item) => number} */
function orderOf(sort) {
  const byId = (/** @type {Item} */ a, /** @type {Item} */ b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  if (sort === undefined) return byId;
  if (typeof sort === 'function') return (a, b) => sort(a, b) || byId(a, b);
  const [field, sign] = sort.startsWith('-') ? [sort.slice(1), -1] : [sort, 1];
  return (a, b) => sign * compare(a.data[field], b.data[field]) || byId(a, b);
}

/** @param {Json | undefined} a @param {Json | undefined} b */
function compare(a, b) {
  const ranks = [a, b].map(value => value === undefined || value === null ? 0 : typeof value === 'boolean' ? 1 : typeof value === 'number' ? 2 : typeof value === 'string' ? 3 : 4);
  if (ranks[0] !== ranks[1]) return ranks[0] - ranks[1];
  if (ranks[0] === 0 || ranks[0] === 4) return 0;
  return /** @type {any} */ (a) < /** @type {any} */ (b) ? -1 : /** @type {any} */ (a) > /** @type {any} */ (b) ? 1 : 0;
}

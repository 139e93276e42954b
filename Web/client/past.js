// @ts-check
/** @import { Item, ProjectEvent, SnapshotPart, WireEntity } from './types.js' */
import { ProtocolError } from './errors.js';
import { fold, opsOf } from './fold.js';
import { ProjectState } from './state.js';
import { wireOf } from './text-marker.js';

/** The state of a project at a moment of its past, read-only. */
export class Past {
  #items;
  #head;
  /** @type {string | undefined} */
  #hash;

  /**
   * @internal
   * @param {number} seq @param {ReadonlyMap<string, Item>} items
   * @param {string | undefined} at @param {() => number} head where the present stands
   */
  constructor(seq, items, at, head) {
    /** The last event that is in it. */
    this.seq = seq;
    /** When that happened, by the server's clock, RFC 3339; undefined before the first event, and where it is no longer kept. */
    this.at = at;
    this.#items = items;
    this.#head = head;
  }

  /** How many events are newer: it grows while the past is looked at. */
  get live() { return Math.max(0, this.#head() - this.seq); }

  /** State hash, comparable with `stateHash` of a client at that seq. Costs a walk over all entities, once. */
  get hash() { return this.#hash ??= new ProjectState(this.seq, [...this.#items.values()].map(wireOf)).hash; }

  /** An entity as it was. @param {string} id @returns {Item | undefined} */
  get(id) { return this.#items.get(id); }

  /** All entities there were (of a kind), sorted by id. @param {string} [kind] @returns {Item[]} */
  list(kind) {
    return [...this.#items.values()].filter(item => kind === undefined || item.kind === kind)
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }
}

/** The entities after some events more; those before are not changed. @param {ReadonlyMap<string, Item>} items @param {Iterable<ProjectEvent>} events */
export function folded(items, events) {
  const after = new Map(items);
  for (const event of events) {
    for (const op of opsOf(event)) {
      const item = fold(after.get(op.entity), op);
      if (item) after.set(op.entity, item);
      else after.delete(op.entity);
    }
  }
  return after;
}

/** Reads the parts of a snapshot that was asked for; undefined until the last one. */
export function stateReader() {
  /** @type {WireEntity[]} */
  const entities = [];
  return (/** @type {SnapshotPart} */ { seq, part, parts, entities: some, hash }) => {
    entities.push(...some);
    if (part < parts) return undefined;
    const state = new ProjectState(seq, entities);
    if (hash !== undefined && hash !== state.hash) throw new ProtocolError('hash_mismatch', `The state at ${seq} does not hash as it should.`);
    return state;
  };
}

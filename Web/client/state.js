// @ts-check
/** @import { Item, Op, ProjectEvent, WireEntity } from './types.js' */
import { fold, opsOf } from './fold.js';
import { StateHash } from './hash.js';
import { itemOf } from './text-marker.js';

/** The confirmed state of a project: entities, position and state hash, moved by events and by nothing else. */
export class ProjectState {
  #hash = new StateHash();
  #fold;

  /** @param {number} [seq] @param {Iterable<WireEntity>} [entities] of a snapshot @param {typeof fold} [folding] for tests, one that has a fault */
  constructor(seq = 0, entities = [], folding = fold) {
    this.#fold = folding;
    this.seq = seq;
    /** @type {Map<string, Item>} */
    this.items = new Map();
    for (const entity of entities) this.#put(entity.entity, itemOf(entity));
  }

  /** Of all entities, see docs/wire.md section 8. */
  get hash() { return String(this.#hash); }

  /**
   * Applies an event. Its `seq` is taken even where nothing else can be.
   * @param {ProjectEvent} event
   * @returns {{ op: Op, kind: string | undefined }[]} its operations, each with the kind of its entity
   */
  apply(event) {
    this.seq = event.seq;
    return opsOf(event).map(op => {
      const before = this.items.get(op.entity);
      const after = this.#fold(before, op);
      this.#put(op.entity, after);
      return { op, kind: (after ?? before)?.kind };
    });
  }

  /** @param {string} id @param {Item | undefined} after */
  #put(id, after) {
    this.#hash.move(this.items.get(id), after);
    if (after) this.items.set(id, after);
    else this.items.delete(id);
  }
}

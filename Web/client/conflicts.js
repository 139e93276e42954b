// @ts-check
/** @import { Conflict, Item, Op, ProjectEvent } from './types.js' */
import { canonical } from './canonical.js';
import { opsOf } from './fold.js';

/** How long a field is ours after our write to it has taken effect, in ms. */
const WINDOW_MS = 5000;

/**
 * Knows the fields that are ours for now: what we wrote a moment ago, and what somebody here has under the cursor. Increments are nobody's: they
 * add up.
 */
export class Conflicts {
  /** When, by field; a later write stands further behind. @type {Map<string, number>} */
  #written = new Map();
  /** How many edit it. @type {Map<string, number>} */
  #edited = new Map();

  /** Somebody edits a field until the result is called. @param {string} id @param {string} field @returns {() => void} */
  edit(id, field) {
    const key = keyOf(id, field);
    let left = false;
    this.#edited.set(key, (this.#edited.get(key) ?? 0) + 1);
    return () => {
      if (left) return;
      left = true;
      const others = (this.#edited.get(key) ?? 0) - 1;
      if (others > 0) this.#edited.set(key, others);
      else this.#edited.delete(key);
    };
  }

  /** A command of ours has taken effect. @param {readonly Op[]} ops @param {number} now */
  wrote(ops, now) {
    for (const op of ops) {
      for (const field of fieldsOf(op)) {
        const key = keyOf(op.entity, field);
        this.#written.delete(key);
        this.#written.set(key, now);
      }
    }
  }

  /**
   * What an event of somebody else does to fields that are ours.
   * @param {ProjectEvent} event @param {Map<string, Item | undefined>} before what we saw before it, of all it touches
   * @param {(id: string) => readonly Op[]} pendingOn @param {ReadonlyMap<string, Item>} confirmed with the event @param {number} now
   * @returns {Conflict[]}
   */
  of(event, before, pendingOn, confirmed, now) {
    for (const [key, at] of this.#written) { // the old ones are in front
      if (now - at <= WINDOW_MS) break;
      this.#written.delete(key);
    }
    /** @type {Map<string, Conflict>} */
    const found = new Map();
    for (const op of opsOf(event)) {
      if (op.type !== 'update' || !op.patch) continue;
      const ours = new Set(pendingOn(op.entity).flatMap(fieldsOf));
      for (const field of Object.keys(op.patch)) {
        const key = keyOf(op.entity, field);
        if (!ours.has(field) && !this.#written.has(key) && !this.#edited.has(key)) continue;
        const mine = before.get(op.entity)?.data[field];
        const theirs = confirmed.get(op.entity)?.data[field];
        if (text(mine) !== text(theirs)) found.set(key, { id: op.entity, field, mine, theirs, by: event.by });
      }
    }
    return [...found.values()];
  }
}

/** @param {Op} op @returns {string[]} */
function fieldsOf(op) { return op.type === 'create' ? Object.keys(op.data) : op.type === 'update' && op.patch ? Object.keys(op.patch) : []; }

/** No field has a blank in its name. @param {string} id @param {string} field */
function keyOf(id, field) { return `${id} ${field}`; }

/** @param {import('./types.js').Json | undefined} value */
function text(value) { return value === undefined ? undefined : canonical(value); }

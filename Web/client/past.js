// @ts-check
/** @import { Item, SnapshotPart, WireEntity } from './types.js' */
import { ProtocolError } from './errors.js';
import { ProjectState } from './state.js';

/** The state of a project at a moment of its past, read-only. */
export class Past {
  #state;

  /** @internal @param {ProjectState} state */
  constructor(state) { this.#state = state; }

  /** After which event. */
  get seq() { return this.#state.seq; }

  /** State hash, comparable with `stateHash` of a client at that seq. */
  get hash() { return this.#state.hash; }

  /** An entity as it was. @param {string} id @returns {Item | undefined} */
  get(id) { return this.#state.items.get(id); }

  /** All entities there were (of a kind), sorted by id. @param {string} [kind] @returns {Item[]} */
  list(kind) {
    return [...this.#state.items.values()].filter(item => kind === undefined || item.kind === kind)
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }
}

/** Reads the parts of a snapshot that was asked for; undefined until the last one. */
export function pastReader() {
  /** @type {WireEntity[]} */
  const entities = [];
  return (/** @type {SnapshotPart} */ { seq, part, parts, entities: some, hash }) => {
    entities.push(...some);
    if (part < parts) return undefined;
    const past = new Past(new ProjectState(seq, entities));
    if (hash !== undefined && hash !== past.hash) throw new ProtocolError('hash_mismatch', `The state at ${seq} does not hash as it should.`);
    return past;
  };
}

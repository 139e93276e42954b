// @ts-check
/** @import { Item } from './types.js' */
import { canonical } from './canonical.js';
import { textHash } from './text-hash.js';

const SEEDS = [0x9747b28c, 0x3c6ef372];
const utf8 = new TextEncoder();

/**
 * The state hash of docs/wire.md section 8. A sum of contributions, so it needs no order, and a changed field costs its
 * old and its new value and nothing else. A text costs its whole length, so the texts that were changed are hashed when somebody asks.
 */
export class StateHash {
  #lanes = new Uint32Array(SEEDS.length); // adds modulo 2^32 by itself
  /** Of entities that have texts what these contribute, as far as it has been asked for. @type {Map<string, number[]>} */
  #texts = new Map();
  /** Entities whose texts may have changed since, as they are now. @type {Map<string, Item | undefined>} */
  #changed = new Map();

  /**
   * Moves the hash from one state of an entity to the next.
   * @param {Item | undefined} before undefined: it did not exist
   * @param {Item | undefined} after undefined: it is gone
   */
  move(before, after) {
    if (before === after) return;
    const id = /** @type {Item} */ (before ?? after).id;
    if (before?.texts || after?.texts) this.#changed.set(id, after);
    SEEDS.forEach((seed, lane) => {
      const root = chain(seed, id); // every part of an entity starts with its id: hashed once
      let sum = 0;
      if (before?.kind !== after?.kind || before?.version !== after?.version) {
        if (before) sum -= head(root, before);
        if (after) sum += head(root, after);
      }
      for (const field of changedFields(before, after)) {
        if (has(before, field)) sum -= chain(root, field, canonical(before.data[field]));
        if (has(after, field)) sum += chain(root, field, canonical(after.data[field]));
      }
      this.#lanes[lane] += sum;
    });
  }

  /** 16 lower-case hexadecimal digits, first lane first. */
  toString() {
    for (const [id, item] of this.#changed) this.#retell(id, item);
    this.#changed.clear();
    return [...this.#lanes].map(lane => lane.toString(16).padStart(8, '0')).join('');
  }

  /** @param {string} id @param {Item | undefined} item */
  #retell(id, item) {
    this.#texts.get(id)?.forEach((sum, lane) => { this.#lanes[lane] -= sum; });
    this.#texts.delete(id);
    if (!item?.texts) return;
    const contents = Object.keys(item.texts).map(field => ({ field, content: contentOf(String(item.data[field])) }));
    const sums = SEEDS.map(seed => contents.reduce((sum, { field, content }) => sum + (murmur3(content, chain(seed, id, field)) >>> 0), 0));
    sums.forEach((sum, lane) => { this.#lanes[lane] += sum; });
    this.#texts.set(id, sums);
  }
}

/** A text's hash and length, as the 12 bytes that stand for it. @param {string} text */
function contentOf(text) {
  const content = new DataView(new ArrayBuffer(12));
  [...textHash(text), text.length].forEach((number, i) => content.setUint32(4 * i, number, true));
  return new Uint8Array(content.buffer);
}

/** @param {number} root @param {Item} item */
const head = (root, item) => chain(root, '', item.kind, String(item.version));

/** Texts are hashed otherwise. @param {Item | undefined} item @param {string} field @returns {item is Item} */
const has = (item, field) => item !== undefined && Object.hasOwn(item.data, field) && !(item.texts && Object.hasOwn(item.texts, field));

/**
 * Fields that are not the very same value: the fold keeps what it does not change, so identity is enough.
 * @param {Item | undefined} before @param {Item | undefined} after
 */
function* changedFields(before, after) {
  for (const field in before?.data) if (has(before, field) && (!has(after, field) || after.data[field] !== before.data[field])) yield field;
  for (const field in after?.data) if (has(after, field) && !has(before, field)) yield field;
}

/**
 * Hashes the parts one after the other, the result of each being the seed of the next.
 * @param {number} seed @param {...string} parts
 * @returns {number} unsigned 32 bits
 */
export function chain(seed, ...parts) {
  for (const part of parts) seed = murmur3(utf8.encode(part), seed);
  return seed >>> 0;
}

/**
 * MurmurHash3 x86 32-bit (Austin Appleby, public domain).
 * @param {Uint8Array} bytes @param {number} seed
 */
function murmur3(bytes, seed) {
  const { length } = bytes;
  const whole = length & ~3;
  let h = seed;
  for (let i = 0; i < whole; i += 4) {
    h ^= scramble(bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24);
    h = Math.imul(h << 13 | h >>> 19, 5) + 0xe6546b64 | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= whole; i--) rest = rest << 8 | bytes[i];
  if (whole < length) h ^= scramble(rest);
  h ^= length;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

/** @param {number} k */
function scramble(k) {
  k = Math.imul(k, 0xcc9e2d51);
  return Math.imul(k << 15 | k >>> 17, 0x1b873593);
}

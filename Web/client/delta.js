// @ts-check
/** @import { Delta, DeltaPart } from './types.js' */

/**
 * Changes of a text, as steps over the old text from its left, counted in UTF-16 units; what they do not reach is kept. All that is made here is in
 * normal form, so what does the same is equal, here and in every other language: neighbours of one kind are one, an insert beside a delete stands
 * before it, nothing is empty, no retain stands last.
 *
 * The rule of ties: of two edits the one later in the journal is transformed with 'left', the earlier one with 'right'. A typist whose edits arrive
 * late then keeps his words in one piece. Transforming over a composition is not the same as transforming over its parts: all parties go through the
 * same single events.
 */

/** Builds a delta in normal form whatever it is told. */
function builder() {
  /** @type {DeltaPart[]} */ const parts = [];
  let [retained, inserted, deleted] = [0, '', 0]; // what is still open, in the order of the normal form
  const flush = () => {
    if (retained) parts.push({ retain: retained });
    if (inserted) parts.push({ insert: inserted });
    if (deleted) parts.push({ delete: deleted });
    [retained, inserted, deleted] = [0, '', 0];
  };
  return {
    /** @param {number} length */
    retain(length) {
      if (length && (inserted || deleted)) flush();
      retained += length;
    },
    /** @param {string} text */
    insert(text) { inserted += text; },
    /** @param {number} length */
    delete(length) { deleted += length; },
    build() {
      if (inserted || deleted) flush();
      return parts;
    },
  };
}

/** A place in a delta. Past its end a delta retains for ever. */
class Cursor {
  #op;
  #index = 0;
  #used = 0;

  /** @param {Delta} op */
  constructor(op) { this.#op = op; }

  get isAtEnd() { return this.#index === this.#op.length; }
  get kind() { return this.isAtEnd ? 'retain' : kindOf(this.#op[this.#index]); }
  get rest() { return this.isAtEnd ? Infinity : lengthOf(this.#op[this.#index]) - this.#used; }

  /** Goes on by units of the part it stands in; gives what is inserted there. @param {number} [length] */
  take(length = this.rest) {
    const text = this.#op[this.#index]?.insert?.slice(this.#used, this.#used + length) ?? '';
    this.#used += length;
    if (this.rest === 0) {
      this.#index++;
      this.#used = 0;
    }
    return text;
  }
}

/** @param {DeltaPart} part */
const kindOf = part => part.insert !== undefined ? 'insert' : part.delete !== undefined ? 'delete' : 'retain';

/** @param {DeltaPart} part */
const lengthOf = part => part.insert?.length ?? part.delete ?? /** @type {number} */ (part.retain);

/** One delta that does what `a` and then `b` do. @param {Delta} a @param {Delta} b @returns {Delta} */
export function compose(a, b) {
  const output = builder();
  const [x, y] = [new Cursor(a), new Cursor(b)];
  while (!x.isAtEnd || !y.isAtEnd) {
    if (y.kind === 'insert') output.insert(y.take());
    else if (x.kind === 'delete') {
      output.delete(x.rest);
      x.take();
    } else {
      const length = Math.min(x.rest, y.rest);
      const [isInserted, isDeleted] = [x.kind === 'insert', y.kind === 'delete'];
      const text = x.take(length);
      y.take(length);
      if (!isDeleted) isInserted ? output.insert(text) : output.retain(length);
      else if (!isInserted) output.delete(length);
    }
  }
  return output.build();
}

/**
 * `x` as it must read after `y`, where both were made for the same text.
 * @param {Delta} x @param {Delta} y @param {'left' | 'right'} side where an insert of `x` goes that ties with one of `y` @returns {Delta}
 */
export function transform(x, y, side) {
  const output = builder();
  const [a, b] = [new Cursor(x), new Cursor(y)];
  while (!a.isAtEnd) { // what would come after it is only retained
    if (a.kind === 'insert' && (side === 'left' || b.kind !== 'insert')) output.insert(a.take());
    else if (b.kind === 'insert') {
      output.retain(b.rest);
      b.take();
    } else {
      const length = Math.min(a.rest, b.rest);
      if (b.kind === 'retain') a.kind === 'delete' ? output.delete(length) : output.retain(length);
      a.take(length);
      b.take(length);
    }
  }
  return output.build();
}

/** The delta that takes `op` back. @param {Delta} op @param {string} before the text it was applied to @returns {Delta} */
export function invert(op, before) {
  const output = builder();
  let at = 0;
  for (const part of op) {
    const length = lengthOf(part);
    if (part.insert !== undefined) output.delete(length);
    else {
      part.delete ? output.insert(before.slice(at, at + length)) : output.retain(length);
      at += length;
    }
  }
  return output.build();
}

/** The text after a change. @param {string} text @param {Delta} op */
export function apply(text, op) {
  if (need(op) > text.length) throw new RangeError('The delta reaches further than the text.');
  let [after, at] = ['', 0];
  for (const { retain = 0, insert = '', delete: deleted = 0 } of op) {
    after += insert + text.slice(at, at + retain);
    at += retain + deleted;
  }
  return after + text.slice(at);
}

/** Units a text must have at least for `op` to be applied to it. @param {Delta} op */
export const need = op => op.reduce((sum, part) => sum + (part.retain ?? 0) + (part.delete ?? 0), 0);

/** Units by which the text becomes longer. @param {Delta} op */
export const growth = op => op.reduce((sum, part) => sum + (part.insert?.length ?? 0) - (part.delete ?? 0), 0);

/**
 * Where a place of the old text is in the new one; a place in what is deleted moves to its start.
 * @param {number} position @param {Delta} op @param {number} assoc what is inserted exactly there goes to its right, unless this is above zero
 */
export function transformPosition(position, op, assoc) {
  let [at, moved] = [0, position];
  for (const { retain = 0, insert = '', delete: deleted = 0 } of op) {
    if (at > position) break;
    if (at < position || assoc > 0) moved += insert.length;
    moved -= Math.min(deleted, position - at);
    at += retain + deleted;
  }
  return moved;
}

/** The change from one text to another as one replacement, widened to the borders of surrogate pairs. @param {string} before @param {string} after */
export function between(before, after) {
  const most = Math.min(before.length, after.length);
  let [start, end] = [0, 0];
  while (start < most && before[start] === after[start]) start++;
  if (isInsidePair(before, start) || isInsidePair(after, start)) start--;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (isInsidePair(before, before.length - end) || isInsidePair(after, after.length - end)) end--;
  return replace(start, before.length - end - start, after.slice(start, after.length - end));
}

/** @param {number} at @param {number} removed units taken away there @param {string} inserted @returns {Delta} */
export function replace(at, removed, inserted) {
  const output = builder();
  output.retain(at);
  output.insert(inserted);
  output.delete(removed);
  return output.build();
}

const LENGTH_MAX = 2 ** 31 - 1;

/** The detail with which a server refuses `op` by itself, if it does. @param {unknown} op @returns {'bad_delta' | 'not_normal' | 'bad_unicode' | undefined} */
export function refusal(op) {
  if (!Array.isArray(op) || !op.every(isPart) || need(op) > LENGTH_MAX) return 'bad_delta';
  const output = builder();
  for (const part of /** @type {Delta} */ (op)) {
    if (part.insert !== undefined) output.insert(part.insert);
    else part.delete ? output.delete(part.delete) : output.retain(lengthOf(part));
  }
  if (op.length === 0 || JSON.stringify(output.build()) !== JSON.stringify(op)) return 'not_normal';
  return op.every(({ insert = '' }) => !/[\0\p{Cs}]/u.test(insert)) ? undefined : 'bad_unicode';
}

/** @param {any} part */
function isPart(part) {
  if (typeof part !== 'object' || part === null) return false;
  const [[key, value], ...more] = [...Object.entries(part), []];
  return more.length === 1 && (key === 'insert' ? typeof value === 'string'
    : (key === 'retain' || key === 'delete') && Number.isInteger(value) && value >= 1 && value <= LENGTH_MAX);
}

/** Whether `op` starts, ends or inserts between the halves of a surrogate pair. @param {string} text @param {Delta} op */
export function splitsPair(text, op) {
  let at = 0;
  for (const { retain = 0, delete: deleted = 0 } of op) {
    if (!retain && (isInsidePair(text, at) || isInsidePair(text, at + deleted))) return true;
    at += retain + deleted;
  }
  return false;
}

/** @param {string} text @param {number} at */
const isInsidePair = (text, at) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(at - 1, 0), at + 1));

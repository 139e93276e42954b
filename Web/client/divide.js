// @ts-check
/** @import { Delta } from './types.js' */
import { compose, replace } from './delta.js';

/** Units that one edit puts in, and parts that it has, at most: it is to fit into a message, and below what a server takes behind others' edits. */
const INSERTED_MAX = 10_000;
const PARTS_MAX = 500;

/** One delta as several, each about the text after those before it, where it is more than one message takes. @param {Delta} delta @returns {Delta[]} */
export function divided(delta) {
  if (delta.length <= PARTS_MAX && inserted(delta) <= INSERTED_MAX) return [delta];
  /** @type {Delta[]} */
  const parts = [];
  for (const step of steps(delta)) {
    const last = parts.at(-1);
    const both = last && inserted(last) + inserted(step) <= INSERTED_MAX ? compose(last, step) : undefined;
    if (both && both.length <= PARTS_MAX) parts[parts.length - 1] = both;
    else parts.push(step);
  }
  return parts;
}

/** Single replacements that do the same one after the other, from the left. @param {Delta} delta */
function* steps(delta) {
  let at = 0;
  for (const { retain = 0, insert = '', delete: deleted = 0 } of delta) {
    at += retain;
    if (deleted > 0) yield replace(at, deleted, '');
    for (const text of pieces(insert)) {
      yield replace(at, 0, text);
      at += text.length;
    }
  }
}

/** @param {string} text none of them ends inside a surrogate pair */
function* pieces(text) {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + INSERTED_MAX, text.length);
    if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1])) end--;
    yield text.slice(start, end);
    start = end;
  }
}

/** @param {Delta} delta */
const inserted = delta => delta.reduce((sum, { insert = '' }) => sum + insert.length, 0);

// @ts-check
/** @import { Item, Json, Question } from './types.js' */
import { canonical } from './canonical.js';

const utf8 = new TextEncoder();
/** Of a text so many units count in an order. */
const TEXT_UNITS = 256;
/** Letters that the server does not take for others, though their capitals would be ASCII. */
const OWN_CASE = new Set(['ı', 'ſ']);

/** Does an entity fulfil all conditions of a query? As the server has it. @param {Item} item @param {Question} question */
export function matches(item, { kind, where = {}, match = {} }) {
  return (kind === undefined || item.kind === kind)
    && Object.entries(where).every(([field, wanted]) => canonical(valueOf(item, field)) === canonical(wanted))
    && Object.entries(match).every(([field, prefix]) => (field === '*' ? Object.values(item.data) : [valueOf(item, field)])
      .some(value => typeof value === 'string' && withoutCase(value).startsWith(withoutCase(prefix))));
}

/**
 * The order of a query's items: by a field, then by id. Absent and null come first, then false, true, numbers, strings, and all else by its text.
 * @param {string} [sort] `field`, or `-field` for descending
 * @returns {(a: Item, b: Item) => number}
 */
export function orderOf(sort) {
  const field = sort?.replace(/^-/, '');
  const sign = sort?.startsWith('-') ? -1 : 1;
  return (a, b) => (field === undefined ? 0 : sign * compare(placeOf(a, field), placeOf(b, field))) || compareTexts(a.id, b.id);
}

/** What an entity is sorted by: of a text its begin, so that a place in the order is no longer than a message may be. @param {Item} item @param {string} field @returns {Json} */
export function placeOf(item, field) {
  const value = valueOf(item, field);
  return item.texts?.[field] && typeof value === 'string' ? value.slice(0, TEXT_UNITS).replace(value.length > TEXT_UNITS ? /[\ud800-\udbff]$/ : '', '') : value;
}

/** A field that is not there equals null. @param {Item} item @param {string} field @returns {Json} */
function valueOf({ data }, field) { return Object.hasOwn(data, field) ? data[field] : null; }

/** @param {Json} a @param {Json} b */
function compare(a, b) {
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (typeof a === 'number') return a - /** @type {number} */ (b);
  if (typeof a === 'string') return compareTexts(a, /** @type {string} */ (b));
  return a !== null && typeof a === 'object' ? compareBytes(utf8.encode(canonical(a)), utf8.encode(canonical(b))) : 0;
}

/** @param {Json} value */
function rank(value) { return value === null ? 0 : value === false ? 1 : value === true ? 2 : typeof value === 'number' ? 3 : typeof value === 'string' ? 4 : 5; }

/** @param {string} a @param {string} b */
function compareTexts(a, b) { return a < b ? -1 : a > b ? 1 : 0; }

/** @param {Uint8Array} a @param {Uint8Array} b */
function compareBytes(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Letter by letter, and a letter stays one letter: ß is not SS here, nor on the server. @param {string} text */
function withoutCase(text) {
  return Array.from(text, letter => {
    const upper = letter.toUpperCase();
    if (OWN_CASE.has(letter)) return letter;
    if (upper.length === letter.length) return upper;
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  }).join('');
}

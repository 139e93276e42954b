// @ts-check
/** @import { Item } from './types.js' */

/**
 * Fractional order keys: strings in base 62 that compare like fractions, so a card moves by one write to one field, and two people
 * who move different cards never touch the same data. Every key ends in two random digits: two people who drop a card in the
 * same gap at the same moment get different keys (and if not, the id decides).
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'; // in code unit order, so `<` compares keys
const BASE = DIGITS.length;
const HEAD = 4; // digits that stepping at an end counts in: keys stay short for 62^4 / 2 appends
const MIDDLE = DIGITS[BASE / 2] + '0'.repeat(HEAD - 1);

/**
 * A key after `left` and before `right`; null stands for the end of the list. Keys that are out of order (someone else's mistake)
 * give a key after `left`.
 * @param {string | null} left @param {string | null} right @param {() => number} [random] @returns {string}
 */
export function keyBetween(left, right, random = Math.random) {
  if (left !== null && right !== null && left >= right) right = null;
  const head = left === null && right === null ? MIDDLE
    : right === null ? stepped(/** @type {string} */ (left), 1) ?? middle(left ?? '', null)
    : left === null ? stepped(right, -1) ?? middle('', right)
    : middle(left, right);
  // The last digit is never 0: nothing would fit between x and x0.
  return head + DIGITS[Math.floor(random() * BASE)] + DIGITS[1 + Math.floor(random() * (BASE - 1))];
}

/** The head of `key` plus `step`, or null where the count would leave its range. @param {string} key @param {number} step */
function stepped(key, step) {
  let count = step;
  for (let place = 0; place < HEAD; place++) count += digit(key, place) * BASE ** (HEAD - 1 - place);
  if (count < 0 || count >= BASE ** HEAD) return null;
  let head = '';
  for (let place = 0; place < HEAD; place++, count = Math.floor(count / BASE)) head = DIGITS[count % BASE] + head;
  return head;
}

/**
 * The shortest prefix whose last digit lies strictly between both keys: whatever follows it stays between them.
 * @param {string} left @param {string | null} right
 */
function middle(left, right) {
  for (let prefix = '', place = 0; ; place++) {
    if (right !== null && place >= right.length) right = null; // only a key that ends in 0 comes here: nothing fits, stay near
    const low = digit(left, place);
    const high = right === null ? BASE : digit(right, place);
    if (high - low > 1) return prefix + DIGITS[Math.floor((low + high) / 2)];
    if (high > low) right = null; // the prefix is below `right` already
    prefix += DIGITS[low];
  }
}

/** @param {string} key @param {number} place a digit that is missing counts as 0, and so does one that is none */
const digit = (key, place) => Math.max(0, place < key.length ? DIGITS.indexOf(key[place]) : 0);

/** Sorts by order key; equal keys by id, so that every page shows the same. @param {Item} a @param {Item} b */
export function byOrder(a, b) {
  const [left, right] = [String(a.data.order ?? ''), String(b.data.order ?? '')];
  return left < right ? -1 : left > right ? 1 : a.id < b.id ? -1 : 1;
}

/**
 * The key that puts something at `index` among `siblings` (which do not contain it).
 * @param {Item[]} siblings sorted @param {number} index @param {() => number} [random]
 */
export function keyAt(siblings, index, random) {
  /** @param {number} at */
  const key = at => at in siblings ? String(siblings[at].data.order ?? '') : null;
  return keyBetween(key(index - 1), key(index), random);
}

/**
 * Where something stands that is put before or after one of its siblings: at the end, if that one is not there (any more).
 * @param {Item[]} siblings sorted @param {{ before?: string, after?: string }} place
 */
export function indexOf(siblings, { before, after }) {
  const at = siblings.findIndex(({ id }) => id === (before ?? after));
  return at < 0 ? siblings.length : before === undefined ? at + 1 : at;
}

// @ts-check
/** @import { Command, Edit, Json, JsonObject, UpdateOp } from './types.js' */
import { compose as composeDeltas } from './delta.js';
import { textIn } from './text-marker.js';

/** Parts of an edit that several have become; each alone may have had more. A server takes 1,000 where others have edited meanwhile, and moving adds some. */
const PARTS_MAX = 500;

/**
 * One command that does what two on the same entity do one after the other, whatever the entity is like; undefined where there is none. Only
 * updates without a condition: the second of two with `ifVersion` is about what the first has made of the entity.
 * @param {Command} earlier @param {Command} later @returns {Command | undefined}
 */
export function coalesce(earlier, later) {
  if (earlier.type !== 'update' || later.type !== 'update' || earlier.ifVersion !== undefined || later.ifVersion !== undefined) return undefined;
  if (earlier.edit && later.edit) return earlier.edit.field === later.edit.field ? edited(earlier, earlier.edit, later.edit) : undefined;
  const patch = earlier.patch && later.patch && compose(earlier.patch, later.patch);
  if (patch) return { ...earlier, patch };
  const increment = earlier.increment && later.increment && sum(earlier.increment, later.increment);
  return increment && { ...earlier, increment };
}

/** One edit of a text; undefined: it would have more parts than a server takes behind others' edits. @param {UpdateOp} command @param {Edit} first @param {Edit} second @returns {UpdateOp | undefined} */
function edited(command, first, second) {
  const delta = composeDeltas(first.delta, second.delta);
  return delta.length > PARTS_MAX ? undefined : { ...command, edit: { ...first, delta } };
}

/**
 * Merge patches do not compose in general: `{f: 5}` and then `{f: {b: 2}}` makes exactly `{b: 2}` of the field, while a single `{f: {b: 2}}` lets
 * stand what else is in it. So an object may only follow an object, or nothing. What begins a text is no object.
 * @param {JsonObject} earlier @param {JsonObject} later @param {boolean} [inner] a text begins only in a field of the entity itself
 * @returns {JsonObject | undefined}
 */
function compose(earlier, later, inner = false) {
  const isObject = (/** @type {Json} */ value) => isPlain(value) && (inner || textIn(value) === undefined);
  const composed = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const before = Object.hasOwn(composed, key) ? composed[key] : undefined;
    const after = before === undefined || !isObject(value) ? value
      : isObject(before) ? compose(/** @type {JsonObject} */ (before), /** @type {JsonObject} */ (value), true) : undefined;
    if (after === undefined) return undefined;
    composed[key] = after;
  }
  return composed;
}

/** Of the same counters only: one that cannot be counted must not take another with it. @param {{ [field: string]: number }} earlier @param {{ [field: string]: number }} later */
function sum(earlier, later) {
  const fields = Object.keys(earlier);
  if (fields.length !== Object.keys(later).length) return undefined;
  /** @type {{ [field: string]: number }} */
  const sums = {};
  for (const field of fields) {
    sums[field] = Object.hasOwn(later, field) ? earlier[field] + later[field] : NaN;
    if (!Number.isSafeInteger(sums[field])) return undefined;
  }
  return sums;
}

/** @param {Json} value @returns {value is JsonObject} */
function isPlain(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

// @ts-check
/** @import { Edit, Item, Json, JsonObject, Op, ProjectEvent, Command } from './types.js' */
import { apply, need } from './delta.js';
import { textsAfter, withoutMarkers } from './text-marker.js';

/**
 * One operation over one entity. Total and pure: never throws, changes nothing it was given, and what no longer fits
 * leaves the entity as it was. The same function folds events (which carry a version) and pending commands (which do not
 * yet, and so leave the version alone).
 * @param {Item | undefined} item
 * @param {Op} op
 * @returns {Item | undefined}
 */
export function fold(item, op) {
  switch (op.type) {
    case 'create': return item ?? create(op);
    case 'delete': return undefined;
    case 'update': {
      if (item === undefined) return undefined;
      if (isObject(op.patch)) return patch(item, op.patch, op.version);
      if (isObject(op.edit)) return edit(item, op.edit);
      return isObject(op.increment) ? { ...item, data: add(item.data, op.increment) } : item;
    }
    default: return item;
  }
}

/** @param {import('./types.js').CreateOp} op @returns {Item} */
function create({ entity: id, kind, version = 0, data }) {
  return { id, kind, version, data: withoutMarkers(data), ...textsAfter(undefined, data, version) };
}

/** A text made anew takes the place of whatever was there. @param {Item} item @param {JsonObject} written @param {number | undefined} version */
function patch({ id, kind, version: was, data, texts }, written, version) {
  return { id, kind, version: version ?? was, data: /** @type {JsonObject} */ (merge(data, withoutMarkers(written))), ...textsAfter(texts, written, version ?? 0) };
}

/** @param {Item} item @param {Edit} edit */
function edit(item, { field, delta }) {
  const text = item.texts && Object.hasOwn(item.texts, field) ? item.data[field] : undefined;
  return typeof text === 'string' && need(delta) <= text.length ? { ...item, data: { ...item.data, [field]: apply(text, delta) } } : item;
}

/**
 * The operations of an event or command, a batch flattened; none for a type that is not known here.
 * @param {ProjectEvent | Command} happened
 * @returns {readonly Op[]}
 */
export function opsOf(happened) {
  switch (happened.type) {
    case 'create': case 'update': case 'delete': return [happened];
    case 'batch': return Array.isArray(happened.ops) ? happened.ops : [];
    default: return [];
  }
}

/**
 * JSON Merge Patch (RFC 7396). Values that are not touched stay the very same objects, which is what makes the state
 * hash and re-rendering cheap.
 * @param {Json | undefined} target @param {Json} patch
 * @returns {Json}
 */
export function merge(target, patch) {
  if (!isObject(patch)) return patch;
  /** @type {JsonObject} */
  const merged = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key === '__proto__') continue; // assigning it would change the prototype; the server refuses it anyway
    if (value === null) delete merged[key];
    else merged[key] = merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value);
  }
  return merged;
}

/**
 * Adds whole numbers to counters; a missing field counts as 0. A sum that is not exact any more, and a field that is no
 * counter, stay as they are.
 * @param {JsonObject} data @param {{ [field: string]: number }} increment
 */
function add(data, increment) {
  const sums = { ...data };
  for (const [field, by] of Object.entries(increment)) {
    if (field === '__proto__') continue;
    const value = Object.hasOwn(sums, field) ? sums[field] : 0;
    const sum = Number.isSafeInteger(value) ? Number(value) + by : NaN;
    if (Number.isSafeInteger(by) && Number.isSafeInteger(sum)) sums[field] = sum;
  }
  return sums;
}

/** @param {unknown} value @returns {value is JsonObject} */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

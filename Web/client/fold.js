// @ts-check
/** @import { Edit, Item, Json, JsonObject, Op, ProjectEvent, Command } from './types.js' */
import { apply, need } from './delta.js';
import { textIn, textOf } from './text-field.js';

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
    case 'create': return item ?? withTexts({ id: op.entity, kind: op.kind, version: op.version ?? 0, data: op.data }, op.data, op.version ?? 0);
    case 'delete': return undefined;
    case 'update': {
      if (item === undefined) return undefined;
      if (isObject(op.patch))
        return withTexts({ ...item, version: op.version ?? item.version, data: patched(item.data, op.patch) }, op.patch, op.version ?? 0);
      if (op.edit) return edited(item, op.edit);
      return isObject(op.increment) ? { ...item, data: add(item.data, op.increment) } : item;
    }
    default: return item;
  }
}

/** Splits off the texts that some values begin, and ends those that others take the place of. @param {Item} item with the values @param {JsonObject} values @param {number} born @returns {Item} */
function withTexts(item, values, born) {
  const begun = Object.keys(values).filter(field => textIn(values[field]) !== undefined);
  const kept = Object.entries(item.texts ?? {}).filter(([field]) => !Object.hasOwn(values, field));
  const { texts: _, ...rest } = item;
  if (begun.length === 0) return kept.length > 0 ? { ...rest, texts: Object.fromEntries(kept) } : rest;
  const data = { ...item.data, ...Object.fromEntries(begun.map(field => [field, /** @type {string} */ (textIn(values[field]))])) };
  return { ...rest, data, texts: Object.fromEntries([...kept, ...begun.map(field => [field, { born }])]) };
}

/** @param {JsonObject} data @param {JsonObject} patch a text that it begins takes the place of whatever there was */
function patched(data, patch) {
  const merged = /** @type {JsonObject} */ (merge(data, patch));
  for (const [field, value] of Object.entries(patch)) if (textIn(value) !== undefined) merged[field] = value;
  return merged;
}

/** @param {Item} item @param {Edit} edit */
function edited(item, { field, delta }) {
  const text = textOf(item, field);
  return text === undefined || need(delta) > text.length ? item : { ...item, data: { ...item.data, [field]: apply(text, delta) } };
}

/** An entity as a snapshot carries it: a text stands in its data with what made it. @param {import('./types.js').WireEntity} entity @returns {Item} */
export function itemOf({ entity: id, kind, version, data }) {
  const texts = Object.entries(data).filter(([, value]) => typeof (/** @type {any} */ (value)?.$text) === 'string' && Number.isInteger(/** @type {any} */ (value).born));
  if (texts.length === 0) return { id, kind, version, data };
  return {
    id, kind, version,
    data: { ...data, ...Object.fromEntries(texts.map(([field, value]) => [field, /** @type {any} */ (value).$text])) },
    texts: Object.fromEntries(texts.map(([field, value]) => [field, { born: /** @type {any} */ (value).born }])),
  };
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

// @ts-check
/** @import { Command, Item, JsonObject } from './types.js' */

/**
 * The command that makes an entity what it was: history only grows.
 * @param {string} id @param {Item | undefined} was @param {Item | undefined} is @returns {Command | undefined} nothing to do
 */
export function restoring(id, was, is) {
  if (!was) return is && { type: 'delete', entity: id };
  /** @type {Command & { type: 'create' }} */
  const create = { type: 'create', entity: id, kind: was.kind, data: was.data };
  if (!is) return create;
  if (is.kind !== was.kind) return { type: 'batch', ops: [{ type: 'delete', entity: id }, create] };
  const patch = difference(is.data, was.data);
  return Object.keys(patch).length > 0 ? { type: 'update', entity: id, patch } : undefined;
}

/** The patch that leads from one object to another; null for what came later. @param {JsonObject} from @param {JsonObject} to @returns {JsonObject} */
function difference(from, to) {
  /** @type {JsonObject} */
  const patch = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isObject(old) && isObject(value)) {
      const inner = difference(old, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      patch[key] = value;
    }
  }
  return patch;
}

/** @param {unknown} value @returns {value is JsonObject} */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

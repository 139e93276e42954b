// @ts-check
/** @import { Command, Item, JsonObject } from './types.js' */
import { written } from './text-field.js';
import { textIn } from './text-marker.js';

/**
 * The command that makes an entity what it was: history only grows.
 * @param {string} id @param {Item | undefined} was @param {Item | undefined} is @returns {Command | undefined} nothing to do
 */
export function restoring(id, was, is) {
  if (!was) return is && { type: 'delete', entity: id };
  /** @type {Command & { type: 'create' }} */
  const create = { type: 'create', entity: id, kind: was.kind, data: written(was) };
  if (!is) return create;
  if (is.kind !== was.kind) return { type: 'batch', ops: [{ type: 'delete', entity: id }, create] };
  const patch = difference(written(is), written(was));
  return Object.keys(patch).length > 0 ? { type: 'update', entity: id, patch } : undefined;
}

/** The patch that leads from one object to another; null for what came later. @param {JsonObject} from @param {JsonObject} to @param {boolean} [inner] a text begins only in a field of the entity itself @returns {JsonObject} */
function difference(from, to, inner = false) {
  /** @type {JsonObject} */
  const patch = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    const isText = !inner && (textIn(old ?? null) ?? textIn(value)) !== undefined;
    if (isObject(old) && isObject(value) && !isText) {
      const changed = difference(old, value, true);
      if (Object.keys(changed).length > 0) patch[key] = changed;
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      patch[key] = value;
    }
  }
  return patch;
}

/** @param {unknown} value @returns {value is JsonObject} */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

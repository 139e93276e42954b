// @ts-check
/** @import { Item, Json, JsonObject, TextField, WireEntity } from './types.js' */

/**
 * An entity as the page sees it. A text stands among the data as the string that it says now, and `texts` tells which fields are texts.
 * @param {WireEntity} wire
 * @returns {Item}
 */
export function itemOf({ entity: id, kind, version, data }) {
  /** @type {{ [field: string]: TextField }} */ const texts = {};
  /** @type {JsonObject} */ const plain = {};
  for (const [field, value] of Object.entries(data)) {
    const kept = isObject(value) && typeof value.$text === 'string' && Number.isSafeInteger(value.born) && Object.keys(value).length === 2 ? value : undefined;
    if (kept) texts[field] = { born: /** @type {number} */ (kept.born) };
    put(plain, field, kept ? /** @type {string} */ (kept.$text) : value);
  }
  return Object.keys(texts).length > 0 ? { id, kind, version, data: plain, texts } : { id, kind, version, data };
}

/** The same as a snapshot has it. @param {Item} item @returns {WireEntity} */
export function wireOf({ id: entity, kind, version, data, texts }) {
  if (texts === undefined) return { entity, kind, version, data };
  /** @type {JsonObject} */ const all = {};
  for (const [field, value] of Object.entries(data)) put(all, field, Object.hasOwn(texts, field) ? { $text: value, born: texts[field].born } : value);
  return { entity, kind, version, data: all };
}

/** What a value says that makes a text; undefined where it makes none. @param {Json} value @returns {string | undefined} */
export function textIn(value) {
  return isObject(value) && typeof value.$text === 'string' && Object.keys(value).length === 1 ? value.$text : undefined;
}

/**
 * Which fields are texts after these were written: a marker makes one, whatever else is written to a field ends the one that was there.
 * @param {{ [field: string]: TextField } | undefined} texts @param {JsonObject} written @param {number} born
 * @returns {{ texts: { [field: string]: TextField } } | undefined} undefined where there are none
 */
export function textsAfter(texts, written, born) {
  /** @type {{ [field: string]: TextField }} */ const after = { ...texts };
  for (const [field, value] of Object.entries(written)) {
    if (textIn(value) !== undefined) put(after, field, { born });
    else delete after[field];
  }
  return Object.keys(after).length > 0 ? { texts: after } : undefined;
}

/** Written fields with each marker as the string it says. @param {JsonObject} written @returns {JsonObject} */
export function withoutMarkers(written) {
  if (!Object.values(written).some(value => textIn(value) !== undefined)) return written;
  /** @type {JsonObject} */ const plain = {};
  for (const [field, value] of Object.entries(written)) put(plain, field, textIn(value) ?? value);
  return plain;
}

/** Assigning `__proto__` would change the prototype; the server refuses it anyway. @param {{ [key: string]: any }} object @param {string} key @param {any} value */
function put(object, key, value) { if (key !== '__proto__') object[key] = value; }

/** @param {unknown} value @returns {value is JsonObject} */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

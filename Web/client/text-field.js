// @ts-check
/** @import { Command, Edit, Item, JsonObject, Op } from './types.js' */
import { textIn } from './text-marker.js';

/** @param {Op} op the values that it puts into fields */
const valuesOf = op => op.type === 'create' ? op.data : op.type === 'update' ? op.patch ?? {} : {};

/** The text that an operation begins in a field. @param {Op} op @param {string} field */
export const textBegun = (op, field) => Object.hasOwn(valuesOf(op), field) ? textIn(valuesOf(op)[field]) : undefined;

/** Fields in which an operation begins a text. @param {Op} op */
export const fieldsBegun = op => Object.keys(valuesOf(op)).filter(field => textBegun(op, field) !== undefined);

/** Does an operation end a text, or begin it anew, so that an edit from before means nothing behind it? @param {Op} op @param {string} id @param {string} field */
export function touches(op, id, field) {
  return op.entity === id && (op.type !== 'update' || Boolean(op.patch) && Object.hasOwn(valuesOf(op), field));
}

/** @param {Command} body @returns {Edit | undefined} */
export const editOf = body => body.type === 'update' ? body.edit : undefined;

/** What is in a text field; undefined: it is none. @param {Item | undefined} item @param {string} field @returns {string | undefined} */
export const textOf = (item, field) => item?.texts && Object.hasOwn(item.texts, field) ? String(item.data[field]) : undefined;

/** No field has a blank in its name. @param {string} id @param {string} field */
export const keyOf = (id, field) => `${id} ${field}`;

/** The data of an entity as it would be written: a text as what begins it. @param {Item} item @returns {JsonObject} */
export const written = ({ data, texts }) => texts ? Object.fromEntries(Object.entries(data).map(([field, value]) => [field, Object.hasOwn(texts, field) ? { $text: value } : value])) : data;

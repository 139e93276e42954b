// @ts-check
/** @import { Json } from './types.js' */

/**
 * The one text of a JSON value (RFC 8785): keys sorted by UTF-16 code units, no white space, numbers and strings as
 * ECMAScript writes them. That is why this is short here and long elsewhere.
 * @param {Json} value as JSON.parse returns it
 * @returns {string}
 */
export function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Why the server would refuse this value wherever it stands, or undefined if it would not. Asked before a command is
 * queued: a frame that cannot be decoded is answered without its `n`, so the command would wait for ever. Duplicate keys
 * cannot be seen here, JSON.parse has dropped them (and an object has none).
 * @param {unknown} value as JSON.parse returns it
 * @param {number} [depth] levels of nesting still allowed
 * @returns {string | undefined}
 */
export function refuse(value, depth = 32) {
  if (typeof value === 'number')
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? undefined : 'A number is beyond 2^53 - 1.';
  if (typeof value === 'string') return refuseText(value);
  if (value === null || typeof value !== 'object') return undefined;
  if (depth === 0) return 'The value is nested too deeply.';
  for (const [key, inner] of Object.entries(value)) {
    if (RESERVED.has(key)) return `The key ${key} is reserved.`;
    const reason = refuseText(key) ?? refuse(inner, depth - 1);
    if (reason) return reason;
  }
  return undefined;
}

/** @param {string} text */
function refuseText(text) {
  if (text.includes('\0')) return 'A string holds U+0000.';
  if (/\p{Surrogate}/u.test(text)) return 'A string holds a lone surrogate.'; // with the u flag pairs are one character
  return undefined;
}

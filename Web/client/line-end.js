// @ts-check
/** @import { Disconnect } from './types.js' */
import { closeNamed, closeOf } from './codes.js';

/**
 * Why a line ended, and what follows from it.
 * @typedef {object} LineEnd
 * @property {number} [number] of the close; missing where the server announced a word that has none
 * @property {string} code the word for it, as in docs/wire.md section 7; `lost` where no close frame came
 * @property {string} reason for people
 * @property {'reconnect' | 'back off' | 'stop'} does
 * @property {number} [retryAfterMs] how long the server asks us to stay away
 */

/** The end that a close tells. @param {number} number @param {string} reason @param {number} [retryAfterMs] @returns {LineEnd} */
export function endOf(number, reason, retryAfterMs) { return { number, reason, retryAfterMs, ...closeOf(number) }; }

/** The end that the server announced; what it says with a word of tomorrow is not known, so: back off. @param {Disconnect} said @returns {LineEnd} */
export function endOfDisconnect({ code, reason, reconnect, retryAfterMs }) {
  const number = closeNamed(code);
  const does = !reconnect ? 'stop' : number === undefined ? 'back off' : closeOf(number).does;
  return { number, code, reason, does, retryAfterMs };
}

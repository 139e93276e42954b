// @ts-check
/** The two tables of docs/wire.md section 7. A test compares them with the page; change both or none. */

/**
 * Codes of `reject` and `error` → may the same thing succeed later?
 * @type {ReadonlyMap<string, boolean>}
 */
export const retryable = new Map([
  ['invalid', false],
  ['unsupported', false],
  ['unauthenticated', false],
  ['forbidden', false],
  ['not_found', false],
  ['conflict', false],
  ['gone', false],
  ['exists', false],
  ['not_unique', false],
  ['too_large', false],
  ['rate_limited', true],
  ['unavailable', true],
  ['rebase', true],
  ['cancelled', false],
  ['superseded', false],
  ['internal', true],
]);

/**
 * Close codes → name, and what a client does: come back at once (with jitter), back off first, or stop until somebody
 * changes something.
 * @type {ReadonlyMap<number, { code: string, does: 'reconnect' | 'back off' | 'stop' }>}
 */
export const closes = new Map([
  [1000, { code: 'normal', does: 'reconnect' }],
  [1001, { code: 'going_away', does: 'reconnect' }],
  [1002, { code: 'protocol_error', does: 'back off' }],
  [1003, { code: 'not_text', does: 'stop' }],
  [1007, { code: 'not_utf8', does: 'back off' }],
  [1009, { code: 'message_too_large', does: 'back off' }],
  [1011, { code: 'server_fault', does: 'back off' }],
  [1012, { code: 'server_restart', does: 'reconnect' }],
  [1013, { code: 'overloaded', does: 'back off' }],
  [4400, { code: 'bad_request', does: 'back off' }],
  [4401, { code: 'unauthenticated', does: 'stop' }],
  [4403, { code: 'forbidden', does: 'stop' }],
  [4408, { code: 'timeout', does: 'reconnect' }],
  [4409, { code: 'replaced', does: 'stop' }],
  [4426, { code: 'unsupported_version', does: 'stop' }],
  [4429, { code: 'rate_limited', does: 'back off' }],
  [4430, { code: 'slow_consumer', does: 'reconnect' }],
]);

/** What a browser calls an end without a close frame. */
const LOST = 1006;

/**
 * What a close means. An unknown code of ours (4000 and up) comes from a newer server, which may well be unhappy with
 * us: back off. Everything else unknown, `lost` (no close frame) first of all, is a line that broke: come back.
 * @param {number} number
 * @returns {{ code: string, does: 'reconnect' | 'back off' | 'stop' }}
 */
export function closeOf(number) {
  return closes.get(number) ?? { code: number === LOST ? 'lost' : `close_${number}`, does: number >= 4000 ? 'back off' : 'reconnect' };
}

/** The number of the close that a `disconnect` message announces by name. @param {string} name */
export function closeNamed(name) {
  for (const [number, { code }] of closes) if (code === name) return number;
  return undefined;
}

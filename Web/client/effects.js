// @ts-check
/**
 * @import { Ack, Change, Conflict, Divergence, ProjectEvent, TextChange, TextGone, TextRefused } from './types.js'
 * @import { PendingCommand } from './pending.js'
 */
import { ProtocolError } from './errors.js';

/**
 * What the shell has to do after a message, in this order. The state has moved completely before the first of them, so
 * whoever hears of one of these sees all of them.
 * @typedef {{ do: 'settle', command: PendingCommand, ack: Ack }
 *   | { do: 'fail', command: PendingCommand, error: unknown, reverted: string[] }
 *   | { do: 'change', change: Change } | { do: 'conflict', conflict: Conflict }
 *   | { do: 'text', text: TextChange } | { do: 'textGone', gone: TextGone } | { do: 'textRefused', refused: TextRefused }
 *   | { do: 'event', event: ProjectEvent, own: boolean, kinds: (string | undefined)[] }
 *   | { do: 'snapshot', seq: number, count: number, reason: 'first' | 'behind' | 'epoch' }
 *   | { do: 'live', mode: 'events' | 'snapshot', missed: number | undefined }
 *   | { do: 'diverged', divergence: Divergence, error: ProtocolError } | { do: 'heal', ms: number, n: number }
 *   | { do: 'rejoin' } | { do: 'restart' }
 *   | { do: 'wait', ms: number, n: number }
 *   | { do: 'taken', by: () => void }
 *   | { do: 'trouble', error: ProtocolError }} Effect
 */

/** @param {PendingCommand} command @param {number} seq @param {string} [at] @returns {Ack} */
export function ackOf({ body }, seq, at) { return { seq, at, id: body.type === 'batch' ? undefined : body.entity }; }

/** @param {ProtocolError['code'] & ('gap' | 'bad_snapshot')} code @param {string} message @returns {Effect} */
export function trouble(code, message) { return { do: 'trouble', error: new ProtocolError(code, message) }; }

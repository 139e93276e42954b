// @ts-check
/** @import { State } from './types.js' */

/**
 * What may happen to a line in which state, and where it leads; all else is ignored and logged. Tests/Golden/line.json has the same table for both clients.
 *
 *   idle ──start──▶ connecting ──held──▶ connected ──lost──▶ reconnecting ──held──▶ connected
 *                      └────────────────── stop, from any state ───┴──▶ disconnected ──start──▶ reconnecting
 *
 * @typedef {'start' | 'held' | 'lost' | 'restart' | 'stop'} Move start: somebody wants a line; held: the projects are here; lost: this attempt or this
 *   line is over; restart: another socket at once; stop: no further attempt
 * @type {Readonly<Record<State, Readonly<Partial<Record<Move, State>>>>>}
 */
export const MOVES = Object.freeze({
  idle: { start: 'connecting', stop: 'disconnected' },
  connecting: { held: 'connected', lost: 'connecting', restart: 'connecting', stop: 'disconnected' },
  connected: { lost: 'reconnecting', restart: 'reconnecting', stop: 'disconnected' },
  reconnecting: { held: 'connected', lost: 'reconnecting', restart: 'reconnecting', stop: 'disconnected' },
  disconnected: { start: 'reconnecting' },
});

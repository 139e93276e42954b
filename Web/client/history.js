// @ts-check
/** @import { ProjectEvent } from './types.js' */

/** Events that are asked for at a time. */
const PAGE = 500;

/**
 * Which events of the past are wanted. `from` (and `to`, both inclusive) reads forwards, oldest first; `before` (exclusive) backwards, newest
 * first; without either the last ones are given, newest first.
 * @typedef {object} HistoryQuery
 * @property {number} [from] a seq
 * @property {number} [to] a seq; the present by default
 * @property {number} [before] a seq
 * @property {number} [limit] events at most; all by default
 * @property {string} [entity] only events that changed this entity
 * @property {string} [field] of `entity`: only events that changed this field, made it or removed it; the entity's end among them
 * @property {string} [by] only events of the author of this name
 *
 * @typedef {{ events: ProjectEvent[], floor: number, more: boolean, next?: number }} Page
 */

/**
 * Reads page by page, each when the events before it are used up.
 * @param {(question: { [key: string]: unknown }) => Promise<Page>} ask
 * @param {HistoryQuery} query
 * @returns {AsyncGenerator<ProjectEvent, void, void>}
 */
export async function* eventsOf(ask, { from, to, before, limit = Infinity, entity, field, by }) {
  const forwards = from !== undefined;
  for (let left = limit; left > 0;) {
    const size = Math.min(left, PAGE);
    const { events, more, next } = await ask({
      from, to, before, ...forwards || before !== undefined ? { limit: size } : { last: size }, entity, field, by,
    });
    yield* events;
    left -= events.length;
    if (!more || next === undefined) return;
    if (forwards) from = next;
    else before = next;
  }
}

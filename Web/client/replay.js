// @ts-check
/** @import { ProjectEvent } from './types.js' */

/**
 * Gives events at the pace at which they happened, times `speed`. Each is due by the distance from the first, not from the one before, so that nothing
 * drifts: who was held up finds what is overdue at once. Reads no further ahead than `events` does, which is a page.
 * @param {AsyncIterable<ProjectEvent>} events oldest first
 * @param {{ speed: number, signal?: AbortSignal }} options
 * @param {{ now: () => number, schedule: (fn: () => void, ms: number) => () => void }} clock
 * @returns {AsyncGenerator<ProjectEvent, void, void>}
 */
export async function* paced(events, { speed, signal }, { now, schedule }) {
  let [began, first] = [NaN, NaN];
  for await (const event of events) {
    const at = Date.parse(event.at);
    if (Number.isNaN(began)) [began, first] = [now(), at];
    const wait = began + (at - first) / speed - now();
    if (wait > 0) await pause(wait, schedule, signal);
    signal?.throwIfAborted();
    yield event;
  }
}

/** @param {number} ms @param {(fn: () => void, ms: number) => () => void} schedule @param {AbortSignal} [signal] @returns {Promise<void>} */
function pause(ms, schedule, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const aborted = () => { cancel(); reject(signal?.reason); };
    const cancel = schedule(() => { signal?.removeEventListener('abort', aborted); resolve(); }, ms);
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

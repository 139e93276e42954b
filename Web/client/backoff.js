// @ts-check
/**
 * @import { LineEnd } from './line-end.js'
 * @import { Settings } from './settings.js'
 */

export const RECONNECT = Object.freeze({ base: 250, factor: 2, cap: 10_000, hiddenCap: 60_000, minUptime: 5_000 });
const PAUSE_MS_MIN = 100;
/** Where an attempt starts on the ladder after a close that says "back off": within 2 s instead of 250 ms. */
const BACK_OFF_ATTEMPT = 3;
/** Clients that were sent away together come back within so many ms of each other, not all in the moment the server named. */
const RETURN_SPREAD_MS = 3000;

/**
 * How long to wait before an attempt: full jitter, so that clients that fell together do not rise together. The first
 * attempt comes within `base`; a later one at a random moment within a range that grows to `cap`, never under 100 ms.
 * @param {number} attempt from 0
 * @param {{ base: number, factor: number, cap: number }} policy ms
 * @param {() => number} random
 */
export function backoffMs(attempt, { base, factor, cap }, random) {
  if (attempt === 0) return random() * Math.min(base, cap);
  return Math.max(PAUSE_MS_MIN, random() * Math.min(cap, base * factor ** attempt));
}

/** Where a line stands on the ladder of attempts. */
export class Ladder {
  #settings;
  /** @type {number | undefined} */
  #heldAt;
  /** Attempts since the line last held. */
  attempt = 0;

  /** @param {Pick<Settings, 'reconnect' | 'now' | 'random'>} settings */
  constructor(settings) { this.#settings = settings; }

  /** Somebody wants a line now. */
  toFoot() {
    this.attempt = 0;
    this.#heldAt = undefined; // it belongs to the socket that was given up
  }

  held() { this.#heldAt = this.#settings.now(); }

  /**
   * The pause before the next attempt, in whole ms; null: there is to be none.
   * @param {LineEnd} end @param {boolean} hidden
   * @returns {number | null}
   */
  pauseMs(end, hidden) {
    const { now, random, reconnect } = this.#settings;
    // Only a line that held for a while clears the record: a server that accepts and drops must not be hammered.
    if (this.#heldAt !== undefined && now() - this.#heldAt >= reconnect.minUptime) this.attempt = 0;
    this.#heldAt = undefined;
    const { code, reason, retryAfterMs } = end;
    const backOff = end.does === 'back off';
    if (backOff) this.attempt = Math.max(this.attempt, BACK_OFF_ATTEMPT);
    const attempt = this.attempt++;
    if (reconnect.choose) return chosen(reconnect.choose(attempt, { code, reason, backOff, retryAfterMs, hidden }));
    const pause = backoffMs(attempt, reconnect, random);
    return Math.round(retryAfterMs === undefined ? pause : Math.max(pause, retryAfterMs + random() * RETURN_SPREAD_MS));
  }
}

/** @param {unknown} pause what the caller's function gave @returns {number | null} */
function chosen(pause) {
  if (pause === null) return null;
  if (typeof pause !== 'number' || !(pause >= 0 && pause < Infinity)) throw new TypeError('The option `reconnect` gives ms, or null for no further attempt.');
  return Math.round(pause);
}

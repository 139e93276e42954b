// @ts-check

export const RECONNECT = Object.freeze({ base: 250, factor: 2, cap: 10_000, minUptime: 5_000 });
const PAUSE_MS_MIN = 100;

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

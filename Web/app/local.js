// @ts-check
/** What this browser remembers. Storage may be forbidden (a page opened from a file, a private window): then nothing is remembered. */

/** @param {string} name */
export function recall(name) {
  try { return localStorage.getItem(`eventonly.${name}`); } catch { return null; }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try { localStorage.setItem(`eventonly.${name}`, value); } catch { /* see above */ }
}

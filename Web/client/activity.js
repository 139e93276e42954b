// @ts-check
/** @import { Activity } from './types.js' */

const INPUT = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];

/**
 * Says when the user of this page stops doing anything, looks elsewhere, and is back. Does nothing where there is no window.
 * @param {(activity: Activity) => void} tell
 * @param {{ idleAfter: number, now: () => number, schedule: (fn: () => void, ms: number) => () => void }} settings idleAfter: ms; 0 never tells
 * @returns {() => void} stops watching
 */
export function watchActivity(tell, { idleAfter, now, schedule }) {
  if (typeof window === 'undefined' || typeof document === 'undefined' || !(idleAfter > 0)) return () => {};
  const watch = new AbortController();
  /** @type {Activity | undefined} */
  let told; // the first is told as well: whoever is told may be of another mind since the last watch
  let activeAt = now();
  let cancel = () => {};
  const be = (/** @type {Activity} */ activity) => { if (activity !== told) tell(told = activity); };
  /** One timer for however much input: it looks how long ago the last was. */
  const look = () => {
    cancel();
    const rest = activeAt + idleAfter - now();
    if (document.hidden) return be('away');
    if (rest <= 0) return be('idle');
    be('active');
    cancel = schedule(look, rest);
  };
  const moved = () => {
    activeAt = now();
    if (told !== 'active') look();
  };
  const options = { signal: watch.signal, passive: true, capture: true };
  for (const type of INPUT) window.addEventListener(type, moved, options);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) activeAt = now(); look(); }, options);
  look();
  return () => { cancel(); watch.abort(); };
}

// @ts-check

/** How long the others have to object where there are no locks, in ms. */
const OBJECTION_MS = 100;

/**
 * Claims a name for this page, among all pages of this origin.
 * @param {string} name @param {(fn: () => void, ms: number) => () => void} schedule
 * @returns {Promise<(() => void) | undefined>} lets it go; nothing: another page has it
 */
export function claim(name, schedule) {
  if (globalThis.navigator?.locks) return claimLock(name);
  if (typeof BroadcastChannel === 'function') return claimAloud(name, schedule);
  return Promise.resolve(() => {}); // one page at a time, or nothing to know of the others
}

/** @param {string} name @returns {Promise<(() => void) | undefined>} */
function claimLock(name) {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, { ifAvailable: true }, lock => lock
      ? new Promise(letGo => resolve(() => letGo(undefined)))
      : resolve(undefined)).catch(reject);
  });
}

/**
 * Asks the others. Of two that ask at the same time the one with the smaller chance gives way.
 * @param {string} name @param {(fn: () => void, ms: number) => () => void} schedule @returns {Promise<(() => void) | undefined>}
 */
function claimAloud(name, schedule) {
  return new Promise(resolve => {
    const channel = new BroadcastChannel(name);
    const chance = Math.random();
    let [held, over] = [false, false];
    const end = (/** @type {(() => void) | undefined} */ outcome) => {
      over = true;
      cancel();
      if (!outcome) channel.close();
      resolve(outcome);
    };
    const cancel = schedule(() => {
      held = true;
      end(() => channel.close());
    }, OBJECTION_MS);
    channel.onmessage = ({ data }) => {
      if (data.says === 'mine?' && (held || data.chance < chance)) channel.postMessage({ says: 'no' });
      else if (data.says === 'no' && !over) end(undefined);
    };
    channel.postMessage({ says: 'mine?', chance });
  });
}

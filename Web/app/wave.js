// @ts-check
/** @import { Client } from './types.js' */
/** @import { Toasts } from './toasts.js' */
import { need } from './dom.js';

const TOPIC = 'wave';
const REST_MS = 2000; // between two waves, ours or those of one other that are shown

/** A greeting to everybody here. Nothing of it is kept: whoever is not looking misses it. @param {Client} client @param {Toasts} toasts */
export function wave(client, toasts) {
  const button = /** @type {HTMLButtonElement} */ (need('wave'));
  /** @type {Map<string, number>} */ const seen = new Map();

  button.addEventListener('click', () => {
    toasts.show(client.broadcast(TOPIC, null) ? 'You waved to everybody here.' : 'Nobody can see you wave while you are offline.');
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, REST_MS);
  });
  client.on(`broadcast:${TOPIC}`, ({ by, session }) => {
    if (Date.now() - (seen.get(session) ?? 0) < REST_MS) return;
    seen.set(session, Date.now());
    toasts.show(`${by} waves to everybody here. 👋`);
  });
}

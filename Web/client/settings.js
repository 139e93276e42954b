// @ts-check
/** @import { Options } from './types.js' */
import { RECONNECT } from './backoff.js';
import { checkOptions } from './bounds.js';
import { nextFrame } from './change-feed.js';
import { newSecret } from './identity.js';
import { hasSessionStorage, sessionKeep } from './keep.js';

/**
 * Options with everything filled in that has a default.
 * @typedef {ReturnType<typeof settle>} Settings
 */

/** @param {string | URL} url @param {Options} options */
export function settle(url, options) {
  checkOptions(options);
  const { reconnect } = options;
  const settings = {
    session: newSecret(),
    window: 64,
    connectTimeout: 5000,
    pingGrace: 10_000,
    lostAfter: 5000,
    highWater: 262_144,
    throttle: 50,
    textGap: 40,
    idleAfter: 60_000,
    WebSocket: globalThis.WebSocket,
    now: Date.now,
    random: Math.random,
    schedule: timer,
    onFrame: nextFrame,
    preventUnload: true,
    log: () => {},
    ...defined(options),
    url: absolute(url),
    queueMax: options.queue?.max ?? 1000,
    keep: keepOf(options),
    queueMaxBytes: options.queue?.maxBytes ?? 1_048_576,
    reconnect: typeof reconnect === 'function' ? { ...RECONNECT, choose: reconnect } : { ...RECONNECT, choose: undefined, ...defined(reconnect ?? {}) },
  };
  if (!settings.WebSocket) throw new TypeError('There is no WebSocket here: pass one as option `WebSocket`.');
  return settings;
}

/** An option that is undefined was not given. @template {object} T @param {T} options @returns {T} */
function defined(options) {
  return /** @type {T} */ (Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)));
}

/** @param {Options} options @returns {import('./types.js').Keep | undefined} */
function keepOf({ queue, session }) {
  const persist = queue?.persist ?? (session === undefined && hasSessionStorage() ? 'session' : 'none');
  return persist === 'session' ? sessionKeep : persist === 'none' ? undefined : persist;
}

/** A relative address belongs to the page's own server. @param {string | URL} url */
function absolute(url) {
  const { href, protocol } = new URL(url, globalThis.location?.href);
  if (!/^(http|ws)s?:$/.test(protocol)) throw new TypeError('The address is one of ws:, wss:, http: or https:.');
  return href.replace(/^http/, 'ws');
}

/** @param {() => void} fn @param {number} ms */
function timer(fn, ms) {
  const id = setTimeout(fn, ms);
  return () => clearTimeout(id);
}

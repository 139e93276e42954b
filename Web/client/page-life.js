// @ts-check

const WAKE_MS_MIN = 1000;

/**
 * What the browser knows about the line before the socket does. Does nothing where there is no window.
 * @param {{ wake: () => void, sleep: (reason: string) => void, gone: () => void, unsaved: () => boolean }} client
 *   wake: try now; sleep: the network or the page is going away; gone: the page, perhaps for good; unsaved: would leaving lose something?
 * @param {() => number} now
 * @returns {() => void} stops watching
 */
export function watchPage(client, now) {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
  const watch = new AbortController();
  let wokenAt = -Infinity;
  const wake = () => {
    if (document.hidden || now() - wokenAt < WAKE_MS_MIN) return;
    wokenAt = now();
    client.wake();
  };
  /** @param {EventTarget} target @param {string} type @param {(event: any) => void} fn */
  const on = (target, type, fn) => target.addEventListener(type, fn, { signal: watch.signal });
  on(window, 'online', wake);
  on(window, 'focus', wake);
  on(document, 'visibilitychange', wake);
  on(window, 'pageshow', event => { if (event.persisted) wake(); });
  on(window, 'offline', () => client.sleep('The network is gone.')); // Chrome keeps the socket open all the same
  on(window, 'pagehide', client.gone);
  on(window, 'pagehide', () => client.sleep('The page is hidden.')); // an open socket would keep it out of the back/forward cache
  on(window, 'beforeunload', event => { if (client.unsaved()) event.preventDefault(); });
  return () => watch.abort();
}

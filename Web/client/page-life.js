// @ts-check

const WAKE_MS_MIN = 1000;

/**
 * What the browser knows about the line before the socket does. Does nothing where there is no window.
 * @param {object} client
 * @param {() => void} client.wake try now
 * @param {(hidden: boolean) => void} client.hide can anybody see the page? Told at once, and with each change
 * @param {(reason: string) => void} client.sleep the network is gone
 * @param {(reason: string) => void} client.park the page goes away, perhaps to be kept, perhaps for good
 * @param {() => boolean} client.unsaved would leaving lose something?
 * @param {() => number} now
 * @returns {() => void} stops watching
 */
export function watchPage(client, now) {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
  const watch = new AbortController();
  let wokenAt = -Infinity;
  const look = () => client.hide(document.hidden);
  const wake = () => {
    if (document.hidden || now() - wokenAt < WAKE_MS_MIN) return;
    wokenAt = now();
    client.wake();
  };
  const back = () => { look(); wake(); }; // what waits for the page to be seen is not held back by a wake-up just before
  /** @param {EventTarget} target @param {string} type @param {(event: any) => void} fn */
  const on = (target, type, fn) => target.addEventListener(type, fn, { signal: watch.signal });
  on(window, 'online', wake);
  on(window, 'focus', wake);
  on(document, 'visibilitychange', back);
  on(window, 'pageshow', event => { if (event.persisted) back(); });
  on(window, 'offline', () => client.sleep('The network is gone.')); // Chrome keeps the socket open all the same
  on(window, 'pagehide', () => client.park('The page is hidden.')); // an open socket would keep it out of the back/forward cache
  on(window, 'beforeunload', event => { if (client.unsaved()) event.preventDefault(); });
  look();
  return () => watch.abort();
}

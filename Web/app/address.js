// @ts-check
/** What the page's address says: `?server=ws://…&project=…&name=…&test=1`. */
export function readAddress() {
  const asked = new URLSearchParams(location.search);
  return {
    server: asked.get('server') || defaultServer(),
    project: asked.get('project') || 'demo',
    name: asked.get('name')?.slice(0, 64) || null,
    test: asked.get('test') === '1',
  };
}

/** The server this page came from; a page opened from a file has none, so a meta element may name one. */
function defaultServer() {
  if (location.protocol !== 'file:') return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  const named = document.querySelector('meta[name="eventonly-server"]');
  return named?.getAttribute('content') || 'ws://localhost:8080/ws';
}

/** The address of this room for somebody else. @param {string} name */
export function addressFor(name) {
  const url = new URL(location.href);
  url.searchParams.set('name', name);
  url.searchParams.delete('test');
  url.hash = '';
  return url.href;
}

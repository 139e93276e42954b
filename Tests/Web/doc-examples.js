// @ts-check
// Runs the JavaScript examples of docs/clients.md, one after the other, against a real server: see ClientExamplesTests.
import { readFileSync } from 'node:fs';
import './support/with-ws.js';
import { EventOnlyClient } from '../../Web/client/eventonly.js';

/** What the page's examples are given: where the server is, and a client that is there. @param {string} url */
export async function runExamples(url) {
  const page = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code.replace(/^import .*$/m, ''));
  const client = new EventOnlyClient(url, { project: 'demo', user: { name: 'Bob' } });
  client.connect();
  await client.ready();
  const AsyncFunction = /** @type {any} */ (Object.getPrototypeOf(async () => {}).constructor);
  for (const [i, example] of examples.entries()) {
    // The first one makes a client of its own.
    const run = i === 0 ? new AsyncFunction('EventOnlyClient', 'url', example) : new AsyncFunction('client', example);
    await (i === 0 ? run(EventOnlyClient, url) : run(client));
  }
  await client.disconnect();
  console.log(`${examples.length} examples`);
}

// @ts-check
// Runs the JavaScript examples of a page of docs, one after the other, against a real server: see ClientExamplesTests, TextExamplesTests.
import { readFileSync } from 'node:fs';
import './support/with-ws.js';
import { EventOnlyClient } from '../../Web/client/eventonly.js';

/** What the page's examples are given: where the server is, and a client that is there. @param {string} url @param {string} [page] */
export async function runExamples(url, page = 'clients.md') {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
  const client = new EventOnlyClient(url, { project: 'demo', user: { name: 'Bob' } });
  client.connect();
  await client.ready();
  const AsyncFunction = /** @type {any} */ (Object.getPrototypeOf(async () => {}).constructor);
  for (const example of examples) {
    const code = example.replace(/^import .*$/m, '');
    if (code === example) await new AsyncFunction('client', code)(client);
    else await new AsyncFunction('EventOnlyClient', 'url', code)(EventOnlyClient, url); // it makes a client of its own
  }
  await client.disconnect();
  console.log(`${examples.length} examples`);
}

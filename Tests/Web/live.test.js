// @ts-check
// Live queries: what a query means is shared with the server by Tests/Golden/query.json.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { matches, orderOf } from '../../Web/client/query-match.js';
import { aConnectedClient, event, own } from './support/given.js';

const { entities, cases } = JSON.parse(readFileSync(new URL('../Golden/query.json', import.meta.url), 'utf8'));
const items = entities.map((/** @type {any} */ { entity: id, ...rest }) => ({ id, ...rest }));

for (const { query, ids } of cases) {
  test(`Query ${JSON.stringify(query)}`, () => {
    const found = items.filter((/** @type {any} */ item) => matches(item, query)).sort(orderOf(query.sort)).slice(0, query.limit);
    assert.equal(found.map((/** @type {any} */ { id }) => id).join(' '), ids);
  });
}

/** @param {object} question */
function watching(question) {
  const world = aConnectedClient({ entities });
  /** @type {string[]} */ const told = [];
  const end = world.client.live(question, found => told.push(found.map(({ id }) => id).join(' ')));
  return { ...world, told, end };
}

test('A live query tells at once, and again when the answer is another, ours in hand included', () => {
  const { client, sockets, told, frame } = watching({ kind: 'card', sort: '-votes', limit: 2 });
  assert.deepEqual(told, ['g d']);
  sockets.last.hear(event(1, { type: 'update', entity: 'a', version: 1, patch: { title: 'x' } }));
  frame();
  assert.equal(told.length, 1, 'it is not among the two');
  sockets.last.hear(event(2, { type: 'delete', entity: 'g' }));
  frame();
  client.create('card', { votes: 'z' }, { id: 'new' });
  frame();
  assert.deepEqual(told.slice(1), ['d b', 'new d'], 'the next moves up');
  sockets.last.hear(own(3, sockets.last.frames('create')[0]));
  frame();
  assert.deepEqual([...new Set(told.slice(2))], ['new d']);
});

test('One that is ended, or whose signal is aborted, tells nothing more', () => {
  const { client, sockets, told, frame, end } = watching({});
  const abort = new AbortController();
  client.live({}, () => told.push('aborted'), { signal: abort.signal });
  told.length = 0;
  end();
  abort.abort();
  sockets.last.hear(event(1, { type: 'delete', entity: 'g' }));
  frame();
  assert.deepEqual(told, []);
});

test('A callback that throws is reported and goes on being called', () => {
  const { client, sockets, errors, frame } = aConnectedClient({ entities });
  let calls = 0;
  client.live({}, () => { calls++; throw new Error('mine'); });
  sockets.last.hear(event(1, { type: 'delete', entity: 'g' }));
  frame();
  assert.deepEqual([calls, errors.map(String)], [2, ['Error: mine', 'Error: mine']]);
});

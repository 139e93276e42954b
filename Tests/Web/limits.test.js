// @ts-check
// What the client refuses by itself, and how little it may be told of a refusal.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { QueueFullError, RejectedError } from '../../Web/client/eventonly.js';
import { aClient, aConnectedClient, CONNECTED, greet, joined, snapshot } from './support/given.js';

const CARD = { entity: 'a', kind: 'card', version: 1, data: { title: 'Milk', votes: 0 } };

test('A command over the message limit is refused here: the server would close the line for it, again and again', async () => {
  const { client, sockets } = aConnectedClient();
  /** @type {any[]} */ const rejects = [];
  client.on('reject', each => rejects.push(each));
  await assert.rejects(client.create('card', { text: '€'.repeat(CONNECTED.limits.messageBytes / 3) }), { code: 'too_large' });
  assert.deepEqual(sockets.last.said, []);
  assert.equal(rejects.length, 1);
  assert.equal(client.pending, 0);
});

test('What depends on a command that is too large fails with it, and what does not is sent', async () => {
  const { client, sockets } = aClient();
  const refused = [client.create('card', { text: 'x'.repeat(CONNECTED.limits.messageBytes) }, { id: 'a' }), client.update('a', { x: 1 }),
    client.batch(ops => { for (let i = 0; i <= CONNECTED.limits.batchOps; i++) ops.increment('c', 'votes'); })];
  client.batch(ops => { for (let i = 0; i < CONNECTED.limits.batchOps; i++) ops.increment('c', 'votes'); });
  client.connect();
  greet(sockets.last);
  sockets.last.hear(joined());
  sockets.last.hear(snapshot(0));
  for (const each of refused) await assert.rejects(each, { name: 'RejectedError', code: 'too_large' });
  assert.deepEqual(sockets.last.frames().slice(3).map(({ type, n }) => [type, n]), [['batch', 4]]);
  assert.equal(client.pending, 1);
});

test('A conflict may come without the entity', async () => {
  const { client, sockets, errors } = aConnectedClient({ seq: 5, entities: [CARD] });
  const updated = client.update('a', { title: 'x' }, { ifVersion: 9 });
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 1, code: 'conflict', message: 'm', retryable: false });
  await assert.rejects(updated, error => error instanceof RejectedError && error.code === 'conflict' && error.current === undefined);
  assert.equal(client.store.get('a')?.data.title, 'Milk');
  assert.equal(client.state, 'connected');
  assert.deepEqual(errors, []);
});

test('Questions without an answer are bounded; who gives up makes room at once', async () => {
  const { client, sockets } = aConnectedClient();
  const last = new AbortController();
  const outcomes = Array.from({ length: 1000 }, (_, i) => client.query({}, i === 999 ? { signal: last.signal, key: 'k' } : {}).catch(error => error.code));
  await assert.rejects(client.query({}), { name: 'QueueFullError', retryable: true });
  const newer = client.query({}, { key: 'k' }).catch(error => error.code);
  await assert.rejects(client.query({}), QueueFullError, 'the newer one took the place of the older one');
  const given = new AbortController();
  sockets.last.hear({ type: 'result', id: 'q1', seq: 1, items: [], more: false });
  const waiting = client.query({}, { signal: given.signal });
  await assert.rejects(client.query({}), QueueFullError);
  given.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  outcomes.push(newer, client.query({}).catch(error => error.code));
  assert.equal(sockets.last.frames('cancel').length, 0, 'what was not sent need not be cancelled');
  sockets.last.fall();
  assert.equal((await Promise.all(outcomes)).filter(code => code === 'offline').length, 1000);
});

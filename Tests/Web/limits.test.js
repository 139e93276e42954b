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
  assert.deepEqual(sockets.last.frames().slice(3).map(({ type, n }) => [type, n]), [['batch', 1]], 'what was not sent used up no number');
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

test('A question that was given up keeps its place with the server until its answer comes', async () => {
  const { client, sockets } = aConnectedClient();
  const hear = (/** @type {object} */ message) => sockets.last.hear({ seq: 0, items: [], more: false, ...message });
  const sent = () => sockets.last.frames().filter(({ type }) => type !== 'cancel').map(({ id }) => id);
  const slider = [1, 2, 3, 4, 5, 6].map(seq => client.at(seq, { key: 'slider' }).catch(error => error.name));
  assert.deepEqual(sent(), ['h1', 'h2', 'h3', 'h4'], 'the server still works on those that are cancelled');
  sockets.last.hear(snapshot(1, [CARD], { id: 'h1', parts: 2 }));
  assert.deepEqual(sent().length, 4, 'its answer has more parts to come');
  sockets.last.hear(snapshot(1, [], { id: 'h1', part: 2, parts: 2 }));
  assert.deepEqual(sent(), ['h1', 'h2', 'h3', 'h4', 'h6'], 'the fifth was given up while it waited');
  const verdict = client.validate({ type: 'delete', entity: 'a' }, { key: 'slider' });
  client.query({}).catch(() => {});
  assert.deepEqual(sent().length, 5);
  sockets.last.hear({ type: 'error', id: 'h2', code: 'cancelled', message: 'm', retryable: false });
  sockets.last.hear({ type: 'error', id: 'h2', code: 'cancelled', message: 'm', retryable: false }); // frees no second place
  assert.deepEqual(sent().slice(5), ['v1']);
  hear({ type: 'result', id: 'h3' });
  assert.deepEqual(sent().slice(5), ['v1', 'q1']);
  sockets.last.hear({ type: 'verdict', id: 'v1', ok: true });
  hear({ type: 'result', id: 'q1' });
  assert.equal((await verdict).ok, true);
  assert.deepEqual(await Promise.all(slider), Array.from({ length: 6 }, () => 'AbortError'));
});

test('Given-up questions hold no place on the next line, nor do answers that make no sense on this one', async () => {
  const { client, clock, sockets } = aConnectedClient();
  for (let seq = 1; seq <= 4; seq++) client.at(seq, { key: 'slider' }).catch(() => {});
  client.query({}, { key: 'slider' }).catch(() => {});
  sockets.last.fall();
  clock.advance(2000);
  greet(sockets.last);
  sockets.last.hear(joined({ id: 'j2', recovered: true }));
  const senseless = client.at(1).catch(error => error.code);
  sockets.last.hear({ type: 'snapshot', id: 'h5', seq: 1, part: 1, parts: 2, entities: null });
  assert.equal(await senseless, 'internal');
  for (let i = 0; i < 4; i++) client.query({}).catch(() => {});
  assert.deepEqual(sockets.last.frames('query').map(({ id }) => id), ['q2', 'q3', 'q4'], 'its last part is still to come');
  sockets.last.hear({ type: 'snapshot', id: 'h5', seq: 1, part: 2, parts: 2, entities: [] });
  assert.deepEqual(sockets.last.frames('query').map(({ id }) => id), ['q2', 'q3', 'q4', 'q5']);
});

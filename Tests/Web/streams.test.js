// @ts-check
// Streams: nothing is left out without a word.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ClosedError, EventsMissedError, SubscriberTooSlowError } from '../../Web/client/eventonly.js';
import { aClient, aConnectedClient, event, greet, joined, snapshot } from './support/given.js';

/** @param {number} seq */
function created(seq) { return event(seq, { type: 'create', entity: `card-${seq}`, kind: 'card', version: seq, data: {} }); }

test('A stream takes part from the call on, and gives what `on` would', async () => {
  const { client, sockets } = aConnectedClient();
  const events = client.events('create');
  sockets.last.hear(created(1));
  sockets.last.hear(event(2, { type: 'delete', entity: 'card-1' }));
  sockets.last.hear(created(3));
  const read = [];
  for await (const { seq, id, kind } of events) {
    read.push([seq, id, kind]);
    if (read.length === 2) break;
  }
  assert.deepEqual(read, [[1, 'card-1', 'card'], [3, 'card-3', 'card']]);
  sockets.last.hear(created(4));
  assert.deepEqual(await events.next(), { done: true, value: undefined }, 'who broke off has left');
});

test('Who waits is told when it happens', async () => {
  const { client, sockets } = aConnectedClient();
  const waves = client.events('broadcast:wave');
  const both = Promise.all([waves.next(), waves.next()]);
  for (const data of [1, 2]) sockets.last.hear({ type: 'broadcast', project: 'apollo', topic: 'wave', data, by: 'bob', session: 's' });
  assert.deepEqual((await both).map(({ value }) => value.data), [1, 2]);
});

test('A reader who is 4,096 behind reads those, and then why there are no more', async () => {
  const { client, sockets } = aConnectedClient();
  const events = client.events('event');
  for (let seq = 1; seq <= 4098; seq++) sockets.last.hear(event(seq, { type: 'tomorrow' }));
  /** @type {number[]} */ const read = [];
  await assert.rejects(async () => { for await (const { seq } of events) read.push(seq); }, error => error instanceof SubscriberTooSlowError && error.lastSeq === 4097);
  assert.deepEqual([read.length, read.at(-1)], [4096, 4096]);
});

test('A snapshot in place of events ends the streams that would have a hole, and no others', async () => {
  const { client, sockets, clock } = aConnectedClient({ seq: 3 });
  const [events, states] = [client.events('event'), client.events('state')];
  sockets.last.hear(event(4, { type: 'tomorrow' }));
  sockets.last.fall();
  clock.advance(1000);
  greet(sockets.last);
  sockets.last.hear(joined({ id: 'j2', seq: 9 }));
  sockets.last.hear(snapshot(9));
  assert.equal((await events.next()).value.seq, 4);
  await assert.rejects(events.next(), error => error instanceof EventsMissedError && error.fromSeq === 5 && error.toSeq === 9);
  assert.deepEqual([(await states.next()).value.to, (await states.next()).value.to], ['reconnecting', 'connected']);
});

test('The first snapshot, and one that is older than what was told, leave no hole', async () => {
  const { client, sockets } = aClient();
  const events = client.events('event');
  client.connect();
  greet(sockets.last);
  sockets.last.hear(joined({ seq: 5 }));
  sockets.last.hear(snapshot(5));
  sockets.last.hear(event(6, { type: 'tomorrow' }));
  assert.equal((await events.next()).value.seq, 6);
});

test('A stream ends with the client: without a word where we asked for it, else with the reason', async () => {
  const asked = aConnectedClient();
  const end = asked.client.events('create').next();
  await asked.client.disconnect();
  assert.equal((await end).done, true);
  assert.equal((await asked.client.events('create').next()).done, true, 'one that begins too late');
  const sent = aConnectedClient();
  const error = sent.client.events('create').next();
  sent.sockets.last.fall(4409);
  await assert.rejects(error, ClosedError);
});

test('A signal ends a stream with its reason, and nothing listens any more', async () => {
  const { client, sockets } = aConnectedClient();
  const abort = new AbortController();
  const events = client.events('create', { signal: abort.signal });
  const next = events.next();
  abort.abort(new Error('enough'));
  await assert.rejects(next, { message: 'enough' });
  sockets.last.hear(created(1));
  assert.equal((await events.next()).done, true);
  await assert.rejects(client.events('create', { signal: abort.signal }).next(), { message: 'enough' });
});

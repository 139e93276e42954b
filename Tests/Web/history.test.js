// @ts-check
// Looking back: which questions are asked, and what their answers come to.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { OfflineError, RejectedError } from '../../Web/client/eventonly.js';
import { aConnectedClient, event } from './support/given.js';

/**
 * A client, and a server that answers its questions about the past from these pages.
 * @param {{ events: object[], next?: number }[]} pages
 */
function answering(...pages) {
  const world = aConnectedClient();
  /** @type {any[]} */ const asked = [];
  const answer = async () => {
    for (const { events, next } of pages) {
      await new Promise(resolve => setImmediate(resolve));
      const { type, id, project, ...question } = world.sockets.last.frames('history').at(-1);
      asked.push(question);
      world.sockets.last.hear({ type: 'result', id, events, floor: 0, more: next !== undefined, next });
    }
  };
  return { ...world, asked, answer };
}

/** @param {number} seq */
function deleted(seq) { return event(seq, { type: 'delete', entity: 'a' }); }

/** @param {AsyncIterable<any>} history @returns {Promise<number[]>} */
async function seqs(history) {
  const read = [];
  for await (const { seq } of history) read.push(seq);
  return read;
}

test('Forwards goes on from where the server says, to the end', async () => {
  const { client, asked, answer } = answering({ events: [deleted(1), deleted(2)], next: 7 }, { events: [deleted(9)] });
  const [read] = await Promise.all([seqs(client.history({ from: 1, to: 9 })), answer()]);
  assert.deepEqual(read, [1, 2, 9]);
  assert.deepEqual(asked, [{ from: 1, to: 9, limit: 500 }, { from: 7, to: 9, limit: 500 }]);
});

test('Without a beginning it goes backwards from the present, over pages without a find', async () => {
  const { client, asked, answer } = answering({ events: [], next: 900 }, { events: [deleted(8)], next: 8 }, { events: [] });
  const [read] = await Promise.all([seqs(client.history({ entity: 'a', field: 'title', by: 'ann' })), answer()]);
  const filter = { entity: 'a', field: 'title', by: 'ann' };
  assert.deepEqual(read, [8]);
  assert.deepEqual(asked, [{ last: 500, ...filter }, { before: 900, limit: 500, ...filter }, { before: 8, limit: 500, ...filter }]);
});

test('A limit counts over all pages, and nothing is asked beyond it', async () => {
  const { client, asked, answer } = answering({ events: [deleted(9), deleted(8)], next: 8 }, { events: [deleted(7)], next: 7 });
  const [read] = await Promise.all([seqs(client.history({ before: 10, limit: 3 })), answer()]);
  assert.deepEqual(read, [9, 8, 7]);
  assert.deepEqual(asked.map(({ before, limit }) => [before, limit]), [[10, 3], [8, 1]]);
});

test('The last change is one event, or undefined', async () => {
  const found = answering({ events: [deleted(7)], next: 7 });
  assert.equal((await Promise.all([found.client.lastChange('a', 'title'), found.answer()]))[0]?.seq, 7);
  assert.deepEqual(found.asked, [{ last: 1, entity: 'a', field: 'title' }]);
  const none = answering({ events: [] });
  assert.equal((await Promise.all([none.client.lastChange('a'), none.answer()]))[0], undefined);
});

test('A refusal, a signal and a lost line end the reading where it is', async () => {
  const { client, sockets } = aConnectedClient();
  const refused = client.history({ by: '' }).next();
  sockets.last.hear({ type: 'error', id: 'h1', code: 'invalid', message: 'No.', retryable: false });
  await assert.rejects(refused, RejectedError);
  const abort = new AbortController();
  const given = client.history({ from: 1, signal: abort.signal }).next();
  abort.abort();
  await assert.rejects(given, { name: 'AbortError' });
  assert.deepEqual(sockets.last.frames('cancel').map((/** @type {any} */ frame) => frame.id), ['h2']);
  const lost = client.history().next();
  sockets.last.fall();
  await assert.rejects(lost, OfflineError);
});

test('What is no longer kept is told by the floor, which each page brings', async () => {
  const { client, sockets } = aConnectedClient();
  assert.equal(client.floor, 0);
  const read = seqs(client.history({ from: 5 }));
  sockets.last.hear({ type: 'result', id: 'h1', events: [deleted(201)], floor: 200, more: false });
  assert.deepEqual(await read, [201]);
  assert.equal(client.floor, 200);
});

test('A moment is a seq or a time', () => {
  const { client, sockets } = aConnectedClient();
  client.at(5);
  client.at(new Date(1763712000123));
  assert.deepEqual(sockets.last.frames('history').map((/** @type {any} */ frame) => frame.at), [5, '2025-11-21T08:00:00.123Z']);
});

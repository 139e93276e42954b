// @ts-check
// A and B on a real server, in Node: run by NodeClientTests.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import './support/clock.js'; // Node 18 has no global crypto
import { fold } from '../../Web/client/fold.js';
import { EventOnlyClient, RejectedError } from '../../Web/client/eventonly.js';

/** @param {string} url @param {string} name @param {object} [more] */
async function connect(url, name, more) {
  const options = { project: 'node', user: { name }, WebSocket: /** @type {any} */ (WebSocket), presence: { name }, ...more };
  const client = new EventOnlyClient(url, options);
  client.connect();
  await client.ready({ timeout: 10_000 });
  return client;
}

/** Waits until a client stands at a seq. @param {EventOnlyClient} client @param {number} seq */
async function reach(client, seq) {
  while (client.seq < seq) await new Promise(resolve => client.on('event', resolve, { once: true }));
}

/** @param {string} url @returns {Promise<string>} 'converged' */
export async function tellTheStory(url) {
  const [a, b] = [await connect(url, 'Ann'), await connect(url, 'Bob')];

  const created = await a.create('card', { title: 'Buy milk', votes: 0 }, { id: 'card-1' });
  assert.equal(created.seq, 1);
  await reach(b, created.seq);
  assert.equal(b.store.get('card-1')?.data.title, 'Buy milk');

  const votes = await Promise.all([a, b].flatMap(client => [1, 2, 3].map(() => client.increment('card-1', 'votes'))));
  await assert.rejects(b.update('card-1', { title: 'Oat milk' }, { ifVersion: 99 }),
    error => error instanceof RejectedError && error.code === 'conflict');
  const batch = await b.batch(ops => { ops.create('card', { title: 'Eggs' }, { id: 'card-2' }); ops.update('card-1', { title: 'Milk' }); });
  assert.equal(batch.seq, Math.max(...votes.map(vote => vote.seq)) + 1);
  await reach(a, batch.seq);

  const found = await a.query({ kind: 'card', match: { title: 'e' } });
  assert.deepEqual(found.items.map(item => item.id), ['card-2']);
  assert.equal((await a.validate({ type: 'create', entity: 'card-1', kind: 'card', data: {} })).code, 'exists');
  /** @type {any[]} */ const first = [];
  /** @type {number[]} */ const newest = [];
  for await (const happened of a.history({ from: 1, limit: 3 })) first.push(happened);
  for await (const happened of a.history({ entity: 'card-1' })) newest.push(happened.seq);
  assert.deepEqual(first.map(happened => happened.seq), [1, 2, 3]);
  assert.deepEqual([newest.at(-1), newest], [1, [...newest].sort((x, y) => y - x)]);
  assert.equal((await a.lastChange('card-1'))?.seq, newest[0]);
  assert.equal((await a.at(1)).get('card-1')?.data.title, 'Buy milk');
  assert.equal((await a.at(new Date(Date.parse(first[0].at) - 1))).seq, 0);
  assert.equal((await a.at(new Date(Date.now() + 60_000))).hash, a.stateHash);

  const waved = new Promise(resolve => b.on('broadcast:wave', resolve));
  assert.ok(a.broadcast('wave', 1));
  await waved;

  assert.equal(a.store.get('card-1')?.data.votes, 6);
  assert.equal(a.stateHash, b.stateHash);
  await Promise.all([a.disconnect(), b.disconnect()]);
  return 'converged';
}

/** A client whose fold loses the second event, with a server that tells its hash after four. @param {string} url @returns {Promise<string>} 'healed' */
export async function goAstray(url) {
  let isFaulty = true;
  /** @type {typeof fold} */
  const faulty = (item, op) => isFaulty && op.entity === 'card-2' ? item : fold(item, op);
  const client = await connect(url, 'Ann', { fold: faulty });
  /** @type {any[]} */ const errors = [];
  client.on('error', error => errors.push(error));
  const healed = new Promise(resolve => client.on('snapshot', () => { isFaulty = false; resolve(undefined); }));
  for (let i = 1; i <= 4; i++) await client.create('card', {}, { id: `card-${i}` });
  await healed;
  for (let i = 5; i <= 8; i++) await client.create('card', {}, { id: `card-${i}` });
  await reach(client, 8);
  assert.equal(client.divergences, 1);
  assert.deepEqual(errors.map(({ code, divergence }) => [code, divergence.to]), [['hash_mismatch', 4]]);
  assert.equal(client.store.list().filter(({ id }) => client.store.confirmed(id)).length, 8);
  await client.disconnect();
  return 'healed';
}

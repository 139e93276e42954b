// @ts-check
// Seeded worlds: clients that act at random over lines that delay, break and go silent. A failure names its seed; the same
// seed is the same world, so it can be replayed: SEED=17 node --test Tests/Web/simulation.test.js
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EventOnlyClient } from '../../Web/client/eventonly.js';
import { FakeClock } from './support/clock.js';
import { ModelServer, Network, seeded } from './support/model-server.js';

const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : Array.from({ length: 250 }, (_, i) => i + 1);

/** @param {number} seed @param {{ forgetful?: boolean }} [world] */
async function live(seed, { forgetful = false } = {}) {
  const random = seeded(seed);
  const clock = new FakeClock();
  const server = new ModelServer(random);
  const network = new Network(server, clock, random);
  const pick = (/** @type {any[]} */ from) => from[Math.floor(random() * from.length)];
  /** @type {unknown[]} */ const errors = [];
  let open = 0;

  const actors = Array.from({ length: 3 }, (_, i) => {
    const client = new EventOnlyClient('ws://test/ws', {
      project: 'apollo', session: `secret-of-client-${i}`, WebSocket: network.WebSocket, now: clock.now, schedule: clock.schedule, random,
      onFrame: fn => fn(), window: pick([1, 5, 64]),
    });
    const actor = { client, counter: `counter-${i}`, votes: 0, acked: 0, seen: 0 };
    /** The own counter, which nobody else moves, shows our votes: not one more and not one less, at any moment. */
    const check = () => {
      if (forgetful) return;
      const item = client.store.get(actor.counter);
      if (item) assert.equal(item.data.votes, actor.votes, `seed ${seed}: the sender sees its own votes exactly once`);
    };
    for (const type of /** @type {const} */ (['change', 'event', 'pending', 'snapshot', 'sync'])) client.on(type, check);
    client.on('event', ({ seq }) => {
      if (!forgetful) assert.equal(seq > actor.seen, true, `seed ${seed}: every event once, in order`);
      actor.seen = seq;
    });
    client.on('error', error => errors.push(error));
    return actor;
  });

  /** @param {Promise<any>} promise @param {() => void} [done] */
  const follow = (promise, done) => { open++; promise.then(done, () => {}).finally(() => open--); };
  for (const actor of actors) {
    follow(actor.client.create('counter', { votes: 0 }, { id: actor.counter }));
    actor.client.connect();
  }
  /** @typedef {typeof actors[0]} Actor @type {((actor: Actor) => void)[]} */
  const acts = [
    actor => {
      actor.votes++;
      follow(actor.client.increment(actor.counter, 'votes'), () => actor.acked++);
    },
    ({ client }) => {
      const id = client.newId('card');
      follow(client.create('card', { title: 'x', votes: 0 }, { id }));
      if (random() < 0.5) follow(client.update(id, { title: String(random()) }));
    },
    ({ client }) => { const item = pick(client.store.list('card')); if (item) follow(client.update(item.id, { title: String(random()), deep: { a: random(), b: null } })); },
    ({ client }) => { const item = pick(client.store.list('card')); if (item) follow(client.update(item.id, { guarded: random() }, { ifVersion: item.version })); },
    ({ client }) => { const item = pick(client.store.list('card')); if (item) follow(client.increment(item.id, 'votes', 1 + Math.floor(random() * 3))); },
    ({ client }) => { const item = pick(client.store.list('card')); if (item && random() < 0.3) follow(client.delete(item.id)); },
    ({ client }) => follow(client.batch(ops => {
      const id = ops.create('card', { title: 'batched' });
      ops.increment(id, 'votes');
      if (random() < 0.3) ops.update(pick(client.store.list())?.id ?? 'missing', { batched: true });
    })),
    ({ client }) => { const abort = new AbortController(); follow(client.create('card', {}, { signal: abort.signal })); if (random() < 0.5) abort.abort(); },
  ];
  for (let turn = 0; turn < 120; turn++) {
    pick(acts)(pick(actors));
    const fate = random();
    if (fate < 0.05) pick(network.sockets).cut();
    else if (fate < 0.06) pick(network.sockets).black = true; // half open: the watchdog has to notice
    else if (fate < 0.07) pick(network.sockets).dismiss();
    else if (fate < 0.08) { const { client } = pick(actors); client.reconnect(); }
    else if (fate < 0.082 && forgetful) { server.forget(); for (const socket of network.sockets) socket.cut(1012); }
    if (random() < 0.6) clock.advance(random() * 200);
    if (turn % 10 === 0) await null;
  }
  server.refusals = 0;
  for (let i = 0; i < 200 && actors.some(({ client }) => client.sync !== 'synced' || client.seq !== server.state.seq); i++) clock.advance(1000);
  await new Promise(resolve => setImmediate(resolve));

  for (const { client } of actors) {
    assert.equal(client.sync, 'synced', `seed ${seed}: everything calms down`);
    assert.equal(client.stateHash, server.state.hash, `seed ${seed}: all replicas converge`);
    assert.deepEqual(client.store.list().map(({ id }) => id), [...server.state.items.keys()].sort(), `seed ${seed}: the view is the state`);
  }
  assert.equal(open, 0, `seed ${seed}: every promise is settled`);
  assert.deepEqual(errors, [], `seed ${seed}`);
  for (const { counter, votes, acked } of forgetful ? [] : actors) {
    assert.equal(server.state.items.get(counter)?.data.votes, votes, `seed ${seed}: every vote counts once`);
    assert.equal(acked, votes, `seed ${seed}: and every one was acknowledged`);
  }
}

test(`All replicas converge, and no vote counts twice, in ${SEEDS.length} worlds`, async () => {
  for (const seed of SEEDS) await live(seed);
});

test('All replicas converge though the server forgets everything now and then', async () => {
  for (const seed of SEEDS.slice(0, 60)) await live(seed, { forgetful: true });
});

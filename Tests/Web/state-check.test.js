// @ts-check
// Our state is compared with the server's at every `state`; a difference is told, and mended by a snapshot.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Replica } from '../../Web/client/replica.js';
import { aClient, aConnectedClient, event, greet, joined, snapshot } from './support/given.js';

const EMPTY = '0000000000000000';
const OTHER = '0000000100000002';
const CARD = { entity: 'a', kind: 'card', version: 1, data: {} };

function aReplica() {
  const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars' });
  replica.join('j1');
  replica.receive(/** @type {any} */ (joined({ seq: 1 })));
  replica.receive(/** @type {any} */ (snapshot(1)));
  return replica;
}

/** @param {Replica} replica @param {number} seq @param {string} hash @returns {any[]} */
const tell = (replica, seq, hash) => replica.receive({ type: 'state', project: 'apollo', seq, hash });
/** @param {Replica} replica @param {number} seq */
const happens = (replica, seq) => replica.receive(/** @type {any} */ (event(seq, { type: 'create', entity: `e${seq}`, kind: 'card', version: seq, data: {} })));

/** Joins again, and stands where the snapshot does. @param {Replica} replica @param {any} part @param {number} [head] @returns {any[]} */
function rejoin(replica, part, head = part.seq) {
  replica.join('j2');
  replica.receive(/** @type {any} */ (joined({ id: 'j2', seq: head })));
  return replica.receive(part);
}

/** Does what was asked for, without the wait. @param {Replica} replica @param {any[]} effects @returns {number} how long that was */
function mend(replica, effects) {
  rejoin(replica, snapshot(replica.seq));
  return effects.at(-1).ms;
}

test('A state that is ours says nothing and is remembered', () => {
  const replica = aReplica();
  assert.deepEqual(tell(replica, 1, EMPTY), []);
  happens(replica, 2);
  assert.equal(tell(replica, 2, OTHER)[0].divergence.from, 1);
});

test('A difference is told with its range and both hashes, and mended at once', () => {
  const replica = aReplica();
  const effects = tell(replica, 1, OTHER);
  assert.deepEqual(effects[0].divergence, { from: 0, to: 1, hash: EMPTY, expected: OTHER });
  assert.equal(effects[0].error.code, 'hash_mismatch');
  assert.deepEqual(effects[1], { do: 'heal', ms: 0, n: 1 });
  assert.equal(/** @type {any} */ (replica.join('j2')).since, undefined, 'it is the state itself that is in doubt');
  assert.equal(replica.divergences, 1);
});

test('A state of the past is not compared, and one of the future is a gap', () => {
  const replica = aReplica();
  happens(replica, 2);
  assert.deepEqual(tell(replica, 1, OTHER), []);
  assert.equal(tell(replica, 4, OTHER)[0].error.code, 'gap');
});

test('While it is being mended no further difference counts', () => {
  const replica = aReplica();
  tell(replica, 1, OTHER);
  happens(replica, 2);
  assert.deepEqual(tell(replica, 2, OTHER), []);
  assert.equal(replica.divergences, 1);
});

test('One that comes back waits longer each time, and a state that is ours ends that', () => {
  const replica = aReplica();
  assert.deepEqual([1, 2, 3, 4].map(() => mend(replica, tell(replica, 1, OTHER))), [0, 10_000, 20_000, 40_000]);
  tell(replica, 1, EMPTY);
  assert.equal(mend(replica, tell(replica, 1, OTHER)), 0);
  assert.equal(Math.max(...Array.from({ length: 40 }, () => mend(replica, tell(replica, 1, OTHER)))), 600_000);
});

test('A wait that is not needed any more mends nothing', () => {
  const replica = aReplica();
  mend(replica, tell(replica, 1, OTHER));
  const heal = tell(replica, 1, OTHER)[1];
  assert.ok(replica.mustHeal(heal.n));
  tell(replica, 1, EMPTY);
  assert.ok(!replica.mustHeal(heal.n));
  assert.equal(/** @type {any} */ (replica.join('j9')).since.seq, 1);
});

test('A snapshot that hashes differently is taken, and mended like any other difference', () => {
  const replica = aReplica();
  const first = rejoin(replica, snapshot(2, [CARD], { hash: OTHER }));
  assert.equal(replica.seq, 2);
  assert.deepEqual([first.at(-2).divergence.to, first.at(-1).ms], [2, 0]);
  const again = rejoin(replica, snapshot(2, [CARD], { hash: OTHER }));
  assert.equal(again.at(-1).ms, 10_000, 'a server that goes on telling it is not asked without end');
});

test('A snapshot that is older than what we had brings no event a second time', () => {
  const replica = aReplica();
  happens(replica, 2);
  tell(replica, 2, OTHER);
  rejoin(replica, snapshot(1), 3);
  assert.ok(!happens(replica, 2).some(effect => effect.do === 'event'));
  assert.ok(happens(replica, 3).some(effect => effect.do === 'event'));
  assert.equal(replica.confirmed.size, 2);
});

test('The client says it, and joins again on the same line without a since', () => {
  const { client, sockets, errors } = aConnectedClient({ seq: 1 });
  sockets.last.hear({ type: 'state', project: 'apollo', seq: 1, hash: OTHER });
  assert.deepEqual(sockets.last.frames().map(({ type }) => type), ['diverged', 'leave', 'join']);
  const join = sockets.last.frames('join')[0];
  assert.equal(join.since, undefined);
  sockets.last.hear(joined({ id: join.id, seq: 1 }));
  sockets.last.hear(snapshot(1, [CARD]));
  assert.deepEqual([client.store.size, client.divergences, sockets.all.length, client.state], [1, 1, 1, 'connected']);
  assert.deepEqual(/** @type {any} */ (errors[0]).divergence, { from: 0, to: 1, hash: EMPTY, expected: OTHER });
});

test('A second time it waits before it joins again, and says that it is stuck', () => {
  const { client, sockets, clock } = aConnectedClient({ seq: 1 });
  const differ = () => sockets.last.hear({ type: 'state', project: 'apollo', seq: 1, hash: OTHER });
  differ();
  sockets.last.hear(joined({ id: sockets.last.frames('join')[0].id, seq: 1 }));
  sockets.last.hear(snapshot(1));
  assert.equal(client.sync, 'synced');
  differ();
  assert.equal(client.sync, 'stuck');
  assert.equal(sockets.last.frames('join').length, 1);
  clock.advance(10_000);
  assert.equal(sockets.last.frames('join').length, 2);
});

test('A fault of the fold is found at the next state, and healed', () => {
  const { client, sockets } = aClient(/** @type {any} */ ({ fold: () => undefined }));
  client.connect();
  greet(sockets.last);
  sockets.last.hear(joined({ seq: 1 }));
  sockets.last.hear(snapshot(1, [], { hash: EMPTY }));
  sockets.last.hear(event(2, { type: 'create', ...CARD, version: 2 }));
  assert.equal(client.store.size, 0);
  sockets.last.hear({ type: 'state', project: 'apollo', seq: 2, hash: OTHER });
  assert.deepEqual(/** @type {any} */ (sockets.last.frames('diverged')[0]), { type: 'diverged', project: 'apollo', from: 1, to: 2, hash: EMPTY, expected: OTHER });
});

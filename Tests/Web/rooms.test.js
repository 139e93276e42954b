// @ts-check
// Several projects of one client on one line.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ClosedError } from '../../Web/client/eventonly.js';
import { aConnectedClient, EPOCH, event, greet, joined, own, snapshot } from './support/given.js';

/** A client in `apollo` that has joined `hermes` as well. */
function inTwo() {
  const world = aConnectedClient();
  const hermes = world.client.join('hermes');
  const join = world.sockets.last.frames('join')[0];
  world.sockets.last.hear(joined({ id: join.id, project: 'hermes', seq: 3, session: 'Wr2vT9aQmZ4rB8cLwE1yHs' }));
  world.sockets.last.hear(snapshot(3, [{ entity: 'h', kind: 'card', version: 2, data: {} }], { project: 'hermes' }));
  return { ...world, hermes };
}

test('A second project has a replica of its own on the same line', async () => {
  const { client, sockets, hermes } = inTwo();
  await hermes.ready();
  assert.equal(sockets.all.length, 1);
  assert.deepEqual([client.project, client.seq, hermes.project, hermes.seq], ['apollo', 0, 'hermes', 3]);
  sockets.last.hear(event(4, { type: 'create', entity: 'x', kind: 'card', data: {}, version: 4 }, { project: 'hermes' }));
  assert.equal(hermes.store.get('x')?.kind, 'card');
  assert.equal(client.store.get('x'), undefined);
  const said = hermes.update('h', { title: 'Milk' });
  const [frame] = sockets.last.frames('update');
  assert.deepEqual([frame.project, frame.n, hermes.pending, client.pending], ['hermes', 1, 1, 0]);
  sockets.last.hear({ ...own(5, frame), session: hermes.session });
  assert.equal((await said).seq, 5);
});

test('Who joins the same project again gets the same one', () => {
  const { client, sockets, hermes } = inTwo();
  assert.equal(client.join('hermes').store, hermes.store);
  assert.equal(client.join('apollo').store, client.store);
  assert.equal(sockets.last.frames('join').length, 1);
});

test('After a break all projects are joined where they stood, and only then is the client connected', () => {
  const { client, sockets, clock, hermes } = inTwo();
  sockets.last.fall();
  clock.advance(500);
  greet(sockets.last);
  const joins = sockets.last.frames('join');
  assert.deepEqual(joins.map(({ project, since }) => [project, since]), [['apollo', { epoch: EPOCH, seq: 0 }], ['hermes', { epoch: EPOCH, seq: 3 }]]);
  sockets.last.hear(joined({ id: joins[0].id, recovered: true }));
  assert.equal(client.state, 'reconnecting');
  sockets.last.hear(joined({ id: joins[1].id, project: 'hermes', seq: 3, recovered: true }));
  assert.deepEqual([client.state, client.sync, hermes.sync], ['connected', 'synced', 'synced']);
});

test('A second project that does not let us in leaves the first one alone', async () => {
  const { client, sockets } = aConnectedClient();
  const other = client.join('closed');
  const ready = other.ready();
  const command = other.create('card', {});
  sockets.last.hear({ type: 'error', id: sockets.last.frames('join')[0].id, code: 'forbidden', message: 'No.', retryable: false });
  await assert.rejects(ready, error => error instanceof ClosedError && error.code === 'forbidden');
  await assert.rejects(command, ClosedError);
  assert.equal(client.state, 'connected');
});

test('Who leaves a second project hears nothing of it any more, and the first one cannot be left so', async () => {
  const { client, sockets, hermes } = inTwo();
  hermes.leave();
  assert.equal(sockets.last.frames('leave')[0].project, 'hermes');
  sockets.last.hear(event(4, { type: 'delete', entity: 'h' }, { project: 'hermes' }));
  assert.equal(hermes.seq, 3);
  await assert.rejects(hermes.create('card', {}), ClosedError);
  assert.throws(() => client.leave(), TypeError);
  assert.equal(client.state, 'connected');
});

test('The end of the client is the end of all its projects', async () => {
  const { client, hermes } = inTwo();
  const waits = hermes.update('h', {});
  await client.disconnect();
  await assert.rejects(waits, ClosedError);
  await assert.rejects(hermes.ready(), ClosedError);
});

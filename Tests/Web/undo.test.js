// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { canonical } from '../../Web/client/canonical.js';
import { restoring } from '../../Web/client/restore.js';
import { aConnectedClient, event, joined, own, snapshot } from './support/given.js';
import { golden } from './support/golden.js';
import { seeded } from './support/seeded.js';

const SEEDS = process.env.EVENTONLY_LONG === '1' ? 5000 : 100;
const settled = () => new Promise(resolve => setImmediate(resolve));

for (const { name, entities, steps, view, can, skipped } of golden('undo.json')) {
  test(`Undo: ${name}`, () => {
    const { client, sockets } = aConnectedClient({ seq: 1, entities });
    const session = sockets.last;
    let seq = 1;
    /** @type {string[][]} */ const left = [];
    client.on('skipped', ({ ids }) => left.push(ids));
    const submit = (/** @type {any} */ command) => {
      if (command.type === 'create') client.create(command.kind, command.data, { id: command.entity });
      else if (command.type === 'delete') client.delete(command.entity);
      else if (command.patch) client.update(command.entity, command.patch);
      else if (command.increment) for (const [field, by] of Object.entries(command.increment)) client.increment(command.entity, field, Number(by));
      else client.batch(ops => command.ops.forEach((/** @type {any} */ op) => {
        if (op.type === 'create') ops.create(op.kind, op.data, { id: op.entity });
        else if (op.type === 'delete') ops.delete(op.entity);
        else ops.update(op.entity, op.patch);
      }));
    };
    for (const step of steps) {
      if (step.do) submit(step.do);
      if (step.group) client.group('both', () => step.group.forEach(submit));
      if (step.undo) client.undo();
      if (step.redo) client.redo();
      if (step.refuse) session.hear({ type: 'reject', project: 'apollo', n: step.refuse, code: 'forbidden', message: '', retryable: false });
      if (step.event) {
        confirm();
        session.hear(event(++seq, { ...step.event, ...step.event.patch || step.event.data ? { version: seq } : {} }));
      }
      if (step.epoch) {
        session.fall(1012);
        client.reconnect();
        sockets.last.accept();
        sockets.last.hear(joined({ id: sockets.last.frames().find(({ type }) => type === 'join')?.id, epoch: step.epoch, seq: 9 }));
        sockets.last.hear(snapshot(9, entities));
      }
    }
    for (const [id, data] of Object.entries(view)) assert.deepEqual(client.store.get(id)?.data ?? null, data, id);
    assert.deepEqual([client.canUndo, client.canRedo], can);
    assert.deepEqual(left, skipped);

    /** Whatever was said becomes an event. */
    function confirm() {
      for (const frame of session.frames().filter(({ n }) => n !== undefined)) session.hear(own(++seq, frame));
      session.said.length = 0;
    }
  });
}

for (const { name, was, current, command } of golden('restore.json')) {
  test(`Restore: ${name}`, () => {
    const item = (/** @type {any} */ wire) => wire && { id: wire.entity, kind: wire.kind, version: wire.version, data: wire.data };
    assert.equal(canonical(/** @type {any} */ (restoring('a', item(was), item(current)) ?? null)), canonical(command));
  });
}

test('An undo of what was never sent leaves nothing to send', async () => {
  const { client, sockets } = aConnectedClient({ seq: 1 });
  sockets.last.fall(1006);
  const made = client.create('card', { title: 'x' }, { id: 'b' });
  const undone = client.undo();
  assert.equal((await made).id, 'b');
  assert.equal((await undone)?.id, 'b');
  assert.equal(client.pending, 0);
  assert.equal(client.store.get('b'), undefined);
  assert.equal(await client.undo(), undefined);
});

test('A command that is taken back by its signal is no step', () => {
  const { client, sockets } = aConnectedClient({ seq: 1, entities: [{ entity: 'a', kind: 'card', version: 1, data: {} }] });
  sockets.last.fall(1006);
  const stop = new AbortController();
  client.update('a', { x: 1 }, { signal: stop.signal }).catch(() => {});
  assert.equal(client.canUndo, true);
  stop.abort();
  assert.equal(client.canUndo, false);
});

test('A hundred steps are kept', () => {
  const { client } = aConnectedClient({ seq: 1, entities: [{ entity: 'a', kind: 'card', version: 1, data: { n: 0 } }] });
  for (let i = 0; i < 150; i++) client.increment('a', 'n');
  for (let i = 0; i < 200; i++) client.undo();
  assert.equal(client.store.get('a')?.data.n, 50);
});

test('Restoring asks for the past and is a change that can be undone', async () => {
  const { client, sockets } = aConnectedClient({ seq: 5, entities: [{ entity: 'a', kind: 'card', version: 5, data: { title: 'new' } }] });
  const done = client.restore('a', 3);
  await settled();
  const { id } = sockets.last.frames('history').at(-1);
  sockets.last.hear({
    type: 'result', id, floor: 0, more: false, events: [
      event(1, { type: 'create', entity: 'b', kind: 'card', data: {}, version: 1 }),
      event(2, { type: 'create', entity: 'a', kind: 'card', data: { title: 'old' }, version: 2 }),
      event(3, { type: 'delete', entity: 'b' })],
  });
  await settled();
  assert.equal(client.store.get('a')?.data.title, 'old');
  sockets.last.hear(own(6, sockets.last.frames().at(-1)));
  assert.equal((await done)?.seq, 6);
  client.undo();
  assert.equal(client.store.get('a')?.data.title, 'new');
});

test(`n undos and n redos leave the document as it was, while others change other fields: ${SEEDS} seeds`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seeded(seed);
    const pick = (/** @type {any[]} */ all) => all[Math.floor(random() * all.length)];
    const { client, sockets } = aConnectedClient({ seq: 1, entities: [{ entity: 'a', kind: 'card', version: 1, data: { n: 1, f: { x: 1 } } }] });
    let seq = 1;
    const value = () => pick([1, 'x', null, { y: 2 }, { x: null }, { x: { z: 1 } }, [1]]);
    const act = () => {
      const id = pick(['a', 'b', 'c']);
      if (!client.store.get(id)) client.create('card', { n: 0, mine: 1 }, { id });
      else pick([
        () => client.update(id, { [pick(['f', 'g'])]: value() }), () => client.update(id, { f: value(), g: value() }),
        () => client.increment(id, 'n', pick([1, 2, -5])), () => client.delete(id),
        () => client.batch(ops => { ops.update(id, { f: value() }); ops.increment(id, 'n'); ops.update(id, { g: value() }); }),
        () => client.group('g', () => { client.update(id, { f: value() }); client.update(id, { g: value() }); }),
      ])();
      confirm();
    };
    const confirm = () => {
      for (const frame of sockets.last.frames().filter(({ n }) => n !== undefined)) sockets.last.hear(own(++seq, frame));
      sockets.last.said.length = 0;
    };
    const others = () => {
      const id = pick(['a', 'b', 'c']);
      if (client.store.get(id)) sockets.last.hear(event(++seq, { type: 'update', entity: id, version: seq, patch: { theirs: value() } }));
    };
    /** Without what others did. */
    const document = () => canonical(client.store.list().map(({ id, data: { theirs: _, ...mine } }) => ({ id, mine })));
    let made = 0;
    const before = document();
    for (; made < 12; made++) act();
    const after = document();
    /** @type {string[]} */ const way = [];
    for (let i = 0; i < made; i++) { client.undo(); confirm(); others(); way.push(document()); }
    assert.equal(way.at(-1), before, `seed ${seed}: all undone`);
    for (let i = 0; i < made; i++) {
      client.redo();
      confirm();
      others();
      assert.equal(document(), way[made - 2 - i] ?? after, `seed ${seed}: redo ${i}`);
    }
    assert.equal(client.canRedo, false);
  }
});

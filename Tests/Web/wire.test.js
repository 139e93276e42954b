// @ts-check
// The example frames of docs/wire.md are golden: what the client says must be those very bytes, and it must understand the others.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { examples } from './support/golden.js';
import { aClient, aConnectedClient, EPOCH, event, greet, joined, own, SESSION, snapshot } from './support/given.js';

const CARD = { entity: 'card-5', kind: 'card', version: 988, data: { list: 'todo', title: 'Milk', votes: 3 } };
const NOTES = { entity: 'card-7', kind: 'card', version: 1046, data: { notes: { $text: 'Milk', born: 1046 }, title: 'Shopping' } };
const LIST = { entity: 'list-1', kind: 'list', version: 2, data: { title: 'To do' } };

/** A connected client whose next command has number n, with a card and a list. @param {number} n @param {object} [options] */
function atNumber(n, options) {
  const world = aConnectedClient({ seq: 1040 - (n - 1), entities: [CARD, LIST] }, options);
  for (let i = 1; i < n; i++) {
    world.client.increment('list-1', 'count');
    world.sockets.last.hear(own(1040 - (n - 1) + i, world.sockets.last.frames().at(-1)));
  }
  world.sockets.last.said.length = 0;
  return world;
}

/** A connected client whose next question about the past has number n. @param {number} n @param {(world: ReturnType<typeof aConnectedClient>) => void} ask */
function atHistory(n, ask) {
  const world = aConnectedClient();
  for (let i = 1; i < n; i++) { world.client.at(1).catch(() => {}); world.sockets.last.hear({ type: 'error', id: `h${i}`, code: 'gone', message: 'Gone.' }); }
  world.sockets.last.said.length = 0;
  ask(world);
  return world;
}

/** How to make a client say each of the examples, in the order of the page; each gives the world it was said in. */
const says = [
  () => { const world = aClient(); world.client.connect(); world.sockets.last.accept(); world.sockets.last.said.splice(1); return world; },
  () => {
    const world = aClient();
    world.client.connect();
    world.clock.advance(123);
    greet(world.sockets.last);
    return world;
  },
  () => { const world = aConnectedClient(); world.sockets.last.hear({ type: 'ping', t: 1763712015000 }); return world; },
  () => { const world = aClient({ presence: { view: 'board' } }); world.client.connect(); world.sockets.last.accept(); return world; },
  () => {
    const world = atNumber(7, { presence: { view: 'board' } });
    for (let i = 7; i <= 9; i++) world.client.increment('card-5', 'votes');
    world.sockets.last.fall();
    world.clock.advance(10_000);
    world.sockets.last.accept();
    return world;
  },
  () => {
    const world = aClient({ session: 'loadClient-000000000042', listen: false });
    world.client.connect();
    for (let i = 0; i < 3; i++) { world.sockets.last.accept(); if (i < 2) { world.sockets.last.fall(); world.clock.advance(10_000); } }
    return world;
  },
  () => { const world = aConnectedClient(); world.sockets.last.hear(event(2, { type: 'tomorrow' })); world.sockets.last.said.splice(1); return world; },
  () => { const world = atNumber(1); world.client.create('card', { list: 'todo', title: 'Milk' }, { id: 'card-5' }); return world; },
  () => { const world = atNumber(7); world.client.update('card-5', { title: 'Buy milk' }, { ifVersion: 988 }); return world; },
  () => { const world = atNumber(8); world.client.increment('card-5', 'votes'); return world; },
  () => { const world = atNumber(9); world.client.delete('card-5'); return world; },
  () => { const world = atNumber(11); world.client.create('card', { notes: { $text: 'Milk' }, title: 'Shopping' }, { id: 'card-7' }); return world; },
  () => {
    const world = atNumber(10);
    world.client.batch(ops => {
      ops.create('card', { title: 'Eggs' }, { id: 'card-6' });
      ops.update('list-1', { title: 'Shopping' });
    });
    return world;
  },
  () => { const world = aConnectedClient(); world.client.broadcast('wave', { hand: 'left' }); return world; },
  () => { const world = aConnectedClient(); world.client.broadcast('wave', 1, { to: 'Bd81mPqz0LsVn6XtRk3JwA' }); return world; },
  () => { const world = aConnectedClient(); world.client.broadcast('pointer', { x: 12, y: 7 }, { key: 'mouse' }); return world; },
  () => { const world = aConnectedClient(); world.client.presence.set({ card: 'card-5', view: 'card' }); return world; },
  () => {
    const world = aConnectedClient();
    world.client.query({ kind: 'card', where: { list: 'todo' }, match: { title: 'mi' }, sort: '-votes', limit: 2 });
    return world;
  },
  () => {
    const world = aConnectedClient();
    world.client.query({ kind: 'card' }).catch(() => {});
    world.sockets.last.said.length = 0;
    world.client.query({ kind: 'card', sort: '-votes', limit: 2, after: { id: 'card-5', kind: 'card', version: 1, data: { votes: 3 } } });
    return world;
  },
  () => {
    const world = aConnectedClient();
    world.client.validate({ type: 'update', entity: 'card-5', patch: { title: 'Buy milk' }, ifVersion: 988 });
    return world;
  },
  () => { const world = aConnectedClient(); world.client.history({ from: 1042, limit: 1 }).next(); return world; },
  () => atHistory(2, ({ client }) => { client.lastChange('card-5', 'title'); }),
  () => atHistory(3, ({ client }) => { client.history({ before: 900001, limit: 1, entity: 'card-5', field: 'title' }).next(); }),
  () => atHistory(4, ({ client }) => { client.history({ from: 1, to: 1045, by: 'ann' }).next(); }),
  () => atHistory(5, ({ client }) => { client.at(2); }),
  () => atHistory(6, ({ client }) => { client.at(new Date('2026-11-21T07:58:00Z')); }),
  () => {
    const world = aConnectedClient();
    const abort = new AbortController();
    world.client.query({ kind: 'card' }, { signal: abort.signal }).catch(() => {});
    world.sockets.last.said.length = 0;
    abort.abort();
    return world;
  },
  () => {
    const world = aClient();
    world.client.connect();
    greet(world.sockets.last);
    world.sockets.last.hear(joined({ seq: 786 }));
    world.sockets.last.hear(snapshot(786, [LIST], { hash: 'aeb3c52122b16dfa' }));
    for (let seq = 787; seq <= 1042; seq++) world.sockets.last.hear(event(seq, { type: 'tomorrow' }));
    world.sockets.last.hear({ type: 'state', project: 'apollo', seq: 1042, hash: '0b2917eb9abfcd9e' });
    assert.deepEqual(world.sockets.last.frames().slice(-3).map(({ type }) => type), ['diverged', 'leave', 'join']);
    world.sockets.last.said.splice(-2);
    return world;
  },
];

// A trace's parent is for programs that take part in tracing: a page sends none. What says an edit is tested with the texts.
const clientExamples = examples('client').filter((text) => !text.includes('"traceparent"') && !text.includes('"edit"'));

test('There is a call for each frame a client may say', () => assert.equal(says.length, clientExamples.length));

clientExamples.forEach((text, i) => {
  test(`The client says example ${i + 1} byte by byte: ${text.slice(0, 60)}`, () => {
    assert.equal(says[i]().sockets.last.said.at(-1), text);
  });
});

/**
 * What must be different after a frame was heard, by type (and by what tells two of a type apart).
 * @type {Record<string, (frame: any) => void | Promise<void>>}
 */
const understood = {
  connected(frame) {
    const { client, sockets } = aClient();
    client.connect();
    sockets.last.accept();
    sockets.last.hear(frame);
    assert.deepEqual(client.serverInfo, frame);
    assert.deepEqual(client.user, { name: 'ann' });
  },
  pong(frame) {
    const { client, sockets, clock } = aConnectedClient();
    clock.advance(143);
    sockets.last.hear(frame);
    assert.equal(client.rtt, 20);
    assert.equal(client.clockOffset, Date.parse(frame.time) - frame.t - 10);
  },
  ping(frame) {
    const { sockets } = aConnectedClient();
    sockets.last.hear(frame);
    assert.deepEqual(sockets.last.frames('pong'), [{ type: 'pong', t: frame.t }]);
  },
  joined(frame) {
    const { client, sockets, errors, clock } = frame.recovered ? atNumber(7) : aClient();
    if (frame.recovered) {
      for (let i = 7; i <= 9; i++) client.increment('card-5', 'votes');
      sockets.last.fall();
      clock.advance(10_000);
    } else client.connect();
    greet(sockets.last);
    sockets.last.hear(frame);
    assert.equal(client.session, frame.session);
    assert.equal(client.state, frame.recovered ? 'connected' : 'connecting');
    assert.deepEqual(client.presence.others.map(({ user }) => user.name), frame.recovered ? [] : ['bob']);
    assert.deepEqual(sockets.last.frames('update').map(({ n }) => n), frame.recovered ? [8, 9] : []);
    assert.deepEqual(errors, []);
  },
  async snapshot(frame) {
    if (frame.id) {
      const { client, sockets } = aConnectedClient();
      for (let i = 1; i < 5; i++) client.at(1, { key: 'same' }).catch(() => {});
      const past = client.at(2);
      sockets.last.hear(frame);
      assert.equal((await past).get('list-1')?.data.title, 'To do');
      assert.equal((await past).hash, frame.hash);
      return;
    }
    const { client, sockets, errors } = aClient();
    client.connect();
    greet(sockets.last);
    sockets.last.hear(joined({ seq: 1041 }));
    for (const part of examples('server').map(text => JSON.parse(text)).filter(part => part.type === 'snapshot' && !part.id)) sockets.last.hear(part);
    assert.equal(client.seq, 1041);
    assert.equal(client.store.size, 2);
    assert.equal(client.stateHash, '0b2917eb9abfcd9e');
    assert.deepEqual(errors, []);
  },
  event(frame) {
    const { client, sockets, errors } = aConnectedClient({ seq: frame.seq - 1, entities: frame.type === 'create' ? [] : [CARD, NOTES, LIST] });
    /** @type {any[]} */ const events = [];
    /** @type {string[]} */ const ops = [];
    client.on('event', happened => events.push(happened));
    for (const type of /** @type {const} */ (['create', 'update', 'delete'])) client.on(type, ({ id, kind, seq }) => ops.push(`${type} ${id} ${kind} ${seq}`));
    sockets.last.hear(frame);
    assert.equal(client.seq, frame.seq);
    assert.deepEqual(events, [{ ...frame, own: true }]);
    assert.deepEqual(ops, (frame.ops ?? [frame]).map((/** @type {any} */ op) => `${op.type} ${op.entity} ${op.entity.split('-')[0]} ${frame.seq}`));
    if (frame.edit) assert.equal(client.store.get('card-7')?.data.notes, 'Milk, eggs');
    assert.deepEqual(errors, []);
  },
  state(frame) {
    const { client, sockets, errors } = aConnectedClient({ seq: frame.seq, entities: [CARD, LIST] });
    sockets.last.hear(frame);
    assert.deepEqual(errors, []);
    sockets.last.hear({ ...frame, hash: 'aeb3c52122b16dfa' });
    assert.equal(client.divergences, 1);
  },
  async reject(frame) {
    const { client, sockets } = atNumber(frame.n);
    const update = client.update('card-5', { title: 'x' });
    sockets.last.hear(frame);
    await assert.rejects(update, { name: 'RejectedError', code: frame.code, detail: frame.detail, errors: frame.errors, op: frame.op, retryable: false });
    assert.equal(client.store.get('card-5')?.data.title, 'Milk');
    if (frame.current) await update.catch(error => assert.deepEqual(error.current, { id: 'card-5', kind: 'card', version: 1040, data: { title: 'Oat milk' } }));
  },
  async ack(frame) {
    const world = frame.duplicate ? atNumber(7) : aClient({ listen: false });
    const { client, sockets } = world;
    if (!frame.duplicate) {
      client.connect();
      greet(sockets.last);
      sockets.last.hear(joined({ recovered: false }));
      for (let i = 1; i < 12; i++) client.increment('card-5', 'votes');
    }
    const ack = client.increment('card-5', 'votes');
    sockets.last.hear(frame);
    if (frame.duplicate) for (let seq = client.seq + 1; seq <= frame.seq; seq++) sockets.last.hear(event(seq, { type: 'tomorrow' }));
    assert.equal((await ack).seq, frame.seq);
  },
  broadcast(frame) {
    const { client, sockets } = aConnectedClient();
    /** @type {string[]} */ const heard = [];
    client.on('broadcast', ({ topic }) => heard.push(topic));
    client.on(`broadcast:${frame.topic}`, ({ data, key }) => heard.push(JSON.stringify(data), String(key)));
    sockets.last.hear(frame);
    assert.deepEqual(heard, [], 'the example is our own');
    sockets.last.hear({ ...frame, session: 'Bd81mPqz0LsVn6XtRk3JwA' });
    assert.deepEqual(heard, [frame.topic, JSON.stringify(frame.data), String(frame.key)]);
  },
  presence(frame) {
    const { client, sockets, clock } = aClient();
    client.connect();
    greet(sockets.last);
    sockets.last.hear(joined({ members: [{ session: 'Bd81mPqz0LsVn6XtRk3JwA', user: { name: 'bob' }, data: {} }] }));
    /** @type {any[]} */ const news = [];
    client.on('presence', each => news.push(each));
    if (frame.members) {
      sockets.last.hear({ ...frame, members: [{ session: 'Cq7yNf2uHs9DaWv5Zk0bEg', user: { name: 'cid' }, data: {} }] });
      sockets.last.hear(frame);
      assert.deepEqual(news.map(({ joined, left }) => [joined.length, left.length]), [[1, 1], [1, 1]], 'who is not in the list is gone');
      return assert.deepEqual(client.presence.others, frame.members);
    }
    sockets.last.hear(frame);
    clock.advance(1000);
    assert.deepEqual(news, [{ joined: frame.joined, left: frame.left, changed: [] }], 'the change of the example is our own');
    assert.deepEqual(client.presence.others, frame.joined);
  },
  async result(frame) {
    const { client, sockets, errors } = aConnectedClient();
    if (frame.id === 'l1') return sockets.last.hear(frame);
    if (frame.events) {
      const asked = client.history(frame.events.length > 0 ? { from: 1042, limit: 1 } : { entity: 'card-5' }).next();
      sockets.last.hear({ ...frame, id: 'h1' });
      if (frame.events.length > 0) return assert.deepEqual(await asked, { done: false, value: frame.events[0] });
      await new Promise(resolve => setImmediate(resolve));
      return assert.equal(sockets.last.frames().at(-1).before, frame.next, 'it goes on where it was told');
    }
    const answer = client.query({ kind: 'card' });
    sockets.last.hear(frame);
    const { type: _, id: __, ...rest } = frame;
    if (rest.items) rest.items = rest.items.map((/** @type {any} */ { entity, ...item }) => ({ id: entity, ...item }));
    assert.deepEqual(await answer, rest);
    assert.deepEqual(errors, []);
  },
  async verdict(frame) {
    const { client, sockets } = aConnectedClient();
    const verdict = client.validate({ type: 'delete', entity: 'card-5' });
    sockets.last.hear(frame);
    assert.equal((await verdict).ok, frame.ok);
    assert.equal((await verdict).code, frame.code);
  },
  async error(frame) {
    const { client, sockets, errors } = aConnectedClient();
    if (frame.id === undefined) {
      sockets.last.hear(frame);
      return assert.equal(/** @type {any} */ (errors[0]).code, 'invalid');
    }
    const answer = client.query({ kind: 'card' });
    sockets.last.hear({ ...frame, id: 'q1' });
    await assert.rejects(answer, { code: frame.code, retryable: frame.retryable, retryAfterMs: frame.retryAfterMs });
  },
  disconnect(frame) {
    const { client, sockets, clock } = aConnectedClient();
    /** @type {any[]} */ const states = [];
    client.on('state', state => states.push(state));
    sockets.last.hear(frame);
    assert.equal(states[0].code, 1012);
    assert.ok(states[0].retryIn >= 1250 && states[0].retryIn <= 1250 + 3000);
    clock.advance(states[0].retryIn);
    assert.equal(sockets.all.length, 2);
  },
};

for (const text of examples('server')) {
  test(`The client understands: ${text.slice(0, 90)}`, async () => {
    const frame = JSON.parse(text);
    await (understood[frame.type] ?? (frame.seq ? understood.event : assert.fail))(frame);
  });
}

test('Properties it does not know, and messages of an unknown type, do not trouble the client', () => {
  const { client, sockets, errors } = aConnectedClient();
  sockets.last.hear({ ...event(1, { type: 'create', entity: 'a', kind: 'card', version: 1, data: {}, colour: 'red' }), tomorrow: [1] });
  sockets.last.hear({ type: 'tomorrow', x: 1 });
  sockets.last.hear({ type: 'toString' });
  assert.equal(client.seq, 1);
  assert.deepEqual(errors, []);
  assert.equal(client.state, 'connected');
  assert.equal(SESSION, client.session);
  assert.equal(EPOCH, client.epoch);
  sockets.last.hear(snapshot(99, [])); // nobody asked
  assert.equal(client.seq, 1);
});

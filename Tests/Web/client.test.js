// @ts-check
// What a caller of the client sees: commands, listeners, presence, questions.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { OfflineError, QueueFullError, RejectedError, TimeoutError } from '../../Web/client/eventonly.js';
import { aClient, aConnectedClient, event, greet, joined, own, SESSION, snapshot } from './support/given.js';

const CARD = { entity: 'a', kind: 'card', version: 1, data: { title: 'Milk', votes: 0 } };

test('A command is visible at once and resolves when its event is here', async () => {
  const { client, sockets, frame } = aConnectedClient();
  /** @type {any[]} */ const changes = [];
  client.on('change', change => changes.push(change));
  const created = client.create('card', { title: 'Milk' }, { id: 'a' });
  assert.equal(client.store.get('a')?.data.title, 'Milk');
  assert.equal(client.store.confirmed('a'), undefined);
  assert.equal(client.sync, 'syncing');
  frame();
  sockets.last.hear(own(1, sockets.last.frames('create')[0]));
  assert.deepEqual(await created, { seq: 1, at: '2026-11-21T08:00:00.123Z', id: 'a' });
  assert.equal(client.store.confirmed('a')?.version, 1);
  assert.equal(client.sync, 'synced');
  frame();
  assert.deepEqual(changes, [{ ids: ['a'], origin: 'local', by: undefined, seq: 0 }], 'the confirmation changes nothing one can see');
});

test('Commands made offline wait, count, and go out in order once joined', () => {
  const { client, sockets } = aClient();
  /** @type {number[]} */ const counts = [];
  client.on('pending', ({ count }) => counts.push(count));
  const id = client.newId('card');
  client.create('card', {}, { id });
  client.update(id, { title: 'x' });
  client.increment(id, 'votes', 2);
  client.connect();
  greet(sockets.last);
  assert.deepEqual(sockets.last.frames().map(({ type }) => type), ['connect', 'join', 'ping'], 'not before the outcomes are known');
  sockets.last.hear(joined());
  sockets.last.hear(snapshot(0));
  assert.deepEqual(sockets.last.frames().slice(3).map(({ type, n }) => [type, n]), [['create', 1], ['update', 2], ['update', 3]]);
  assert.equal(client.pending, 3);
  assert.deepEqual(counts, [1, 2, 3]);
  assert.deepEqual(client.store.get(id)?.data, { title: 'x', votes: 2 });
});

test('Ready means that what happened while we were away is here as well', async () => {
  const { client, clock, sockets } = aConnectedClient();
  sockets.last.fall();
  clock.advance(250);
  greet(sockets.last);
  let isReady = false;
  const ready = client.ready().then(() => { isReady = true; });
  sockets.last.hear(joined({ id: sockets.last.frames('join')[0].id, seq: 2, recovered: true }));
  sockets.last.hear(event(1, { type: 'create', ...CARD }));
  await Promise.resolve();
  assert.equal(isReady, false);
  sockets.last.hear(event(2, { type: 'delete', entity: 'a' }));
  await ready;
});

test('A command beyond the queue is refused and not applied', async () => {
  const { client } = aClient({ queue: { max: 2 } });
  client.create('card', {});
  client.create('card', {});
  await assert.rejects(client.create('card', {}), QueueFullError);
  assert.equal(client.store.size, 2);
  assert.equal(client.pending, 2);
});

test('What the caller does to its objects later is not part of the command', () => {
  const { client, sockets } = aConnectedClient();
  const data = { tags: ['a'] };
  client.create('card', data, { id: 'a' });
  data.tags.push('b');
  assert.deepEqual(client.store.get('a')?.data, { tags: ['a'] });
  assert.deepEqual(sockets.last.frames()[0].data, { tags: ['a'] });
});

test('A command the server could not even read is refused here, before it has a number', async () => {
  const { client, sockets } = aConnectedClient();
  let told = 0;
  client.on('reject', ({ command, error }) => { told++; assert.equal(command.n ?? error.code, 'invalid'); });
  const loop = /** @type {any} */ ({});
  loop.loop = loop;
  for (const data of [{ x: '\ud800' }, { x: 'a\0' }, { x: 2 ** 60 }, JSON.parse('{"__proto__":{"polluted":1}}')])
    await assert.rejects(client.create('card', data), { code: 'invalid', detail: 'bad_json' });
  assert.equal(told, 4);
  await assert.rejects(client.create('card', loop), TypeError);
  await assert.rejects(client.create('card', /** @type {any} */ ([])), TypeError);
  await assert.rejects(client.create('card', /** @type {any} */ (undefined)), TypeError);
  assert.equal(client.store.size, 0);
  client.create('card', {});
  assert.equal(sockets.last.frames()[0].n, 1);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
});

test('A rejection rolls back, tells, and carries what the server said', async () => {
  const { client, sockets, frame } = aConnectedClient({ seq: 5, entities: [CARD] });
  /** @type {any[]} */ const told = [];
  client.on('reject', ({ command, error }) => told.push([command.type, command.n, error.code]));
  client.on('change', ({ origin, ids }) => told.push([origin, ...ids]));
  const updated = client.update('a', { title: 'x' }, { ifVersion: 9 });
  frame();
  const current = { entity: 'a', kind: 'card', version: 1, data: { title: 'Oat' } };
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 1, code: 'conflict', message: 'm', retryable: false, current });
  frame();
  await assert.rejects(updated, error => error instanceof RejectedError && error.current?.data.title === 'Oat' && error.current.id === 'a');
  assert.equal(client.store.get('a')?.data.title, 'Milk');
  assert.deepEqual(told, [['local', 'a'], ['update', 1, 'conflict'], ['rollback', 'a']]);
});

test('Aborting takes a command back before it was sent, and ends only the waiting after', async () => {
  const { client, sockets, clock } = aConnectedClient({ seq: 0 }, { window: 1 });
  const [sent, queued] = [new AbortController(), new AbortController()];
  const first = client.create('card', {}, { id: 'first', signal: sent.signal });
  const second = client.create('card', {}, { id: 'second', signal: queued.signal });
  sent.abort();
  queued.abort();
  await assert.rejects(first, { name: 'AbortError' });
  await assert.rejects(second, { name: 'AbortError' });
  assert.ok(client.store.get('first'));
  assert.equal(client.store.get('second'), undefined);
  sockets.last.hear(own(1, sockets.last.frames()[0]));
  clock.advance(1000);
  assert.ok(client.store.confirmed('first'));
  assert.equal(client.pending, 0);
  const aborted = client.create('card', {}, { signal: AbortSignal.abort() });
  await assert.rejects(aborted, { name: 'AbortError' });
  assert.equal(sockets.last.said.length, 1);
});

test('Refused for now: sent again after the pause, with the same n; nobody is told', async () => {
  const { client, sockets, clock } = aConnectedClient();
  const created = client.create('card', {}, { id: 'a' });
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 1, code: 'unavailable', message: '', retryable: true, retryAfterMs: 400 });
  clock.advance(399);
  assert.equal(sockets.last.said.length, 1);
  clock.advance(1);
  assert.equal(sockets.last.said[1], sockets.last.said[0]);
  sockets.last.hear(own(1, sockets.last.frames()[1]));
  assert.equal((await created).seq, 1);
});

test('While the socket is clogged commands wait and broadcasts are dropped', () => {
  const { client, sockets, clock } = aConnectedClient({}, { highWater: 1000 });
  sockets.last.bufferedAmount = 1001;
  client.create('card', {});
  assert.equal(client.broadcast('wave', null), false);
  assert.deepEqual(sockets.last.said, []);
  sockets.last.bufferedAmount = 0;
  clock.advance(50);
  assert.equal(sockets.last.said.length, 1);
  assert.equal(client.broadcast('wave', null), true);
});

test('A batch is one command, one acknowledgement, and events for each operation', async () => {
  const { client, sockets } = aConnectedClient({ seq: 5, entities: [CARD] });
  /** @type {any[]} */ const told = [];
  for (const type of /** @type {const} */ (['create', 'update', 'delete'])) client.on(type, op => told.push([type, op.id, op.kind, op.seq, op.by, op.own]));
  const done = client.batch(ops => {
    const id = ops.create('list', {}, { id: 'l' });
    ops.update(id, { title: 'x' });
    ops.increment('a', 'votes', 3);
    ops.delete('a');
  });
  assert.deepEqual(client.store.list().map(({ id }) => id), ['l']);
  sockets.last.hear(own(6, sockets.last.frames()[0]));
  assert.deepEqual(await done, { seq: 6, at: '2026-11-21T08:00:00.123Z', id: undefined });
  assert.deepEqual(told, [['create', 'l', 'list', 6, 'ann', true], ['update', 'l', 'list', 6, 'ann', true],
    ['update', 'a', 'card', 6, 'ann', true], ['delete', 'a', 'card', 6, 'ann', true]]);
});

test('Changes are gathered until the next frame, by origin', () => {
  const { client, sockets, frame } = aConnectedClient({ seq: 5, entities: [CARD] });
  /** @type {any[]} */ const changes = [];
  client.on('change', change => changes.push(change));
  sockets.last.hear(event(6, { type: 'create', entity: 'b', kind: 'card', version: 6, data: {} }));
  sockets.last.hear(event(7, { type: 'update', entity: 'a', version: 7, patch: { x: 1 } }));
  sockets.last.hear(event(8, { type: 'update', entity: 'a', version: 8, patch: { x: 2 } }));
  client.delete('b');
  assert.deepEqual(changes, []);
  frame();
  assert.deepEqual(changes, [{ ids: ['b', 'a'], origin: 'remote', by: 'bob', seq: 8 }, { ids: ['b'], origin: 'local', by: undefined, seq: 8 }]);
  frame();
  assert.equal(changes.length, 2);
});

test('A remote write shows through where we have nothing pending, and not where we have', () => {
  const { client, sockets } = aConnectedClient({ seq: 5, entities: [CARD] });
  client.update('a', { title: 'mine' });
  sockets.last.hear(event(6, { type: 'update', entity: 'a', version: 6, patch: { title: 'theirs', colour: 'red' } }));
  assert.deepEqual(client.store.get('a')?.data, { title: 'mine', votes: 0, colour: 'red' });
  assert.equal(client.store.confirmed('a')?.data.title, 'theirs');
  assert.equal(client.store.isPending('a', 'title'), true);
  assert.equal(client.store.isPending('a', 'colour'), false);
});

test('A listener that throws is reported and harms nobody', () => {
  const { client, sockets, errors } = aConnectedClient();
  let heard = 0;
  client.on('event', () => { throw new Error('mine'); });
  client.on('event', () => heard++);
  sockets.last.hear(event(1, { type: 'tomorrow' }));
  assert.equal(heard, 1);
  assert.equal(client.seq, 1);
  assert.equal(/** @type {any} */ (errors[0]).message, 'mine');
});

test('A listener leaves by its function, by signal, or after one call', () => {
  const { client, sockets } = aConnectedClient();
  /** @type {string[]} */ const heard = [];
  const abort = new AbortController();
  const off = client.on('event', () => heard.push('off'));
  client.on('event', () => heard.push('signal'), { signal: abort.signal });
  client.on('event', () => heard.push('once'), { once: true });
  client.on('event', () => heard.push('never'), { signal: AbortSignal.abort() });
  sockets.last.hear(event(1, { type: 'tomorrow' }));
  off();
  off();
  abort.abort();
  sockets.last.hear(event(2, { type: 'tomorrow' }));
  assert.deepEqual(heard, ['off', 'signal', 'once']);
});

test('A listener may act: what it submits is sent, in order', () => {
  const { client, sockets } = aConnectedClient();
  client.on('create', () => { client.increment('b', 'x'); client.increment('b', 'y'); });
  sockets.last.hear(event(1, { type: 'create', entity: 'b', kind: 'card', version: 1, data: {} }));
  assert.deepEqual(sockets.last.frames().map(({ n, increment }) => [n, ...Object.keys(increment)]), [[1, 'x'], [2, 'y']]);
});

test('The wire can be watched', () => {
  const { client, sockets } = aConnectedClient();
  /** @type {any[]} */ const frames = [];
  client.on('frame', frame => frames.push(frame));
  client.broadcast('wave', 'é');
  sockets.last.hear('{"type":"tomorrow"}');
  assert.deepEqual(frames.map(({ direction, size }) => [direction, size]), [['out', 66], ['in', 19]]);
  assert.equal(frames[0].text, sockets.last.said[0]);
});

test('Stuck: a command unanswered for eight seconds of a connected line', () => {
  const { client, sockets, clock } = aConnectedClient();
  /** @type {string[]} */ const syncs = [];
  client.on('sync', sync => syncs.push(sync));
  client.create('card', {}, { id: 'a' });
  clock.advance(7999);
  assert.deepEqual(syncs, ['syncing']);
  clock.advance(1);
  assert.deepEqual(syncs, ['syncing', 'stuck']);
  sockets.last.hear(own(1, sockets.last.frames('create')[0]));
  sockets.last.fall();
  assert.deepEqual(syncs, ['syncing', 'stuck', 'synced', 'offline']);
});

test('Presence is throttled, the newest wins, and what was set early follows the join', () => {
  const { client, sockets, clock } = aClient();
  client.presence.set({ at: 0 });
  client.connect();
  greet(sockets.last);
  assert.deepEqual(sockets.last.frames('join')[0].presence, { at: 0 });
  clock.advance(100);
  client.presence.set({ at: 1 });
  sockets.last.hear(joined({ memberCount: 2 }));
  sockets.last.hear(snapshot(0));
  clock.advance(100);
  for (let at = 2; at < 9; at++) client.presence.set({ at });
  const data = { at: 9 };
  client.presence.set(data);
  data.at = 10;
  clock.advance(49);
  assert.deepEqual(sockets.last.frames('presence').map(({ data }) => data.at), [1, 2]);
  clock.advance(1);
  assert.deepEqual(sockets.last.frames('presence').map(({ data }) => data.at), [1, 2, 9]);
  sockets.last.fall();
  clock.advance(1000);
  sockets.last.accept();
  assert.deepEqual(sockets.last.frames('join')[0].presence, { at: 9 });
});

test('The others: who joined, left and changed, ourselves aside; nobody once the line is lost', () => {
  const { client, sockets, clock } = aClient();
  client.connect();
  greet(sockets.last);
  const member = (/** @type {string} */ session, data = {}) => ({ session, user: { name: session }, data });
  sockets.last.hear(joined({ members: [member('bob')] }));
  sockets.last.hear(snapshot(0));
  /** @type {any[]} */ const news = [];
  client.on('presence', each => news.push(each));
  sockets.last.hear({ type: 'presence', project: 'apollo', joined: [member('cid'), member(SESSION)], left: [], changed: [{ session: 'bob', data: { x: 1 } }] });
  assert.deepEqual(client.presence.others, [member('bob', /** @type {any} */ ({ x: 1 })), member('cid')]);
  assert.deepEqual(news, [{ joined: [member('cid')], left: [], changed: [member('bob', /** @type {any} */ ({ x: 1 }))] }]);
  sockets.last.hear({ type: 'presence', project: 'apollo', joined: [], left: ['cid', 'nobody'], changed: [{ session: 'nobody', data: {} }] });
  assert.deepEqual(news.at(-1), { joined: [], left: ['cid'], changed: [] });
  sockets.last.fall();
  clock.advance(4000);
  assert.equal(client.presence.others.length, 1);
  clock.advance(1000);
  assert.equal(client.presence.others.length, 0);
});

test('Asking while offline fails at once, and a lost line ends what was asked', async () => {
  const { client, sockets } = aConnectedClient();
  const asked = client.query({ kind: 'card' });
  sockets.last.fall();
  await assert.rejects(asked, OfflineError);
  await assert.rejects(client.query({}), OfflineError);
  await assert.rejects(client.validate({ type: 'delete', entity: 'a' }), OfflineError);
});

test('A newer question with the same key ends the older one, here and at the server; a late answer finds nobody', async () => {
  const { client, sockets } = aConnectedClient();
  const older = client.query({ match: { title: 'm' } }, { key: 'search' });
  const newer = client.query({ match: { title: 'mi' } }, { key: 'search' });
  await assert.rejects(older, { name: 'AbortError' });
  assert.deepEqual(sockets.last.frames().map(({ type, id }) => [type, id]), [['query', 'q1'], ['cancel', 'q1'], ['query', 'q2']]);
  sockets.last.hear({ type: 'result', id: 'q1', seq: 0, items: [CARD], more: false });
  sockets.last.hear({ type: 'result', id: 'q2', seq: 0, items: [], more: false });
  assert.deepEqual(await newer, { items: [], more: false, seq: 0 });
});

test('A question times out and is cancelled', async () => {
  const { client, sockets, clock } = aConnectedClient();
  const asked = client.query({}, { timeout: 300 });
  clock.advance(300);
  await assert.rejects(asked, TimeoutError);
  assert.deepEqual(sockets.last.frames('cancel'), [{ type: 'cancel', id: 'q1' }]);
});

test('No more questions are with the server than it allows; the others wait their turn', async () => {
  const { client, sockets } = aConnectedClient();
  const asked = Array.from({ length: 6 }, () => client.query({}));
  assert.deepEqual(sockets.last.frames('query').map(({ id }) => id), ['q1', 'q2', 'q3', 'q4']);
  for (let i = 1; i <= 6; i++) sockets.last.hear({ type: 'result', id: `q${i}`, seq: i, items: [], more: false });
  assert.deepEqual((await Promise.all(asked)).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
});

test('A verdict says what is wrong, a refused question rejects', async () => {
  const { client, sockets } = aConnectedClient();
  const verdict = client.validate({ type: 'create', entity: 'a', kind: 'card', data: {} });
  sockets.last.hear({ type: 'verdict', id: 'v1', ok: false, code: 'invalid', message: 'No.', errors: { title: ['Missing.'] } });
  assert.deepEqual(await verdict, { ok: false, code: 'invalid', message: 'No.', errors: { title: ['Missing.'] } });
  const past = client.at(1);
  sockets.last.hear({ type: 'error', id: 'h1', code: 'gone', message: 'No longer kept.', retryable: false });
  await assert.rejects(past, { name: 'RejectedError', code: 'gone' });
});

test('The past comes in parts and is checked against its hash', async () => {
  const { client, sockets } = aConnectedClient();
  const [good, bad] = [client.at(1), client.at(1)];
  sockets.last.hear({ ...snapshot(1, [CARD]), id: 'h1', parts: 2 });
  sockets.last.hear({ ...snapshot(1, [{ ...CARD, entity: 'b', kind: 'list' }]), id: 'h1', part: 2, parts: 2 });
  const past = await good;
  assert.deepEqual([past.seq, past.list().length, past.list('list')[0].id, past.get('a')?.data.title], [1, 2, 'b', 'Milk']);
  sockets.last.hear(snapshot(1, [CARD], { id: 'h2', hash: '0000000000000001' }));
  await assert.rejects(bad, { code: 'hash_mismatch' });
  assert.equal(client.store.size, 0, 'the present is not touched');
});

test('Ids of one client sort in the order they were made, and fit the rules', () => {
  const { client } = aClient({ random: Math.random });
  const ids = Array.from({ length: 2000 }, () => client.newId('card'));
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.match(ids[0], /^card-[A-Za-z0-9]{20}$/);
  assert.ok(client.newId('k'.repeat(64)).length <= 64);
});

test('Hostile keys and ids are data like others', async () => {
  const { client, sockets, errors } = aConnectedClient();
  const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}');
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  let seq = 0;
  for (const id of names) {
    sockets.last.hear(event(++seq, { type: 'create', entity: id, kind: id, version: seq, data: hostile }));
    sockets.last.hear(event(++seq, { type: 'update', entity: id, version: seq, patch: hostile }));
    sockets.last.hear(event(++seq, { type: 'update', entity: id, version: seq, increment: JSON.parse('{"__proto__":1,"valueOf":1}') }));
    assert.equal(client.store.get(id)?.kind, id);
    assert.equal(client.store.get(id)?.data.valueOf, 1);
    client.increment(id, id);
    client.update(id, { [id]: id });
  }
  sockets.last.hear({ type: 'broadcast', project: 'apollo', topic: '__proto__', data: hostile, by: 'x', session: 'y' });
  sockets.last.hear({ type: 'presence', project: 'apollo', joined: [{ session: '__proto__', user: { name: 'x' }, data: hostile }] });
  sockets.last.hear({ type: 'error', id: '__proto__', code: '__proto__', message: '', retryable: false });
  sockets.last.hear({ type: '__proto__' });
  assert.equal(client.store.get('missing'), undefined);
  assert.equal(client.store.get('valueOf'), undefined);
  assert.equal(client.store.list('__proto__').length, 1);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  assert.deepEqual(errors, []);
  assert.equal(client.seq, seq);
});

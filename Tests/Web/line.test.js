// @ts-check
// The line's life: connecting, losing, coming back, giving up.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ClosedError, EventOnlyClient, TimeoutError } from '../../Web/client/eventonly.js';
import { closes } from '../../Web/client/codes.js';
import { aClient, aConnectedClient, event, greet, joined, snapshot } from './support/given.js';

/** @param {import('./support/fake-socket.js').FakeSocket} socket @param {object} [more] */
function rejoin(socket, more) {
  greet(socket);
  socket.hear(joined({ id: socket.frames('join')[0].id, recovered: true, ...more }));
}

test('Nothing happens before connect, and connect twice is connect once', () => {
  const { client, sockets } = aClient();
  assert.equal(client.state, 'idle');
  assert.equal(sockets.all.length, 0);
  client.connect();
  client.connect();
  assert.equal(sockets.all.length, 1);
  assert.equal(client.state, 'connecting');
  assert.equal(sockets.last.protocol, 'eventonly.v1');
});

test('A relative address belongs to the page, with ws for http and wss for https', () => {
  /** @type {string[]} */ const urls = [];
  class WebSocket { constructor(/** @type {string} */ url) { urls.push(url); } close() {} }
  for (const href of ['https://example.org/board/?x#y', 'http://localhost:8080/']) {
    Object.defineProperty(globalThis, 'location', { value: { href }, configurable: true });
    new EventOnlyClient('/ws', { project: 'apollo', WebSocket, schedule: () => () => {} }).connect();
  }
  Reflect.deleteProperty(globalThis, 'location');
  assert.deepEqual(urls, ['wss://example.org/ws', 'ws://localhost:8080/ws']);
});

test('Ready is when the last part of the first snapshot is there', async () => {
  const { client, sockets } = aClient();
  client.connect();
  let ready = false;
  const promise = client.ready().then(() => { ready = true; });
  greet(sockets.last);
  sockets.last.hear(joined({ seq: 2 }));
  sockets.last.hear({ ...snapshot(2), parts: 2 });
  await null;
  assert.equal(ready, false);
  assert.equal(client.state, 'connecting');
  sockets.last.hear({ ...snapshot(2), part: 2, parts: 2 });
  await promise;
  assert.equal(client.state, 'connected');
  assert.equal(client.sync, 'synced');
  await client.ready();
});

test('Waiting for ready ends by time, by signal and by a close that says stop', async () => {
  const { client, sockets, clock } = aClient();
  client.connect();
  const abort = new AbortController();
  const all = [client.ready({ timeout: 100 }), client.ready({ signal: abort.signal }), client.ready()];
  clock.advance(100);
  abort.abort(new Error('enough'));
  sockets.last.fall(4401);
  const [late, aborted, closed] = await Promise.allSettled(all);
  assert.ok(/** @type {any} */ (late).reason instanceof TimeoutError);
  assert.equal(/** @type {any} */ (aborted).reason.message, 'enough');
  assert.ok(/** @type {any} */ (closed).reason instanceof ClosedError);
  await assert.rejects(client.ready(), ClosedError);
});

for (const [number, { code, does }] of closes) {
  test(`Close ${number} (${code}): ${does}`, async () => {
    const { client, sockets, clock } = aConnectedClient();
    /** @type {any[]} */ const failed = [];
    client.on('failed', each => failed.push(each));
    const pending = client.create('card', {});
    sockets.last.fall(number, 'because');
    clock.advance(3_600_000);
    if (does === 'stop') {
      assert.equal(client.state, 'disconnected');
      assert.deepEqual(failed, [{ code, reason: 'because' }]);
      assert.equal(sockets.all.length, 1);
      await assert.rejects(pending, { name: 'ClosedError', code });
      assert.equal(client.store.size, 0);
      await client.disconnect();
      await assert.rejects(client.ready(), { code }, 'the first reason stays the reason');
    } else {
      assert.ok(sockets.all.length > 100, 'it tries for ever');
      assert.equal(client.state, 'reconnecting');
      assert.equal(client.pending, 1);
      assert.deepEqual(failed, []);
    }
    assert.equal(sockets.mostAtOnce, 1);
  });
}

test('Back off starts higher on the ladder than coming back', () => {
  const pauses = [1006, 1013].map(code => {
    const { client, sockets } = aConnectedClient();
    /** @type {number[]} */ const pauses = [];
    client.on('state', ({ retryIn }) => pauses.push(/** @type {number} */ (retryIn)));
    sockets.last.fall(code);
    return pauses[0];
  });
  assert.deepEqual(pauses, [125, 1000]);
});

test('The first connection is tried for ever as well, with growing pauses that are told', () => {
  const { client, sockets, clock } = aClient({ random: () => 0.999 });
  /** @type {any[]} */ const states = [];
  client.on('state', ({ from, to, retryIn }) => states.push([from, to, retryIn]));
  client.connect();
  for (let i = 0; i < 8; i++) { sockets.last.fall(); clock.advance(states.at(-1)[2]); }
  assert.deepEqual(states[0], ['idle', 'connecting', undefined]);
  assert.deepEqual(states.slice(1).map(([from, to]) => from + to), Array(8).fill('connectingconnecting'));
  assert.deepEqual(states.slice(1).map(state => state[2]), [250, 500, 999, 1998, 3996, 7992, 9990, 9990]);
});

test('Only a line that held for five seconds clears the record', () => {
  const { client, sockets, clock } = aConnectedClient();
  /** @type {number[]} */ const attempts = [];
  client.on('state', ({ attempt, retryIn }) => retryIn !== undefined && attempts.push(attempt));
  for (const held of [0, 4999, 5000, 0]) {
    clock.advance(held);
    sockets.last.fall();
    clock.advance(2000);
    rejoin(sockets.last);
  }
  assert.deepEqual(attempts, [1, 2, 1, 2]);
});

test('A server that accepts and says nothing is left after the connect timeout', () => {
  const { client, sockets, clock } = aClient();
  client.connect();
  sockets.last.accept();
  clock.advance(5000);
  assert.equal(sockets.all[0].readyState, 2);
  clock.advance(125);
  assert.equal(sockets.all.length, 2);
  assert.equal(sockets.mostAtOnce, 1);
});

test('A silent server is pinged, and left when it stays silent', () => {
  const { client, sockets, clock } = aConnectedClient();
  const [socket] = sockets.all;
  clock.advance(15_000);
  assert.equal(socket.frames('ping').length, 1);
  clock.advance(9_999);
  assert.equal(client.state, 'connected');
  clock.advance(1);
  assert.equal(client.state, 'reconnecting');
  assert.equal(socket.closedWith, 4408);
});

test('Whatever it says keeps the line', () => {
  const { client, sockets, clock } = aConnectedClient();
  for (let seq = 1; seq <= 20; seq++) { clock.advance(20_000); sockets.last.hear(event(seq, { type: 'tomorrow' })); }
  assert.equal(client.state, 'connected');
  assert.equal(sockets.all.length, 1);
});

test('Nobody hears an old socket', () => {
  const { client, sockets, clock } = aConnectedClient();
  const [old] = sockets.all;
  client.reconnect();
  assert.equal(sockets.all.length, 2);
  assert.equal(old.readyState, 2);
  old.hear(event(1, { type: 'create', entity: 'ghost', kind: 'card', version: 1, data: {} }));
  old.fall(4409);
  assert.equal(client.seq, 0);
  assert.equal(client.state, 'reconnecting');
  rejoin(sockets.last);
  assert.equal(client.state, 'connected');
  old.hear(event(1, { type: 'create', entity: 'ghost', kind: 'card', version: 1, data: {} }));
  assert.equal(client.seq, 0);
  clock.advance(100);
  assert.equal(sockets.all.length, 2);
});

test('Disconnected stays disconnected, whatever the page or the clock do', async () => {
  const { client, sockets, clock } = aConnectedClient();
  await client.disconnect();
  assert.equal(client.state, 'disconnected');
  assert.equal(sockets.last.closedWith, 1000);
  sockets.last.fall(1000);
  clock.advance(3_600_000);
  assert.equal(sockets.all.length, 1);
  await assert.rejects(client.create('card', {}), ClosedError);
  assert.equal(client.store.size, 0);
});

test('Connect after disconnect resumes the same session from where it stood', async () => {
  const { client, sockets } = aConnectedClient({ seq: 7 });
  await client.disconnect();
  client.connect();
  assert.equal(client.state, 'reconnecting');
  sockets.last.accept();
  const [join] = sockets.last.frames('join');
  assert.equal(join.since.seq, 7);
  assert.equal(join.session, 'q3TtYv5cKf0aW8nLx2bR7g');
});

test('Disconnect waits for pending commands as long as it is told to', async () => {
  for (const answered of [true, false]) {
    const { client, sockets, clock } = aConnectedClient();
    const created = client.create('card', {}, { id: 'a' });
    const over = client.disconnect({ flush: 1000 });
    assert.equal(client.state, 'connected');
    if (answered) sockets.last.hear({ ...event(1, { type: 'create', entity: 'a', kind: 'card', version: 1, data: {} }), session: client.session });
    else clock.advance(1000);
    await over;
    assert.equal(client.state, 'disconnected');
    await (answered ? created : assert.rejects(created, ClosedError));
  }
});

test('A disconnect that says not to come back ends it', () => {
  const { client, sockets, clock } = aConnectedClient();
  /** @type {any[]} */ const failed = [];
  client.on('failed', each => failed.push(each));
  sockets.last.hear({ type: 'disconnect', code: 'forbidden', reason: 'Out.', reconnect: false });
  clock.advance(3_600_000);
  assert.equal(sockets.all.length, 1);
  assert.deepEqual(failed, [{ code: 'forbidden', reason: 'Out.' }]);
});

test('A join that is refused for now is tried again after the given time, one that is refused for good is not', () => {
  for (const [code, retryable] of /** @type {const} */ ([['unavailable', true], ['rate_limited', true], ['forbidden', false], ['too_large', false]])) {
    const { client, sockets, clock } = aClient();
    client.connect();
    greet(sockets.last);
    sockets.last.hear({ type: 'error', id: 'j1', code, message: 'No.', retryable, retryAfterMs: 7000 });
    assert.equal(client.state, retryable ? 'connecting' : 'disconnected');
    clock.advance(6999);
    assert.equal(sockets.all.length, 1);
    clock.advance(3000);
    assert.equal(sockets.all.length, retryable ? 2 : 1);
    if (!retryable) continue;
    greet(sockets.last);
    sockets.last.hear(joined({ id: 'j2' }));
    sockets.last.hear(snapshot(0));
    assert.equal(client.state, 'connected');
  }
});

test('A short blip is not called lost; a longer one is, and its end tells what was missed', () => {
  const { client, sockets, clock } = aConnectedClient({ seq: 3 });
  /** @type {any[]} */ const told = [];
  client.on('lost', () => told.push('lost'));
  client.on('restored', each => told.push(each));
  sockets.last.fall();
  clock.advance(4000);
  rejoin(sockets.last, { seq: 4 });
  clock.advance(10_000);
  assert.deepEqual(told, []);
  sockets.last.fall();
  clock.advance(5000);
  assert.deepEqual(told, ['lost']);
  rejoin(sockets.last, { seq: 10 });
  assert.deepEqual(told, ['lost', { missed: 7, mode: 'events' }]);
});

test('A gap in the events: leave, and join again from our position over the same socket', () => {
  const { client, sockets, errors } = aConnectedClient({ seq: 3 });
  sockets.last.hear(event(5, { type: 'tomorrow' }));
  assert.deepEqual(sockets.last.frames().map(({ type, id, since }) => [type, id, since?.seq]), [['leave', 'l1', undefined], ['join', 'j2', 3]]);
  assert.equal(client.sync, 'syncing');
  assert.equal(/** @type {any} */ (errors[0]).code, 'gap');
  sockets.last.hear({ type: 'result', id: 'l1' });
  sockets.last.hear(joined({ id: 'j2', seq: 5, recovered: true }));
  sockets.last.hear(event(4, { type: 'tomorrow' }));
  sockets.last.hear(event(5, { type: 'tomorrow' }));
  assert.equal(client.sync, 'synced');
  assert.equal(sockets.all.length, 1);
});

test('A rejoin that is not answered costs the line', () => {
  const { sockets, clock } = aConnectedClient({ seq: 3 });
  sockets.last.hear(event(5, { type: 'tomorrow' }));
  clock.advance(4999);
  assert.equal(sockets.last.closedWith, undefined);
  clock.advance(1);
  assert.equal(sockets.all[0].closedWith, 4408);
});

test('What was never sent is not asked for', () => {
  const { client, sockets, clock } = aConnectedClient();
  client.create('card', {});
  sockets.last.fall();
  client.create('card', {});
  clock.advance(1000);
  sockets.last.accept();
  assert.deepEqual(sockets.last.frames('join')[0].pending, [1]);
});

test('What is not JSON, or has the wrong shape, is reported; the client mends itself', () => {
  const { client, sockets, errors, clock } = aConnectedClient();
  sockets.last.hear('{');
  assert.equal(/** @type {any} */ (errors[0]).code, 'bad_frame');
  assert.equal(client.state, 'connected');
  sockets.last.hear('null');
  assert.equal(errors.length, 2);
  assert.equal(client.state, 'reconnecting');
  clock.advance(1000);
  sockets.last.accept();
  const [{ id, since }] = sockets.last.frames('join');
  assert.equal(since, undefined, 'the state may have moved half a step: a snapshot it must be');
  sockets.last.hear(joined({ id }));
  sockets.last.hear(snapshot(0));
  assert.equal(client.state, 'connected');
});

test('A constructor that throws is one more failed attempt', () => {
  let made = 0;
  class WebSocket { constructor() { made++; throw new SyntaxError('no'); } }
  const { client, clock, errors } = aClient({ WebSocket });
  client.connect();
  clock.advance(60_000);
  assert.ok(made > 5);
  assert.equal(errors.length, made);
});

test('The page wakes the client: at once when waiting, with a check when it seems connected; never after disconnect', async () => {
  const page = Object.assign(new EventTarget(), { hidden: false });
  Object.assign(globalThis, { window: page, document: page });
  try {
    const { client, sockets, clock } = aConnectedClient();
    clock.advance(10);
    page.dispatchEvent(new Event('online'));
    clock.advance(1999);
    assert.equal(client.state, 'connected');
    clock.advance(1);
    assert.equal(client.state, 'reconnecting', 'no answer to the check');
    page.dispatchEvent(new Event('visibilitychange'));
    assert.equal(sockets.all.length, 2);
    page.dispatchEvent(new Event('focus'));
    assert.equal(sockets.all.length, 2, 'at most once a second');
    rejoin(sockets.last);
    client.create('card', {});
    assert.equal(page.dispatchEvent(new Event('beforeunload', { cancelable: true })), true);
    page.dispatchEvent(new Event('offline'));
    assert.equal(client.state, 'reconnecting');
    assert.equal(page.dispatchEvent(new Event('beforeunload', { cancelable: true })), false, 'something would be lost');
    await client.disconnect();
    clock.advance(5000);
    page.dispatchEvent(new Event('online'));
    clock.advance(60_000);
    assert.equal(client.state, 'disconnected');
    assert.equal(sockets.mostAtOnce, 1);
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
    Reflect.deleteProperty(globalThis, 'document');
  }
});

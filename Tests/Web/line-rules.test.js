// @ts-check
// What a line does beside connecting and coming back: which moves it makes, when nobody sees the page, what it shows, how often it tries.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EventOnlyClient } from '../../Web/client/eventonly.js';
import { endOf, endOfDisconnect } from '../../Web/client/line-end.js';
import { MOVES } from '../../Web/client/line-states.js';
import { aClient, aConnectedClient, CONNECTED, greet, joined, snapshot } from './support/given.js';

const golden = JSON.parse(readFileSync(new URL('../Golden/line.json', import.meta.url), 'utf8'));
/** Lets what was promised happen. */
const settle = () => new Promise(resolve => setImmediate(resolve));

/** A page around a test. @param {(page: EventTarget & { hidden: boolean, hide: (hidden: boolean) => void }) => void | Promise<void>} story */
async function onAPage(story) {
  const page = Object.assign(new EventTarget(), {
    hidden: false,
    hide(/** @type {boolean} */ hidden) { page.hidden = hidden; page.dispatchEvent(new Event('visibilitychange')); },
  });
  Object.assign(globalThis, { window: page, document: page });
  try {
    await story(page);
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
    Reflect.deleteProperty(globalThis, 'document');
  }
}

test('The moves of a line are those that both clients share', () => assert.deepEqual(MOVES, golden.moves));

test('A move that may not be is ignored, and logged', async () => {
  /** @type {string[]} */ const logged = [];
  const { client, sockets } = aClient({ log: (level, message) => { if (level === 'debug') logged.push(message); } });
  client.connect();
  client.connect();
  assert.deepEqual(logged, ['A line that is connecting ignores: start.']);
  await client.disconnect();
  await client.disconnect();
  assert.deepEqual(logged.slice(1), ['A line that is disconnected ignores: stop.']);
  assert.equal(sockets.all.length, 1);
});

test('A listener that disconnects while the state moves has the last word', () => {
  for (const wanted of ['connecting', 'reconnecting']) {
    const { client, sockets, clock } = aClient();
    client.on('state', ({ to }) => { if (to === wanted) client.disconnect(); });
    client.connect();
    if (wanted === 'reconnecting') {
      greet(sockets.last);
      sockets.last.hear(joined());
      sockets.last.hear(snapshot(0));
      client.reconnect();
    }
    clock.advance(3_600_000);
    assert.equal(client.state, 'disconnected');
    assert.equal(sockets.all.length, wanted === 'connecting' ? 0 : 1);
  }
});

test('The end of a line has one word, `lost` where no close frame came, and an announced word of tomorrow backs off', () => {
  assert.deepEqual(endOf(1006, ''), { number: 1006, code: 'lost', does: 'reconnect', reason: '', retryAfterMs: undefined });
  assert.equal(endOf(4499, '').does, 'back off');
  const said = { type: /** @type {const} */ ('disconnect'), code: 'tomorrow', reason: 'r', reconnect: true, retryAfterMs: 5 };
  assert.deepEqual(endOfDisconnect(said), { number: undefined, code: 'tomorrow', does: 'back off', reason: 'r', retryAfterMs: 5 });
  assert.equal(endOfDisconnect({ ...said, code: 'server_restart' }).does, 'reconnect');
  assert.equal(endOfDisconnect({ ...said, code: 'server_restart', reconnect: false }).does, 'stop');
  const { client, sockets } = aConnectedClient();
  /** @type {any[]} */ const told = [];
  client.on('state', change => told.push(change));
  sockets.last.fall();
  assert.deepEqual([told[0].code, told[0].word], [1006, 'lost']);
});

test('Clients that were sent away together come back within three seconds of the time they were given', () => {
  const pauses = [0, 0.5, 0.999].map(chance => {
    const { client, sockets } = aConnectedClient({}, { random: () => chance });
    /** @type {any[]} */ const told = [];
    client.on('state', ({ retryIn }) => told.push(retryIn));
    sockets.last.hear({ type: 'disconnect', code: 'server_restart', reason: '', reconnect: true, retryAfterMs: 60_000 });
    return told[0];
  });
  assert.deepEqual(pauses, [60_000, 61_500, 62_997]);
});

test('A line that is restarted by hand and breaks at once has not held', () => {
  const { client, sockets, clock } = aConnectedClient();
  /** @type {number[]} */ const attempts = [];
  client.on('state', ({ attempt, retryIn }) => retryIn !== undefined && attempts.push(attempt));
  clock.advance(10_000);
  client.reconnect();
  for (let i = 0; i < 3; i++) { sockets.last.fall(); clock.advance(5000); }
  assert.deepEqual(attempts, [1, 2, 3]);
});

test('A page that nobody sees makes no attempt; the first is made when somebody does', () => onAPage(page => {
  const { client, sockets, clock } = aConnectedClient();
  page.hide(true);
  sockets.last.fall();
  clock.advance(3_600_000);
  assert.equal(sockets.all.length, 1);
  assert.equal(client.state, 'reconnecting');
  page.hide(false);
  assert.equal(sockets.all.length, 2);
  clock.advance(10_000);
  assert.ok(sockets.all.length > 2, 'and from then on as ever');
  assert.equal(sockets.mostAtOnce, 1);
}));

test('A page that comes back within the second of another wake-up is not left waiting', () => onAPage(page => {
  const { sockets, clock } = aConnectedClient();
  page.dispatchEvent(new Event('focus'));
  page.hide(true);
  sockets.last.fall();
  clock.advance(500);
  page.hide(false);
  assert.equal(sockets.all.length, 2);
}));

test('Where others are to see that we are present, a page that nobody sees makes one attempt a minute', () => onAPage(page => {
  const { client, sockets, clock } = aConnectedClient({}, { presence: { view: 'board' } });
  page.hide(true);
  /** @type {number[]} */ const dialled = [];
  for (let second = 0; second < 300; second++) {
    if (sockets.last.readyState < 2) { dialled.push(second); sockets.last.fall(); }
    clock.advance(1000);
  }
  assert.ok(dialled.length >= 5 && dialled.length <= 6, `attempts at ${dialled}`);
  assert.ok(dialled.slice(2).every((second, i) => second - dialled[i + 1] >= 60));
  assert.equal(client.state, 'reconnecting');
}));

test('A page that is put away keeps no socket and makes no attempt, and comes back at once', () => onAPage(page => {
  for (const isDown of [false, true]) {
    const { client, sockets, clock } = aConnectedClient({}, { idleAfter: 0 });
    if (isDown) sockets.last.fall();
    page.dispatchEvent(new Event('pagehide'));
    assert.equal(sockets.last.closedWith, isDown ? undefined : 1000);
    assert.equal(client.state, 'reconnecting');
    if (!isDown) assert.equal(clock.untilNext, Infinity, 'no timer may hold the page back');
    clock.advance(3_600_000);
    assert.equal(sockets.all.length, 1);
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
    assert.equal(sockets.all.length, 2);
    client.disconnect();
  }
}));

test('The pauses may be chosen, with all that is known of the end, until there is to be no further attempt', () => {
  /** @type {any[]} */ const asked = [];
  const { client, sockets, clock } = aConnectedClient({}, {
    reconnect: (attempt, info) => { asked.push([attempt, info.code, info.backOff, info.retryAfterMs, info.hidden]); return asked.length < 3 ? 42 : null; },
  });
  /** @type {any[]} */ const failed = [];
  client.on('failed', failure => failed.push(failure));
  sockets.last.hear({ type: 'disconnect', code: 'server_restart', reason: '', reconnect: true, retryAfterMs: 9 });
  clock.advance(42);
  sockets.last.fall(1013);
  clock.advance(42);
  sockets.last.fall(1006, 'gone');
  assert.deepEqual(asked, [[0, 'server_restart', false, 9, false], [3, 'overloaded', true, undefined, false], [4, 'lost', false, undefined, false]]);
  assert.deepEqual(failed, [{ code: 'lost', reason: 'gone' }]);
  assert.equal(client.state, 'disconnected');
});

test('A choice that is none, or throws, is reported, and the usual pause is taken', () => {
  for (const choose of [() => NaN, () => -1, () => { throw new Error('mine'); }]) {
    const { sockets, clock, errors } = aConnectedClient({}, { reconnect: /** @type {any} */ (choose) });
    sockets.last.fall();
    clock.advance(1000);
    assert.equal(errors.length, 1);
    assert.equal(sockets.all.length, 2);
  }
});

test('A token is asked for where there is none, not again at the next connection, and again where the server would not have it', async () => {
  let asked = 0;
  const { client, sockets, clock } = aClient({ getToken: async () => `token-${++asked}` });
  const shown = () => sockets.last.frames('connect')[0].token;
  client.connect();
  assert.equal(sockets.all.length, 0, 'first the token, then the socket');
  await settle();
  greet(sockets.last);
  assert.equal(shown(), 'token-1');
  sockets.last.fall();
  clock.advance(1000);
  greet(sockets.last);
  assert.deepEqual([asked, shown()], [1, 'token-1']);
  sockets.last.fall(4401);
  assert.notEqual(client.state, 'disconnected');
  clock.advance(10_000);
  await settle();
  sockets.last.accept();
  assert.deepEqual([asked, shown()], [2, 'token-2']);
  sockets.last.fall(4401);
  assert.equal(client.state, 'disconnected', 'it was new, and the server would not have it');
  assert.equal(sockets.mostAtOnce, 1);
});

test('A token given with the options is shown first; without a way to another a refusal ends it', async () => {
  for (const getToken of [undefined, () => 'another']) {
    const { client, sockets, clock } = aClient({ token: 'mine', getToken });
    client.connect();
    sockets.last.accept();
    assert.equal(sockets.last.frames('connect')[0].token, 'mine');
    sockets.last.hear({ type: 'disconnect', code: 'unauthenticated', reason: '', reconnect: false });
    assert.equal(client.state, getToken ? 'connecting' : 'disconnected');
    clock.advance(10_000);
    await settle();
    assert.equal(sockets.all.length, getToken ? 2 : 1);
  }
});

test('A token that cannot be had is reported and asked for again; one that never comes is not waited for', async () => {
  /** @type {(() => any)[]} */ const answers = [() => { throw new Error('no network'); }, () => 7, () => new Promise(() => {}), () => 'never asked: the third is still out'];
  const { client, sockets, clock, errors } = aClient({ getToken: () => /** @type {() => any} */ (answers.shift())() });
  client.connect();
  await settle();
  assert.equal(/** @type {any} */ (errors[0]).message, 'no network');
  clock.advance(10_000);
  await settle();
  assert.ok(errors[1] instanceof TypeError);
  clock.advance(60_000);
  await settle();
  assert.equal(sockets.all.length, 0);
  assert.equal(client.state, 'connecting');
  assert.equal(answers.length, 1);
  await client.disconnect();
});

test('An attempt that was given up while its token was fetched makes no socket', async () => {
  const { client, sockets, clock } = aClient({ getToken: async () => 'token' });
  client.connect();
  await client.disconnect();
  await settle();
  clock.advance(60_000);
  assert.equal(sockets.all.length, 0);
});

test('Who may only read is told so', () => {
  for (const [role, readonly] of /** @type {const} */ ([['read', true], ['write', false]])) {
    const { client, sockets } = aClient();
    assert.equal(client.readonly, false);
    client.connect();
    sockets.last.accept();
    sockets.last.hear(CONNECTED);
    sockets.last.hear(joined({ role }));
    assert.equal(client.readonly, readonly);
  }
});

test('An option that cannot be is refused at once', () => {
  const WebSocket = class {};
  const wrong = /** @type {[any, any][]} */ ([
    [undefined, TypeError], [{}, TypeError], [{ project: 7 }, TypeError], [{ project: 'A' }, RangeError], [{ project: 'a..b' }, RangeError],
    ...[0, 65].map(window => [{ window }, RangeError]), [{ window: 1.5 }, TypeError], [{ window: '7' }, TypeError], [{ connectTimeout: 0 }, RangeError],
    [{ pingGrace: -1 }, RangeError], [{ lostAfter: NaN }, TypeError], [{ highWater: -1 }, RangeError], ...[15, 1001].map(throttle => [{ throttle }, RangeError]),
    ...[0, 100_001].map(max => [{ queue: { max } }, RangeError]), [{ queue: { maxBytes: 1023 } }, RangeError], [{ reconnect: { base: 0 } }, RangeError],
    [{ reconnect: { factor: 0.5 } }, RangeError], [{ reconnect: { cap: 99 } }, RangeError], [{ reconnect: { hiddenCap: 999 } }, RangeError],
    [{ reconnect: { minUptime: -1 } }, RangeError], [{ session: 'short' }, RangeError], [{ session: 7 }, TypeError], [{ user: {} }, TypeError],
    [{ user: { name: '' } }, RangeError], [{ user: { name: 'x'.repeat(65) } }, RangeError], [{ now: 7 }, TypeError], [{ getToken: 'token' }, TypeError],
    [{ listen: 'no' }, TypeError],
  ]);
  for (const [options, error] of wrong) {
    const given = options && Object.keys(options).length > 0 ? { project: 'apollo', WebSocket, ...options } : options;
    assert.throws(() => new EventOnlyClient('ws://test/ws', given), error, JSON.stringify(options));
  }
  for (const url of ['ftp://test/ws', '/ws']) assert.throws(() => new EventOnlyClient(url, { project: 'apollo', WebSocket }), TypeError);
  const edge = { window: 64, throttle: 16, queue: { max: 1, maxBytes: 1024 }, reconnect: { hiddenCap: Infinity }, session: 'x'.repeat(64), lostAfter: 0 };
  const client = new EventOnlyClient('ws://test/ws', { project: 'apollo', WebSocket, ...edge });
  assert.throws(() => client.join('No'), RangeError);
});

test('A client can be used up: it disconnects at the end of its block', async t => {
  const { asyncDispose } = /** @type {any} */ (Symbol);
  if (!asyncDispose) return t.skip('There is no such symbol here.');
  const { client } = aConnectedClient();
  await /** @type {any} */ (client)[asyncDispose]();
  assert.equal(client.state, 'disconnected');
});

test('Whoever hears of a break may end the client, or try at once, from where it hears it', () => {
  for (const act of /** @type {const} */ (['disconnect', 'reconnect'])) {
    const { client, sockets, clock } = aConnectedClient();
    sockets.last.hear({ type: 'presence', project: 'apollo', joined: [{ session: 'b', user: { name: 'bob' }, data: {} }] });
    client.on('presence', () => { client[act](); }, { once: true });
    sockets.last.fall();
    assert.equal(client.state, act === 'disconnect' ? 'disconnected' : 'reconnecting');
    clock.advance(60_000);
    assert.equal(sockets.mostAtOnce, 1);
    if (act === 'disconnect') assert.equal(sockets.all.length, 1);
    client.disconnect();
  }
});

test('Who connects again from where it hears of the end has a client that works', async () => {
  const { client, sockets } = aConnectedClient();
  client.on('state', ({ to }) => { if (to === 'disconnected') client.connect(); }, { once: true });
  await client.disconnect();
  assert.equal(client.state, 'reconnecting');
  client.create('card', {}, { id: 'a' });
  assert.equal(client.store.get('a')?.kind, 'card');
  assert.equal(sockets.all.length, 2);
});

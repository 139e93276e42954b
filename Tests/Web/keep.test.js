// @ts-check
import { afterEach, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { claim } from '../../Web/client/claim.js';
import { read } from '../../Web/client/keep.js';
import { aClient, greet, joined, own, snapshot } from './support/given.js';

/** @import { Kept } from '../../Web/client/types.js' */

/** Locks of all pages of an origin; a page that crashes lets go of its own. */
const held = new Set();
const locks = {
  /** @param {string} name @param {{ signal: AbortSignal }} options @param {() => Promise<unknown>} work */
  async request(name, { signal }, work) {
    if (held.has(name)) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    held.add(name);
    await work();
    held.delete(name);
  },
};
const crash = () => held.clear();
const navigatorWas = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
beforeEach(() => {
  held.clear();
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
});
afterEach(() => {
  if (navigatorWas) Object.defineProperty(globalThis, 'navigator', navigatorWas);
  else Reflect.deleteProperty(globalThis, 'navigator');
});

const settled = () => new Promise(resolve => setImmediate(resolve));

/** A storage that a test can look into. */
class Shelf {
  /** @type {Map<string, string>} */
  saved = new Map();
  writes = 0;
  durable = false;
  /** @type {Promise<void> | undefined} */
  until;

  /** @param {string} key @param {(session: string) => Promise<boolean>} claims */
  load = async (key, claims) => {
    const kept = read(this.saved.get(key) ?? null);
    return kept && await claims(kept.session) ? kept : undefined;
  };

  /** @param {string} key @param {Kept} kept @returns {Promise<void> | void} */
  save = (key, kept) => {
    this.writes++;
    this.saved.set(key, JSON.stringify(kept));
    return this.until;
  };

  /** @returns {Kept} */
  get kept() { return JSON.parse([...this.saved.values()][0]); }
}

/** A page that keeps its queue, trying to connect. @param {Shelf} shelf @param {object} [options] */
async function aPage(shelf, options) {
  const page = aClient({ session: undefined, queue: { persist: shelf }, ...options });
  page.client.connect();
  await settled();
  return page;
}

/** Lets it in at a snapshot. @param {Awaited<ReturnType<typeof aPage>>} page @param {object} [more] @param {object[]} [entities] */
function letIn({ sockets }, more, entities = []) {
  greet(sockets.last);
  const join = sockets.last.frames('join')[0];
  sockets.last.hear(joined({ id: join.id, seq: 3, ...more }));
  sockets.last.hear(snapshot(3, entities));
  return join;
}

test('What waits is written within 250 ms, and the next page of the tab goes on with it', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.create('card', { title: 'x' }, { id: 'a' });
  first.clock.advance(249);
  const before = shelf.writes;
  first.clock.advance(1);
  assert.equal(shelf.writes, before + 1);
  assert.equal([...shelf.saved.keys()][0], 'eo:ws://test/ws:apollo:ann');

  crash();
  const second = await aPage(shelf);
  assert.equal(second.client.pending, 1);
  assert.equal(second.client.store.get('a')?.data.title, 'x');
  const join = letIn(second);
  assert.equal(join.session, shelf.kept.session);
  assert.equal(join.since, undefined, 'the state is not kept');
  assert.equal(join.pending, undefined, 'it was never sent');
  assert.deepEqual(second.sockets.last.frames('create').map(({ n, entity }) => [n, entity]), [[1, 'a']]);
});

test('The number of a command is written before it leaves', async () => {
  const shelf = new Shelf();
  const page = await aPage(shelf);
  letIn(page);
  /** @type {unknown[]} */ const written = [];
  page.sockets.last.onsend = text => { if (JSON.parse(text).n) written.push([JSON.parse(text).n, shelf.kept.c, shelf.kept.ops.map(({ n }) => n)]); };
  page.client.create('card', {}, { id: 'a' });
  page.client.create('card', {}, { id: 'b' });
  assert.deepEqual(written, [[1, 2, [1]], [2, 3, [1, 2]]]);
});

test('What may have been sent is asked for, and not sent again where it took effect', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  letIn(first);
  first.client.create('card', {}, { id: 'a' });
  first.client.create('card', {}, { id: 'b' });

  crash();
  const second = await aPage(shelf);
  second.client.create('card', {}, { id: 'c' });
  const join = letIn(second, { seq: 3, outcomes: [{ n: 1, outcome: 'done' }, { n: 2, outcome: 'unknown' }] }, [{ entity: 'a', kind: 'card', version: 2, data: {} }]);
  assert.deepEqual(join.pending, [1, 2]);
  assert.deepEqual(second.sockets.last.frames('create').map(({ n, entity }) => [n, entity]), [[2, 'b'], [3, 'c']]);
  assert.equal(second.client.pending, 2);
});

test('What an earlier page left goes before what this one has done until it was found', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.update('a', { title: 'first' });
  first.clock.advance(250);
  crash();

  const second = aClient({ session: undefined, queue: { persist: shelf } });
  second.client.update('a', { title: 'second' });
  second.client.connect();
  await settled();
  assert.equal(second.client.pending, 2);
  letIn(second, {}, [{ entity: 'a', kind: 'card', version: 1, data: {} }]);
  assert.deepEqual(second.sockets.last.frames('update').map(({ n, patch }) => [n, patch.title]), [[1, 'first'], [2, 'second']]);
  assert.equal(second.client.store.get('a')?.data.title, 'second');
});

test('Only one of two copies of a page takes what waits, also where they start at once', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.create('card', {}, { id: 'a' });
  first.clock.advance(250);
  crash();
  const copies = [1, 2].map(() => {
    const copy = new Shelf();
    copy.saved = new Map(shelf.saved);
    return copy;
  });
  const pages = copies.map(copy => aClient({ session: undefined, queue: { persist: copy } }));
  for (const page of pages) page.client.connect();
  await settled();
  for (const page of pages) page.clock.advance(250);
  await settled();
  assert.deepEqual(pages.map(({ client }) => client.pending).sort(), [0, 1]);
});

test('A slow storage holds back what it has not written', async () => {
  const shelf = new Shelf();
  const page = await aPage(shelf);
  letIn(page);
  await settled();
  let done = () => {};
  shelf.until = new Promise(resolve => { done = () => resolve(undefined); });
  page.client.create('card', {}, { id: 'a' });
  await settled();
  assert.deepEqual(page.sockets.last.frames('create'), []);
  done();
  await settled();
  assert.deepEqual(page.sockets.last.frames('create').map(({ n }) => n), [1]);
  page.sockets.last.hear(own(4, page.sockets.last.frames('create')[0]));
  assert.equal(page.client.pending, 0);
});

test('A storage that fails is reported once, and what waits is in memory', async () => {
  const shelf = new Shelf();
  const page = await aPage(shelf);
  letIn(page);
  shelf.save = () => { throw new Error('The disk is full.'); };
  page.client.create('card', {}, { id: 'a' });
  page.client.create('card', {}, { id: 'b' });
  assert.equal(page.errors.length, 1);
  assert.equal(page.sockets.last.frames('create').length, 2);
});

test('What is stored but is none of ours is not taken', () => {
  for (const text of [null, '', '{', '1', '{}', '{"session":1,"c":1,"ops":[]}', '{"session":"s","c":"1","ops":[]}', '{"session":"s","c":1}'])
    assert.equal(read(text), undefined, String(text));
  assert.ok(read('{"session":"s","c":1,"ops":[]}'));
});

test('A page that was copied with its tab gets a session of its own, and an empty queue', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.create('card', {}, { id: 'a' });
  first.clock.advance(250);
  const mine = shelf.kept.session;

  const copy = new Shelf();
  copy.saved = new Map(shelf.saved);
  const second = await aPage(copy);
  assert.equal(second.sockets.all.length, 0, 'the first one may be about to go');
  second.clock.advance(250);
  await settled();
  assert.equal(second.client.pending, 0);
  assert.notEqual(letIn(second).session, mine);
  second.clock.advance(250);
  assert.notEqual(copy.kept.session, mine);
  assert.equal(letIn(first).session, mine);

  await first.client.disconnect();
  await settled();
  assert.equal(held.has(`eo:ws://test/ws:apollo:ann:${mine}`), false, 'who goes lets go');
});

test('Without locks the pages ask each other', async () => {
  Reflect.deleteProperty(globalThis, 'navigator');
  /** @type {(() => void)[]} */ const timers = [];
  const schedule = (/** @type {() => void} */ fn) => { timers.push(fn); return () => {}; };
  const first = claim('a name', schedule);
  timers.shift()?.();
  const letGo = await first;
  assert.ok(letGo);
  assert.equal(await claim('a name', schedule), undefined, 'the first one objects');
  letGo();
  timers.length = 0;
  const third = claim('a name', schedule);
  timers.shift()?.();
  (await third)?.();
});

for (const isOther of [true, false]) {
  test(`A page that comes back ${isOther ? 'after another one spoke for its session begins a new one' : 'and finds all as it left it goes on'}`, async () => {
    const shelf = new Shelf();
    const first = await aPage(shelf);
    const { session } = letIn(first);
    await first.client.disconnect();
    if (isOther) {
      const second = await aPage(shelf);
      assert.equal(letIn(second).session, session);
      second.client.create('card', {}, { id: 'a' });
      await second.client.disconnect();
    }
    first.client.connect();
    await settled();
    await settled();
    assert.equal(letIn(first).session === session, !isOther);
  });
}

test('A page that ends while it still asks for the lock takes nothing, and the next one finds all', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.create('card', {}, { id: 'a' });
  first.clock.advance(250);
  crash();
  const hasty = aClient({ session: undefined, queue: { persist: shelf } });
  hasty.client.connect();
  await hasty.client.disconnect();
  await settled();
  assert.equal(hasty.client.store.get('a'), undefined);
  const next = await aPage(shelf);
  assert.equal(next.client.store.get('a')?.kind, 'card');
});

test('What an earlier page left is not taken back by who adds to it and thinks better of it', async () => {
  const shelf = new Shelf();
  const first = await aPage(shelf);
  first.client.update('e', { title: 'x' });
  first.clock.advance(250);
  crash();
  const next = await aPage(shelf);
  const thought = new AbortController();
  next.client.update('e', { text: 'y' }, { signal: thought.signal });
  thought.abort();
  letIn(next, {}, [{ entity: 'e', kind: 'card', version: 1, data: {} }]);
  await settled();
  assert.equal(next.client.store.get('e')?.data.title, 'x');
});

test('Where something does not fit any more, a page after this one does not count from where that was left', async () => {
  const shelf = new Shelf();
  const { client, clock } = await aPage(shelf);
  client.create('note', { text: 'a' });
  clock.advance(250);
  const before = shelf.kept.session;
  const { save } = shelf;
  shelf.save = (key, kept) => {
    if (kept.ops.length > 1) throw new Error('The disk is full.');
    return save(key, kept);
  };
  client.create('note', { text: 'b' });
  clock.advance(250);
  assert.notEqual(shelf.kept.session, before);
  assert.deepEqual(shelf.kept.ops, []);
});

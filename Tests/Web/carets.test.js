// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Carets, caretIn, colourOf } from '../../Web/client/carets.js';
import { TextCarets } from '../../Web/client/text-carets.js';
import { isNear } from '../../Web/client/caret-overlay.js';
import { aConnectedClient, event, own } from './support/given.js';

const BOB = 'Bd81mPqz0LsVn6XtRk3JwA';
/** @param {number} at @param {number} seq @param {number} [n] @param {number} [head] */
const caret = (at, seq, n = 0, head = at) => ({ entity: 'c', field: 'notes', anchor: at, head, seq, n });
/** @param {Carets} carets */
const places = carets => carets.all(0).map(([session, { anchor, head }]) => [session, anchor, head]);

test('A caret moves with what is written, and what is put in at it goes to its right', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(5, 10), 0);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ insert: 'xx' }] }, 0);
  assert.deepEqual(places(carets), [['b', 7, 7]]);
  carets.edited({ seq: 12, session: 'a', n: 2, delta: [{ retain: 7 }, { insert: 'y' }] }, 0);
  assert.deepEqual(places(carets), [['b', 7, 7]]);
});

test('A selection does not swallow what is put in at its ends', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(2, 10, 0, 5), 0);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ retain: 2 }, { insert: 'x' }, { retain: 3 }, { insert: 'y' }] }, 0);
  assert.deepEqual(places(carets), [['b', 3, 6]]);
});

test('A caret that was told before what has come here since is moved through it', () => {
  const carets = new Carets(10);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ insert: 'xx' }] }, 0);
  carets.at(11);
  carets.tell('b', caret(5, 10), 0);
  assert.deepEqual(places(carets), [['b', 7, 7]]);
});

test('A caret of a moment that has not come here yet waits for it, by seq and by the edit it is behind', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(5, 12), 0);
  carets.at(11);
  assert.deepEqual(places(carets), []);
  carets.at(12);
  assert.deepEqual(places(carets), [['b', 5, 5]]);
  carets.tell('b', caret(6, 12, 7), 0);
  assert.deepEqual(places(carets), [['b', 5, 5]]);
  carets.edited({ seq: 13, session: 'b', n: 7, delta: [{ retain: 5 }, { insert: 'z' }] }, 0);
  carets.at(13);
  assert.deepEqual(places(carets), [['b', 6, 6]]);
});

test('A caret behind an edit under way is moved through what came before the edit as its author saw it', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(3, 10, 5), 0);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ retain: 2 }, { insert: 'zz' }] }, 0);
  carets.edited({ seq: 12, session: 'b', n: 5, delta: [{ insert: 'abc' }] }, 0);
  carets.edited({ seq: 13, session: 'a', n: 2, delta: [{ insert: '-' }] }, 0);
  carets.at(13);
  assert.deepEqual(places(carets), [['b', 4, 4]]);
});

test('Who writes has his caret at the end of what he wrote, before he says so', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(0, 10), 0);
  carets.edited({ seq: 11, session: 'b', n: 1, delta: [{ retain: 3 }, { insert: 'abc' }] }, 0);
  assert.deepEqual(places(carets), [['b', 6, 6]]);
});

test('Who left, or was silent for half a minute, has no caret, nor who looks elsewhere', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(1, 10), 0);
  assert.equal(carets.all(29_999).length, 1);
  assert.equal(carets.all(30_000).length, 0);
  carets.leave('b');
  assert.equal(carets.all(0).length, 0);
  carets.tell('b', caret(2, 10), 0);
  carets.tell('b', undefined, 0);
  assert.equal(carets.all(0).length, 0);
  assert.equal(caretIn({ caret: { ...caret(1, 1), field: 'title' } }, 'c', 'notes'), undefined);
  assert.equal(caretIn({ caret: { ...caret(1, 1), anchor: -1 } }, 'c', 'notes'), undefined);
  assert.equal(caretIn({}, 'c', 'notes'), undefined);
});

test('A caret of before all that is known here is not shown, for its place cannot be known', () => {
  const carets = new Carets(20);
  carets.tell('b', caret(5, 10), 0);
  carets.tell('c', caret(5, 10, 7), 0);
  carets.tell('d', caret(5, 20), 0);
  assert.deepEqual(places(carets), [['d', 5, 5]]);
  for (let seq = 21; seq <= 277; seq++) carets.edited({ seq, session: 'a', n: seq, delta: [{ insert: 'x' }] }, 0);
  carets.at(277);
  carets.tell('b', caret(5, 20), 0);
  assert.equal(places(carets).length, 1, 'the edit of 21 is forgotten');
  carets.tell('b', caret(5, 21), 0);
  assert.deepEqual(places(carets).at(-1), ['b', 261, 261]);
});

test('A snapshot leaves only the carets that were told of its very moment', () => {
  const carets = new Carets(10);
  carets.tell('b', caret(5, 10), 0);
  carets.tell('c', caret(6, 20), 0);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ insert: 'xx' }] }, 0);
  carets.at(20);
  carets.replaced(20);
  assert.deepEqual(places(carets), [['c', 6, 6]]);
  carets.replaced(18, 20);
  carets.tell('b', caret(3, 18), 0);
  assert.deepEqual(places(carets), [], 'what happened from 18 to 20 is not told again');
});

test('A caret that is told once more where it is has not moved; one whose author writes has', () => {
  const told = (/** @type {Carets} */ carets) => carets.all(0).map(([, each]) => each.told);
  const carets = new Carets(10);
  carets.tell('b', caret(5, 10), 100);
  carets.edited({ seq: 11, session: 'a', n: 1, delta: [{ insert: 'xx' }] }, 200);
  carets.at(11);
  carets.tell('b', caret(7, 11), 300);
  assert.deepEqual(told(carets), [100]);
  carets.tell('b', caret(6, 11), 400);
  assert.deepEqual(told(carets), [400]);
  carets.edited({ seq: 12, session: 'b', n: 1, delta: [{ retain: 6 }, { insert: 'y' }] }, 500);
  assert.deepEqual(told(carets), [500]);
});

test('What is drawn is what is seen, or is no further away than the element is large', () => {
  const frame = { left: 10, top: 10, width: 100, height: 50 };
  const near = (/** @type {number} */ left, /** @type {number} */ top) => isNear({ left, top, width: 5, height: 20 }, frame);
  assert.deepEqual([near(20, 20), near(20, 110), near(20, -60), near(210, 20), near(-95, 20)], [true, true, true, true, true]);
  assert.deepEqual([near(20, 111), near(20, -61), near(211, 20), near(-96, 20)], [false, false, false, false]);
});

test('Every colour bears white letters', () => {
  const luminance = (/** @type {string} */ colour) => {
    const [r, g, b] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16) / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let i = 0; i < 200; i++) assert.ok(1.05 / (luminance(colourOf(`user ${i}`)) + 0.05) >= 4.5);
  assert.equal(colourOf('ann'), colourOf('ann'));
});

test('Ours is told with what it refers to, and not while more than one edit is under way; theirs stand in the text as it is seen', () => {
  const notes = { entity: 'c', kind: 'card', version: 5, data: { notes: { $text: 'hello', born: 5 } } };
  const { client, sockets, clock } = aConnectedClient({ seq: 10, entities: [notes] });
  const socket = sockets.last;
  socket.hear({ type: 'presence', project: 'apollo', joined: [{ session: BOB, user: { name: 'bob' }, data: { caret: caret(5, 10) } }] });
  const text = client.text('c', 'notes');
  const carets = new TextCarets(client, text, { now: clock.now, schedule: clock.schedule });
  const said = () => socket.frames('presence').map(({ data }) => data.caret);
  carets.set({ anchor: 1, head: 1 });
  assert.deepEqual(said(), [caret(1, 10)]);
  text.insert(0, 'x');
  clock.advance(50);
  carets.set({ anchor: 2, head: 2 });
  clock.advance(50);
  assert.deepEqual(said()[1], caret(2, 10, 1));
  assert.deepEqual(carets.all.map(({ name, anchor, head }) => [name, anchor, head]), [['bob', 6, 6]]);
  assert.equal(carets.all[0].told, clock.now() - 100, 'what we write moves his caret, but he has not');
  text.insert(1, 'y');
  carets.set({ anchor: 3, head: 3 });
  clock.advance(50);
  assert.equal(said().length, 2, 'nobody could know what it refers to');
  const [frame] = socket.frames('update');
  socket.hear({ ...own(11, frame), version: 5, edit: { ...frame.edit, len: 6 } });
  socket.hear(event(12, { type: 'update', entity: 'c', version: 5, edit: { field: 'notes', delta: [{ insert: '--' }], len: 8 } }));
  clock.advance(100);
  assert.equal(said().length, 3);
  assert.equal(said()[2].n, 2);
  assert.deepEqual(carets.all.map(({ anchor }) => anchor), [2], 'who wrote last has his caret there');
  socket.fall();
  assert.deepEqual(carets.all, [], 'nobody knows where they are while we are offline');
});

/** Ours in a text of five letters at 10, told to Bob. */
function aToldCaret() {
  const notes = { entity: 'c', kind: 'card', version: 5, data: { notes: { $text: 'hello', born: 5 } } };
  const world = aConnectedClient({ seq: 10, entities: [notes] });
  const { client, clock, sockets: { last: socket } } = world;
  const comes = (/** @type {string} */ session) => socket.hear({ type: 'presence', project: 'apollo', joined: [{ session, user: { name: session }, data: {} }] });
  comes(BOB);
  const text = client.text('c', 'notes');
  const carets = new TextCarets(client, text, { now: clock.now, schedule: clock.schedule });
  carets.set({ anchor: 2, head: 2 });
  clock.advance(100);
  const said = () => socket.frames('presence').map(({ data }) => data.caret);
  const bob = (/** @type {number} */ seq, /** @type {any[]} */ delta, /** @type {number} */ len) =>
    socket.hear(event(seq, { type: 'update', entity: 'c', version: 5, edit: { field: 'notes', delta, len } }));
  return { ...world, socket, text, carets, said, comes, bob };
}

test('What others write moves our caret, and nobody is told of it', () => {
  const { carets, clock, said, bob } = aToldCaret();
  for (let i = 1; i <= 20; i++) {
    bob(10 + i, [{ insert: 'x' }], 5 + i);
    carets.set({ anchor: 2 + i, head: 2 + i }); // as the element has it by then
    clock.advance(100);
  }
  assert.deepEqual(said(), [caret(2, 10)]);
  carets.set({ anchor: 2, head: 2 });
  assert.deepEqual(said()[1], caret(2, 30), 'where it was told before is somewhere else by now');
});

test('Our caret is told once more to whoever comes, of what they know, unless it was just told', () => {
  const { clock, said, comes, bob } = aToldCaret();
  comes('c');
  clock.advance(100);
  assert.equal(said().length, 1);
  bob(11, [{ insert: 'x' }], 6);
  comes('d');
  clock.advance(100);
  assert.deepEqual(said().slice(1), [caret(3, 11)]);
});

test('Our caret is told once more in the pause after our last edit has come, and not after each', () => {
  const { carets, clock, socket, text, said } = aToldCaret();
  for (let i = 0; i < 3; i++) {
    text.insert(2 + i, 'x');
    carets.set({ anchor: 3 + i, head: 3 + i });
    clock.advance(300);
    const frame = /** @type {any} */ (socket.frames('update').at(-1));
    socket.hear({ ...own(11 + i, frame), version: 5, edit: { ...frame.edit, len: 6 + i } });
    clock.advance(300);
  }
  assert.deepEqual(said().map(({ n }) => n), [0, 1, 2, 3]);
  clock.advance(1000);
  assert.deepEqual(said().slice(4), [caret(5, 13)]);
  clock.advance(60_000);
  assert.equal(said().length, 5);
});

test('After a refusal our caret is told once more: what it was told with never comes', () => {
  const { carets, clock, socket, text, said } = aToldCaret();
  text.insert(4, 'x').catch(() => {});
  carets.set({ anchor: 1, head: 1 });
  clock.advance(100);
  assert.deepEqual(said()[1], caret(1, 10, 1));
  socket.hear({ type: 'reject', project: 'apollo', n: 1, code: 'forbidden', message: 'No.', retryable: false });
  clock.advance(100);
  assert.deepEqual(said()[2], caret(1, 10));
});

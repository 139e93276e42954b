// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { aClient, aConnectedClient, event, own } from './support/given.js';

const NOTES = { entity: 'c', kind: 'card', version: 5, data: { notes: { $text: 'hello', born: 5 } } };

/** A client with a text open, and what it has been told of it. @param {object} [options] */
function anOpenText(options) {
  const world = aConnectedClient({ seq: 10, entities: [NOTES] }, options);
  const text = world.client.text('c', 'notes');
  /** @type {any[]} */ const told = [];
  for (const type of /** @type {const} */ (['change', 'refused', 'gone'])) text.on(type, value => told.push([type, value]));
  const edits = () => world.sockets.last.frames('update').map(({ n, edit }) => ({ n, ...edit }));
  return { ...world, text, told, edits, socket: world.sockets.last };
}

/** @param {number} seq @param {number} len @param {any[]} delta */
const bob = (seq, len, delta) => event(seq, { type: 'update', entity: 'c', version: 5, edit: { field: 'notes', delta, len } });

test('What is written is in the value at once, and its promise resolves with its own event', async () => {
  const { text, socket, told, client } = anOpenText();
  const ack = text.insert(5, '!');
  assert.equal(text.value, 'hello!');
  assert.equal(text.length, 6);
  assert.equal(text.pending, true);
  assert.deepEqual(told.map(([, { origin }]) => origin), ['local']);
  assert.equal(client.store.get('c')?.data.notes, 'hello!');
  const [frame] = socket.frames('update');
  socket.hear({ ...own(11, frame), version: 5, edit: { field: 'notes', delta: frame.edit.delta, len: 6 } });
  assert.equal((await ack)?.seq, 11);
  assert.equal(text.pending, false);
  assert.equal(told.length, 1);
});

test('What is typed within a moment after an edit was sent goes in one, even if that is acknowledged sooner', () => {
  const { text, socket, clock, edits } = anOpenText();
  text.insert(5, 'a');
  const [frame] = socket.frames('update');
  socket.hear({ ...own(11, frame), version: 5, edit: { ...frame.edit, len: 6 } });
  text.insert(6, 'b');
  text.insert(7, 'c');
  assert.equal(edits().length, 1);
  clock.advance(39);
  assert.equal(edits().length, 1);
  clock.advance(1);
  assert.deepEqual(edits()[1], { n: 2, field: 'notes', base: 11, delta: [{ retain: 6 }, { insert: 'bc' }] });
});

test('Others write around what we write', () => {
  const { text, socket, told } = anOpenText();
  text.insert(5, '!');
  socket.hear(bob(11, 7, [{ insert: 'oh' }]));
  assert.equal(text.value, 'ohhello!');
  const [, [type, { delta, origin, by }]] = told;
  assert.deepEqual([type, delta, origin, by], ['change', [{ insert: 'oh' }], 'remote', 'bob']);
});

test('Undo takes back what we typed, never what others did, and typing without a pause is one step', () => {
  const { text, socket, clock, told } = anOpenText();
  assert.equal(text.canUndo, false);
  text.insert(5, 'a');
  clock.advance(900);
  text.insert(6, 'b');
  clock.advance(1100);
  text.insert(7, 'c');
  text.insert(0, 'X');
  socket.hear(bob(11, 7, [{ retain: 2 }, { insert: '--' }]));
  assert.equal(text.value, 'Xhe--lloabc');
  text.undo();
  assert.equal(text.value, 'he--lloabc');
  text.undo();
  assert.equal(text.value, 'he--lloab');
  text.undo();
  assert.equal(text.value, 'he--llo');
  assert.equal(text.canUndo, false);
  text.redo();
  assert.equal(text.value, 'he--lloab');
  assert.equal(told.at(-1)[1].origin, 'undo');
  assert.equal(text.canRedo, true);
  text.insert(0, 'Y');
  assert.equal(text.canRedo, false, 'what is written now is what could be taken back');
});

test('A refusal takes the text back, tells it, and forgets what could be undone', async () => {
  const { text, socket, told, client } = anOpenText();
  /** @type {any[]} */ const heard = [];
  client.on('textRefused', refused => heard.push(refused));
  const ack = text.insert(5, '!');
  socket.hear({ type: 'reject', project: 'apollo', n: 1, code: 'too_large', message: '', retryable: false });
  assert.equal(text.value, 'hello');
  assert.deepEqual(told.slice(1).map(([type, { origin, code, text: all }]) => [type, origin ?? code, all]), [['change', 'refused', undefined], ['refused', 'too_large', 'hello!']]);
  assert.equal(heard.length, 1);
  assert.equal(text.canUndo, false);
  await assert.rejects(ack ?? Promise.resolve(), { code: 'too_large' });
});

test('A text that is gone says so with what was written last, and takes nothing more', () => {
  const { text, socket, told } = anOpenText();
  text.insert(5, '!');
  socket.hear(event(11, { type: 'delete', entity: 'c' }));
  assert.deepEqual(told.slice(1).map(([type, value]) => [type, value.text]), [['refused', 'hello!'], ['gone', 'hello!']]);
  assert.equal(text.value, 'hello!');
  assert.deepEqual([text.gone, text.readonly, text.pending], [true, true, false]);
  assert.throws(() => text.insert(0, 'x'), { code: 'gone' });
});

test('A text that we make can be written in before anybody has answered', () => {
  const { client } = aClient();
  const id = client.newId('card');
  client.create('card', { notes: { $text: '' } }, { id });
  const text = client.text(id, 'notes');
  text.insert(0, 'hi');
  assert.equal(text.value, 'hi');
  assert.equal(client.pending, 2);
});

test('What is no text cannot be opened, and what cannot be is not taken', () => {
  const { client, text } = anOpenText();
  assert.throws(() => client.text('c', 'title'), { code: 'gone' });
  assert.throws(() => client.text('x', 'notes'), { code: 'not_found' });
  assert.throws(() => text.insert(6, 'x'), RangeError);
  assert.throws(() => text.delete(3, 3), RangeError);
  assert.throws(() => text.insert(0, '\ud83d'), { detail: 'bad_unicode' });
  assert.throws(() => text.edit([{ retain: 9 }, { insert: 'x' }]), { detail: 'out_of_range' });
  text.insert(0, '😀');
  assert.throws(() => text.insert(1, 'x'), { detail: 'splits_pair' });
  assert.equal(text.value, '😀hello');
});

test('A snapshot tells what became of the text, and of what waits', () => {
  const { text, client, told, sockets, clock } = anOpenText();
  text.insert(5, '!');
  client.reconnect();
  clock.advance(1000);
  const socket = sockets.last;
  socket.accept();
  socket.hear({ type: 'connected', connection: 'c8', user: { name: 'ann' }, pingInterval: 15000, pingTimeout: 30000, limits: { messageBytes: 65536 }, time: '2025-11-21T08:00:00.000Z' });
  const { id } = socket.frames('join')[0];
  socket.hear({ type: 'joined', id, project: 'apollo', session: 's', epoch: '5f0c2a9e1b7d4c38', seq: 20, floor: 0, recovered: false, outcomes: [{ n: 1, outcome: 'unknown' }], role: 'write', members: [], memberCount: 1 });
  socket.hear({ type: 'snapshot', project: 'apollo', seq: 20, part: 1, parts: 1, entities: [{ ...NOTES, data: { notes: { $text: 'hello you', born: 5 } } }] });
  assert.equal(text.value, 'hello! you');
  assert.equal(told.at(-1)[1].origin, 'snapshot');
  assert.equal(text.canUndo, false);
  clock.advance(40);
  assert.deepEqual(socket.frames('update').map(({ n, edit }) => [n, edit.base, edit.delta]), [[1, 20, [{ retain: 5 }, { insert: '!' }]]]);
});

test('An edit of a text reaches who listens to updates', () => {
  const { client, socket } = anOpenText();
  /** @type {any[]} */ const updates = [];
  client.on('update', update => updates.push(update));
  socket.hear(bob(11, 6, [{ insert: 'x' }]));
  assert.deepEqual(updates.map(({ id, edit, by }) => [id, edit.delta, by]), [['c', [{ insert: 'x' }], 'bob']]);
});

test('Undo of a deleted entity makes its texts again', () => {
  const { client } = anOpenText();
  client.delete('c');
  client.undo();
  assert.equal(client.text('c', 'notes').value, 'hello');
});

test('What is too much for the queue is refused whole, however it would be divided', async () => {
  const { client, text } = anOpenText({ queue: { maxBytes: 200_000 } });
  await assert.rejects(text.insert(0, '漢'.repeat(80_000)), { code: 'queue_full' });
  assert.equal(text.value, 'hello');
  assert.equal(client.pending, 0);
});

test('Of what was divided a piece is refused: that is told to who waits', async () => {
  const { text, socket } = anOpenText();
  const inserted = text.insert(0, 'x'.repeat(25_000));
  socket.hear({ type: 'reject', project: 'apollo', n: 1, code: 'too_large', message: '', retryable: false });
  await assert.rejects(inserted, { code: 'too_large' });
});

test('What was refused cannot be made again, even where its end cannot be seen', () => {
  const { text, socket } = anOpenText();
  text.insert(5, '1');
  text.undo();
  assert.equal(text.value, 'hello');
  socket.hear({ type: 'reject', project: 'apollo', n: 1, code: 'forbidden', message: '', retryable: false });
  assert.equal(text.canRedo, false);
});

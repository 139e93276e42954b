// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { bindText, changeAt } from '../../Web/client/bind-text.js';
import { aConnectedClient, event } from './support/given.js';
import { FakeTextArea } from './support/fake-text-area.js';

/** An element that is bound to a text. @param {string} [value] */
function aBoundText(value = 'hello world') {
  const notes = { entity: 'c', kind: 'card', version: 5, data: { notes: { $text: value, born: 5 } } };
  const world = aConnectedClient({ seq: 10, entities: [notes] });
  const text = world.client.text('c', 'notes');
  const element = new FakeTextArea();
  /** @type {any[]} */ const refused = [];
  element.addEventListener('refused', told => refused.push(/** @type {CustomEvent} */ (told).detail));
  const release = bindText(/** @type {any} */ (element), text);
  element.writes.length = 0;
  let seq = 10;
  let length = value.length;
  /** Bob changes the confirmed text. @param {any[]} delta */
  const bob = (...delta) => {
    for (const part of delta) length += (part.insert?.length ?? 0) - (part.delete ?? 0);
    world.sockets.last.hear(event(++seq, { type: 'update', entity: 'c', version: 5, edit: { field: 'notes', delta, len: length } }));
  };
  return { ...world, text, element, bob, refused, release };
}

test('What is typed goes into the text, where the caret says it was typed', () => {
  const { element, text } = aBoundText('aa');
  const deltas = /** @type {any[]} */ ([]);
  text.on('change', ({ delta }) => deltas.push(delta));
  element.type('aaa', 2);
  assert.deepEqual(deltas, [[{ retain: 1 }, { insert: 'a' }]]);
  assert.equal(text.value, 'aaa');
  assert.deepEqual(element.writes, [], 'what the user wrote is not written once more');
});

test('What others write comes in around the caret: nothing else is written, and scroll and selection stay at their words', () => {
  const { element, bob } = aBoundText();
  element.setSelectionRange(6, 11, 'backward');
  element.scrollTop = 40;
  bob({ insert: 'oh, ' });
  assert.equal(element.value, 'oh, hello world');
  assert.deepEqual([element.selectionStart, element.selectionEnd, element.selectionDirection], [10, 15, 'backward']);
  assert.equal(element.scrollTop, 40);
  assert.deepEqual(element.writes, ['range']);
});

test('What others write at the caret goes to its right, and at the ends of a selection stays out of it', () => {
  const { element, bob } = aBoundText();
  element.setSelectionRange(5, 5);
  bob({ retain: 5 }, { insert: '!' });
  assert.deepEqual([element.selectionStart, element.selectionEnd], [5, 5]);
  element.setSelectionRange(0, 5);
  bob({ insert: 'x' }, { retain: 5 }, { insert: 'y' });
  assert.deepEqual([element.selectionStart, element.selectionEnd], [1, 6]);
});

test('While a composition is under way nothing is written into the element; at its end both are in', () => {
  const { element, text, bob } = aBoundText();
  element.fire('compositionstart');
  element.compose('hello漢 world', 6);
  element.fire('input');
  bob({ insert: 'oh, ' });
  bob({ retain: 15 }, { insert: '?' });
  assert.deepEqual(element.writes, []);
  assert.equal(text.value, 'oh, hello world?');
  element.compose('hello漢字 world', 7);
  element.fire('compositionend');
  assert.equal(element.value, 'oh, hello漢字 world?');
  assert.equal(text.value, element.value);
  assert.equal(element.selectionStart, 11);
});

test('What comes between a key and its input event waits for it', () => {
  const { element, text, bob } = aBoundText();
  element.compose('hello! world', 6);
  bob({ insert: 'oh, ' });
  assert.deepEqual(element.writes, []);
  element.fire('input');
  assert.equal(element.value, 'oh, hello! world');
  assert.equal(text.value, element.value);
});

test('Undo of the browser is ours: it leaves what others wrote', () => {
  const { element, text, bob } = aBoundText();
  element.type('hello, world', 6);
  bob({ insert: 'oh, ' });
  assert.equal(element.fire('beforeinput', { inputType: 'historyUndo' }).defaultPrevented, true);
  assert.equal(element.value, 'oh, hello world');
  assert.equal(element.fire('keydown', { key: 'z', ctrlKey: true, shiftKey: true }).defaultPrevented, true);
  assert.equal(element.value, 'oh, hello, world');
  element.fire('keydown', { key: 'Z', metaKey: true });
  assert.equal(text.value, 'oh, hello world');
  element.fire('keydown', { key: 'y', ctrlKey: true });
  assert.equal(text.value, 'oh, hello, world');
  assert.equal(element.fire('keydown', { key: 'z' }).defaultPrevented, false);
});

test('A pasted CRLF is one line end, and half a character is waited for', () => {
  const { element, text } = aBoundText('');
  element.type('a\r\nb', 4);
  assert.equal(text.value, 'a\nb');
  assert.equal(element.value, 'a\nb');
  element.type('a\nb\ud83d', 4);
  assert.equal(text.value, 'a\nb');
  element.type('a\nb😀', 5);
  assert.equal(text.value, 'a\nb😀');
  element.type('a\nb😁', 5);
  assert.equal(text.value, 'a\nb😁');
  element.type('a\nb😁\ud83d', 6);
  element.fire('blur');
  assert.deepEqual([text.value, element.value], ['a\nb😁', 'a\nb😁']);
});

test('What was typed and could not stay is handed back, and leaves the element', () => {
  const { element, sockets, refused } = aBoundText();
  element.type('hello world!', 12);
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 1, code: 'too_large', message: '', retryable: false });
  assert.equal(element.value, 'hello world');
  assert.deepEqual(refused.map(({ code, text }) => [code, text]), [['too_large', 'hello world!']]);
});

test('An element whose text has gone can be read and not be written', () => {
  const { element, sockets } = aBoundText();
  sockets.last.hear(event(11, { type: 'delete', entity: 'c' }));
  assert.equal(element.readOnly, true);
  assert.equal(element.value, 'hello world');
});

test('It takes no more than the server does, and after its release it is an ordinary element again', () => {
  const { element, text, bob, release } = aBoundText();
  assert.equal(element.maxLength, 1_048_576);
  release();
  bob({ insert: 'x' });
  element.type('hello', 5);
  assert.equal(element.value, 'hello');
  assert.equal(text.value, 'xhello world');
});

test('Any two values and any caret: the change leads from one to the other and splits no character', () => {
  const values = ['', 'a', 'aa', 'aba', '😀', '😁', '😀😁', 'a😀a', '😀😀', 'ab', 'ba'];
  for (const before of values) {
    for (const after of values) {
      for (let caret = 0; caret <= after.length; caret++) {
        const delta = changeAt(before, after, caret);
        let at = 0;
        let result = '';
        for (const { retain = 0, insert = '', delete: deleted = 0 } of delta) {
          result += before.slice(at, at + retain) + insert;
          at += retain + deleted;
          assert.equal(/\p{Surrogate}/u.test(insert), false, JSON.stringify([before, after, caret, delta]));
        }
        assert.equal(result + before.slice(at), after);
      }
    }
  }
});

test('Who writes while a change is told does not come in front of it: all hear everything in one order', () => {
  const { client, element, text, bob } = aBoundText();
  const first = client.text('c', 'notes');
  let has = false;
  first.on('change', ({ origin }) => {
    if (origin !== 'remote' || has) return;
    has = true;
    text.insert(0, '#');
  });
  const late = new FakeTextArea();
  bindText(/** @type {any} */ (late), client.text('c', 'notes'));
  bob({ retain: 5 }, { insert: 'XYZ' });
  assert.equal(text.value, '#helloXYZ world');
  assert.equal(element.value, text.value);
  assert.equal(late.value, text.value);
  text.undo();
  assert.equal(text.value, 'helloXYZ world', 'and what is taken back is what was written');
});

test('What could not even wait is handed back, and said', async () => {
  const notes = { entity: 'c', kind: 'card', version: 5, data: { notes: { $text: 'hello', born: 5 } } };
  const { client } = aConnectedClient({ seq: 10, entities: [notes] }, { queue: { maxBytes: 1024 } });
  const element = new FakeTextArea();
  /** @type {any[]} */ const refused = [];
  /** @type {any[]} */ const troubles = [];
  element.addEventListener('refused', told => refused.push(/** @type {CustomEvent} */ (told).detail));
  bindText(/** @type {any} */ (element), client.text('c', 'notes'), { trouble: error => troubles.push(error) });
  element.type(`hello${'x'.repeat(2000)}`, 2005);
  await new Promise(setImmediate);
  assert.equal(element.value, 'hello');
  assert.equal(troubles.length, 1);
  assert.deepEqual(refused.map(({ code, delta }) => [code, delta[1].insert.length]), [['queue_full', 2000]]);
});

test('An element knows one line end: others go from the text, and what others write still fits', () => {
  const { element, text, bob } = aBoundText('one\r\ntwo\rthree');
  assert.equal(text.value, 'one\ntwo\nthree');
  assert.equal(element.value, text.value);
  bob({ insert: 'a\r\n' });
  assert.equal(text.value, 'a\none\ntwo\nthree');
  assert.equal(element.value, text.value);
  element.type(`${text.value}!`, text.length + 1);
  assert.equal(text.value, 'a\none\ntwo\nthree!');
});

test('An input has one line: it is not bound to more, and locked when there is more', () => {
  const { client, text, bob } = aBoundText('one');
  const input = Object.assign(new FakeTextArea(), { tagName: 'INPUT' });
  bindText(/** @type {any} */ (input), client.text('c', 'notes'));
  bob({ retain: 3 }, { insert: '\ntwo' });
  assert.equal(input.readOnly, true);
  input.fire('blur');
  assert.equal(text.value, 'one\ntwo', 'nothing is taken out for everybody');
  assert.throws(() => bindText(/** @type {any} */ (Object.assign(new FakeTextArea(), { tagName: 'INPUT' })), text), RangeError);
});

test('An element that was locked for a text that is gone is free for the next one', () => {
  const { client, element, release, sockets } = aBoundText();
  sockets.last.hear(event(11, { type: 'update', entity: 'c', version: 11, patch: { notes: { $text: 'new' } } }));
  assert.equal(element.readOnly, true);
  release();
  assert.equal(element.readOnly, false);
  const again = client.text('c', 'notes');
  bindText(/** @type {any} */ (element), again);
  element.type('new!', 4);
  assert.equal(again.value, 'new!');
});

test('A text that was closed locks what shows it, instead of letting words go', () => {
  const { element, text } = aBoundText();
  text.close();
  element.type('hello world!', 12);
  assert.equal(element.readOnly, true);
});

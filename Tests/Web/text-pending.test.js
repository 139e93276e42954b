// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { apply, refusal } from '../../Web/client/delta.js';
import { coalesce } from '../../Web/client/coalesce.js';
import { divided } from '../../Web/client/divide.js';
import { Replica } from '../../Web/client/replica.js';
import { restoring } from '../../Web/client/restore.js';
import { joined, snapshot } from './support/given.js';

const OWNER = { resolve() {}, reject() {} };

/** A replica at seq 10 with an entity in which there is a text. @param {object} [options] */
function aReplica(options) {
  const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars', ...options });
  replica.join('j1');
  replica.receive(/** @type {any} */ (joined({ seq: 10 })));
  replica.receive(/** @type {any} */ (snapshot(10, [{ entity: 'c', kind: 'card', version: 5, data: { notes: { $text: 'hello', born: 5 } } }])));
  return replica;
}

test('Numbers do not run away from an edit that waits to be sent again', () => {
  const replica = aReplica();
  replica.edit('c', 'notes', [{ insert: 'x' }], OWNER, 0);
  replica.sent(/** @type {any} */ (replica.next()));
  replica.off();
  replica.join('j2');
  replica.receive(/** @type {any} */ (joined({ id: 'j2', seq: 11, recovered: true, outcomes: [{ n: 1, outcome: 'unknown' }] }))); // an event is still to come
  for (let i = 0; i < 80; i++) {
    replica.submit({ type: 'create', entity: `d${i}`, kind: 'card', data: {} }, OWNER, 0);
    const command = replica.next();
    if (!command) {
      assert.equal(i, 63, 'the 65th number would be 64 above the first');
      return;
    }
    replica.sent(command);
    replica.receive(/** @type {any} */ ({ type: 'reject', project: 'apollo', n: command.n, code: 'invalid', message: '', retryable: false }));
  }
  assert.fail('they ran away');
});

test('What is too much for one message is the same in several, none of which splits a character', () => {
  const text = 'abc'.repeat(1000);
  const long = '😀'.repeat(12_345);
  const deltas = [
    [{ retain: 5 }, { insert: long }, { delete: 7 }],
    Array.from({ length: 1200 }, (_, i) => i % 2 ? { insert: 'x' } : { retain: 2 }),
    [{ insert: 'small' }],
  ];
  for (const delta of deltas) {
    const parts = divided(delta);
    assert.equal(parts.reduce(apply, text), apply(text, delta));
    for (const part of parts) {
      assert.equal(refusal(part), undefined);
      assert.ok(part.length <= 500 && part.every(({ insert = '' }) => insert.length <= 10_000));
    }
  }
  assert.equal(divided(deltas[2]).length, 1);
});

test('What finds no room in the queue is not written at all', () => {
  const replica = aReplica({ queueMax: 3, window: 1 });
  assert.throws(() => replica.edit('c', 'notes', [{ insert: 'x'.repeat(40_000) }], OWNER, 0), { code: 'queue_full' });
  assert.equal(replica.view('c')?.data.notes, 'hello');
  assert.equal(replica.pending, 0);
});

test('Edits become one up to 500 parts, for a server takes no more than 1,000 behind others', () => {
  const replica = aReplica();
  for (let i = 0; i < 600; i++) replica.edit('c', 'notes', i === 0 ? [{ insert: 'x' }] : [{ retain: 0 + i * 1 }, { insert: 'x' }].filter(part => part.retain !== 0), OWNER, 0);
  assert.equal(replica.pending, 1, 'typing on is one part');
  const scattered = aReplica();
  scattered.edit('c', 'notes', [{ insert: '.'.repeat(2000) }], OWNER, 0);
  scattered.sent(/** @type {any} */ (scattered.next()));
  for (let i = 0; i < 400; i++) scattered.edit('c', 'notes', [{ retain: 3 * i + 1 }, { insert: 'y' }], OWNER, 0);
  for (const command of scattered.commands) assert.ok(/** @type {any} */ (command.body).edit.delta.length <= 500);
  assert.equal(scattered.pending, 3);
});

test('What begins a text is no object that a patch could reach into', () => {
  /** @type {(notes: any) => any} */
  const patch = notes => ({ type: 'update', entity: 'c', patch: { notes } });
  assert.deepEqual(coalesce(patch({ $text: 'a' }), patch({ $text: 'b' })), patch({ $text: 'b' }));
  assert.equal(coalesce(patch({ $text: 'a' }), patch({ b: 1 })), undefined);
  assert.deepEqual(coalesce(patch({ a: 1 }), patch({ $text: 'b' })), patch({ $text: 'b' }));
  assert.deepEqual(coalesce(patch({ deep: { $text: 'a' } }), patch({ deep: { b: 1 } })), patch({ deep: { $text: 'a', b: 1 } }), 'further in it is ordinary');
});

test('Restoring makes a text again where it was one, and leaves one that says the same', () => {
  const item = (/** @type {string} */ notes, /** @type {any} */ texts) => ({ id: 'c', kind: 'card', version: 1, data: { notes }, ...texts && { texts: { notes: { born: 1 } } } });
  assert.deepEqual(restoring('c', item('was', true), undefined), { type: 'create', entity: 'c', kind: 'card', data: { notes: { $text: 'was' } } });
  assert.deepEqual(restoring('c', item('was', true), item('is', true)), { type: 'update', entity: 'c', patch: { notes: { $text: 'was' } } });
  assert.deepEqual(restoring('c', item('same', true), item('same', false)), { type: 'update', entity: 'c', patch: { notes: { $text: 'same' } } });
  assert.deepEqual(restoring('c', item('same', false), item('same', true)), { type: 'update', entity: 'c', patch: { notes: 'same' } });
  assert.equal(restoring('c', item('same', true), item('same', true)), undefined);
});

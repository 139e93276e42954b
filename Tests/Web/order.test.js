// @ts-check
import assert from 'node:assert/strict';
import test from 'node:test';
import { byOrder, keyAt, keyBetween } from '../../Web/client/order.js';
import { aConnectedClient } from './support/given.js';
import { golden } from './support/golden.js';

/** A small seeded generator, so that a failure can be replayed. @param {number} seed */
function seeded(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

test('a key lies between its neighbours, wherever they are', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    /** @type {string[]} */ const keys = [];
    for (let i = 0; i < 500; i++) {
      const at = Math.floor(random() * (keys.length + 1));
      const key = keyBetween(keys[at - 1] ?? null, keys[at] ?? null, random);
      assert.ok(at === 0 || keys[at - 1] < key, `seed ${seed}: ${keys[at - 1]} < ${key}`);
      assert.ok(at === keys.length || key < keys[at], `seed ${seed}: ${key} < ${keys[at]}`);
      keys.splice(at, 0, key);
    }
  }
});

test('keys stay short when a list is filled from an end', () => {
  let [first, last] = [keyBetween(null, null), keyBetween(null, null)];
  for (let i = 0; i < 10_000; i++) {
    const [before, after] = [keyBetween(null, first), keyBetween(last, null)];
    assert.ok(before < first && last < after);
    [first, last] = [before, after];
  }
  assert.ok(first.length <= 6 && last.length <= 6);
});

test('the ends of the range still have room', () => {
  const last = keyBetween('zzzz1', null);
  assert.ok(last > 'zzzz1');
  const first = keyBetween(null, '00001');
  assert.ok(first < '00001');
});

test('the same gap gives two people different keys', () => {
  const keys = new Set(Array.from({ length: 100 }, () => keyBetween('V', 'W')));
  assert.ok(keys.size > 90);
});

test('keys that are out of order or no keys at all do no harm', () => {
  for (const [left, right] of [['b', 'a'], ['a', 'a'], ['', ''], ['a', 'a0'], ['é', 'ü'], ['', null], [null, '']])
    assert.equal(typeof keyBetween(left, right), 'string');
});

test('a place among siblings', () => {
  const siblings = ['a', 'b', 'c'].map(order => ({ id: order, kind: 'card', version: 1, data: { order: `${order}1` } }));
  for (let index = 0; index <= 3; index++) {
    const moved = { id: 'm', kind: 'card', version: 1, data: { order: keyAt(siblings, index) } };
    assert.equal([...siblings, moved].sort(byOrder).indexOf(moved), index);
  }
});

for (const { name, left, right, draws, key } of golden('order.json')) {
  test(`Order: ${name}`, () => {
    const chances = [...draws];
    assert.equal(keyBetween(left, right, () => chances.shift()), key);
  });
}

test('A card is moved before and after another, to the end, and into another list', () => {
  const card = (/** @type {string} */ id, /** @type {string} */ list, /** @type {string} */ order) =>
    ({ entity: id, kind: 'card', version: 1, data: { list, order } });
  const { client, sockets } = aConnectedClient({ seq: 1, entities: [
    card('a', 'todo', 'V1'), card('b', 'todo', 'W1'), card('c', 'todo', 'X1'), card('d', 'done', 'A1'), { ...card('l', 'todo', 'W0'), kind: 'list' },
  ] });
  const todo = () => client.store.list('card').filter(({ data }) => data.list === 'todo').sort(byOrder).map(({ id }) => id);
  client.move('c', { list: 'todo', before: 'b' });
  assert.deepEqual(todo(), ['a', 'c', 'b']);
  client.move('a', { list: 'todo', after: 'c' });
  assert.deepEqual(todo(), ['c', 'a', 'b']);
  client.move('c', { list: 'todo' });
  assert.deepEqual(todo(), ['a', 'b', 'c']);
  client.move('d', { list: 'todo', before: 'a' });
  assert.deepEqual(todo(), ['d', 'a', 'b', 'c']);
  client.move('d', { list: 'todo', after: 'gone' });
  assert.deepEqual(todo(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(Object.keys(sockets.last.frames('update')[0].patch), ['list', 'order']);
});

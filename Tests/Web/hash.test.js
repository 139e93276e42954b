// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { chain, StateHash } from '../../Web/client/hash.js';
import { ProjectState } from '../../Web/client/state.js';
import { golden } from './support/golden.js';

const { chain: chains, states } = golden('hash.json');

test('Chained MurmurHash3 gives the golden vectors', () => {
  for (const { seed, parts, hash } of chains) assert.equal(chain(seed, ...parts), hash, JSON.stringify(parts));
});

test('States hash as the golden vectors say, in whatever order their entities come', () => {
  for (const { entities, hash } of states) {
    assert.equal(new ProjectState(1, entities).hash, hash);
    assert.equal(new ProjectState(1, [...entities].reverse()).hash, hash);
  }
});

test('Moving a hash from state to state ends where hashing the last state ends', () => {
  const hash = new StateHash();
  /** @type {any} */ const none = undefined;
  const first = { id: 'a', kind: 'card', version: 1, data: { x: 1, keep: { deep: [1] } } };
  const second = { ...first, version: 2, data: { ...first.data, x: 2, y: null } };
  for (const [from, to] of [[none, first], [first, second], [second, none], [none, second], [second, first]]) hash.move(from, to);
  assert.equal(String(hash), new ProjectState(1, [{ entity: 'a', kind: 'card', version: 1, data: first.data }]).hash);
  hash.move(first, none);
  assert.equal(String(hash), '0000000000000000');
});

test('A text is hashed when somebody asks, and not at every edit', () => {
  const hash = new StateHash();
  let read = 0;
  const item = (/** @type {string} */ text) => ({ id: 'a', kind: 'card', version: 1, texts: { notes: { born: 1 } }, data: { get notes() { read++; return text; } } });
  const [first, second, third] = [item('Milk'), item('Oat milk'), item('Eggs')];
  hash.move(undefined, first);
  hash.move(first, second);
  hash.move(second, third);
  const before = read;
  const told = String(hash);
  assert.ok(read > before, 'now it is read');
  assert.equal(told, new ProjectState(1, [{ entity: 'a', kind: 'card', version: 1, data: { notes: { $text: 'Eggs', born: 1 } } }]).hash);
  assert.equal(String(hash), told);
  hash.move(third, { id: 'a', kind: 'card', version: 1, data: {} });
  assert.equal(String(hash), new ProjectState(1, [{ entity: 'a', kind: 'card', version: 1, data: {} }]).hash);
});

test('A changed field costs only that field: the others are not even read', () => {
  const hash = new StateHash();
  const trap = { toJSON() { throw new Error('read'); } };
  const before = { id: 'a', kind: 'card', version: 1, data: /** @type {any} */ ({ x: 1, big: trap }) };
  assert.doesNotThrow(() => hash.move(before, { ...before, data: { ...before.data, x: 2 } }));
});

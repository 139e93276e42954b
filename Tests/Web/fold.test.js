// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { canonical } from '../../Web/client/canonical.js';
import { fold } from '../../Web/client/fold.js';
import { ProjectState } from '../../Web/client/state.js';
import { wireOf } from '../../Web/client/text-marker.js';
import { golden } from './support/golden.js';

/** @param {ProjectState} state as a snapshot would carry it */
function entitiesOf(state) {
  return [...state.items.values()].sort((a, b) => a.id < b.id ? -1 : 1)
    .map(wireOf);
}

for (const { name, events, seq, entities, hash } of golden('fold.json')) {
  test(`Fold: ${name}`, () => {
    const state = new ProjectState();
    const frozen = JSON.stringify(events);
    for (const event of events) state.apply(event);
    assert.equal(canonical(/** @type {any} */ (entitiesOf(state))), canonical(entities));
    assert.equal(state.seq, seq);
    assert.equal(state.hash, hash, 'kept up to date event by event');
    assert.equal(new ProjectState(seq, entities).hash, hash, 'and from a snapshot');
    assert.equal(JSON.stringify(events), frozen, 'events are not changed');
  });
}

test('The fold changes nothing it was given', () => {
  const deepFreeze = (/** @type {any} */ value) => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
    return value;
  };
  const item = deepFreeze({ id: 'a', kind: 'card', version: 1, data: { p: { q: 1 }, votes: 1 } });
  fold(item, { type: 'update', entity: 'a', patch: { p: { q: null, r: { s: 1 } } } });
  fold(item, { type: 'update', entity: 'a', increment: { votes: 1 } });
});

test('The fold keeps the objects it does not touch', () => {
  const item = { id: 'a', kind: 'card', version: 1, data: { touched: 1, kept: { deep: [1] } } };
  assert.equal(fold(item, { type: 'update', entity: 'a', patch: { touched: 2 } })?.data.kept, item.data.kept);
});

test('Whatever an operation holds, the fold neither throws nor pollutes', () => {
  const item = { id: 'a', kind: 'card', version: 1, data: { n: 1 } };
  const odd = ['null', '1', '"x"', '[]', '[1]', '{}', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}',
    '{"n":{"__proto__":{"polluted":1}}}', '{"n":1e999}', '{"__proto__":1}', '{"n":null}', '{"n":"1"}'];
  for (const text of odd) {
    for (const key of ['patch', 'increment', 'edit']) {
      const after = fold(item, { type: 'update', entity: 'a', [key]: JSON.parse(text) });
      assert.equal(Object.getPrototypeOf(after?.data), Object.prototype);
    }
  }
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  assert.equal(fold(item, /** @type {any} */ ({ type: 'tomorrow', entity: 'a' })), item);
});

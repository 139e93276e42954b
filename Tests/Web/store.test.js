// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { aConnectedClient, event } from './support/given.js';
import { seeded } from './support/seeded.js';

/** @import { Item } from '../../Web/client/types.js' */

const card = (/** @type {string} */ entity, /** @type {any} */ data, kind = 'card') => ({ entity, kind, version: 1, data });
const ids = (/** @type {readonly Item[]} */ items) => items.map(({ id }) => id);

test('A view has what is asked for, in order, and tells what becomes of it', () => {
  const world = aConnectedClient({ seq: 3, entities: [card('a', { list: 'x', n: 3 }), card('b', { list: 'x', n: 1 }), card('c', { list: 'y', n: 2 }), card('d', { list: 'x', n: 0 }, 'list')] });
  const { client, frame, sockets } = world;
  const view = client.store.view('card', { where: { list: 'x' }, sort: 'n' });
  /** @type {any[]} */ const told = [];
  view.subscribe(({ added, removed, moved, changed }) => told.push({
    added: added.map(({ item, index }) => [item.id, index]), removed, moved: moved.map(({ item, index }) => [item.id, index]), changed: ids(changed),
  }));
  assert.deepEqual(ids(view.items), ['b', 'a']);
  client.update('c', { list: 'x' });
  frame();
  client.update('b', { n: 9 });
  frame();
  client.delete('a');
  client.update('d', { n: 5 });
  frame();
  sockets.last.hear(event(4, { type: 'update', entity: 'b', version: 4, patch: { title: 'new' } }));
  frame();
  assert.deepEqual(told, [
    { added: [['c', 1]], removed: [], moved: [], changed: [] },
    { added: [], removed: [], moved: [['b', 2]], changed: ['b'] },
    { added: [], removed: ['a'], moved: [], changed: [] },
    { added: [], removed: [], moved: [], changed: ['b'] },
  ]);
  view.close();
  client.update('b', { n: 0 });
  frame();
  assert.equal(told.length, 4);
  assert.deepEqual(ids(view.items), ['c', 'b']);
});

test('A view sorts the other way round, by a question of its own, and by id', () => {
  const { client } = aConnectedClient({ seq: 1, entities: [card('a', { n: 1 }), card('b', { n: 'x' }), card('c', {}), card('d', { n: 1 }), card('e', { n: null })] });
  assert.deepEqual(ids(client.store.view('card', { sort: 'n' }).items), ['c', 'e', 'a', 'd', 'b']);
  assert.deepEqual(ids(client.store.view('card', { sort: '-n' }).items), ['b', 'a', 'd', 'c', 'e']);
  assert.deepEqual(ids(client.store.view('card', { sort: (a, b) => b.id < a.id ? -1 : 1, where: ({ data }) => data.n !== 1 }).items), ['e', 'c', 'b']);
  assert.deepEqual(ids(client.store.view().items), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(ids(client.store.view('card', { where: { n: null } }).items), ['c', 'e'], 'what is absent is null');
});

test('What a view tells leads from the old list to the new one: 100 seeds', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seeded(seed);
    const below = (/** @type {number} */ end) => Math.floor(random() * end);
    const { client, frame } = aConnectedClient({ seq: 1, entities: Array.from({ length: 8 }, (_, i) => card(`e${i}`, { n: below(5), on: below(2) })) });
    const view = client.store.view('card', { where: { on: 1 }, sort: 'n' });
    const shown = ids(view.items);
    view.subscribe(({ added, removed, moved }) => {
      for (const id of [...removed, ...moved.map(({ item }) => item.id)]) shown.splice(shown.indexOf(id), 1);
      for (const { item, index } of [...added, ...moved].sort((a, b) => a.index - b.index)) shown.splice(index, 0, item.id);
    });
    for (let round = 0; round < 6; round++) {
      for (let i = below(4); i >= 0; i--) {
        const id = `e${below(10)}`;
        if (!client.store.get(id)) client.create('card', { n: below(5), on: below(2) }, { id });
        else if (below(4) === 0) client.delete(id);
        else client.update(id, { n: below(5), on: below(2) });
      }
      frame();
      const all = client.store.list('card').filter(({ data }) => data.on === 1).sort((a, b) => Number(a.data.n) - Number(b.data.n) || (a.id < b.id ? -1 : 1));
      assert.deepEqual(ids(view.items), ids(all), `seed ${seed}`);
      assert.deepEqual(shown, ids(all), `seed ${seed}: as told`);
    }
  }
});

test('Changes of a kind, and of one entity, are told once a frame', () => {
  const { client, frame } = aConnectedClient({ seq: 1, entities: [card('a', { n: 1 }), card('l', {}, 'list')] });
  /** @type {any[]} */ const cards = [];
  /** @type {any[]} */ const one = [];
  const off = client.store.subscribe('card', ({ ids: changed }) => cards.push(changed));
  client.store.subscribe('l', ({ ids: changed, origin }) => one.push([changed, origin]));
  client.update('a', { n: 2 });
  client.create('card', {}, { id: 'b' });
  client.update('l', { x: 1 });
  frame();
  client.delete('a');
  frame();
  off();
  client.delete('b');
  frame();
  assert.deepEqual(cards, [['a', 'b'], ['a']]);
  assert.deepEqual(one, [[['l'], 'local']]);
});

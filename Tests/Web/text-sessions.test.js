// @ts-check
// Seeded sessions of several who write in the same texts, over lines that delay, break, repeat and deliver late, against a server that remembers three
// edits of a text. A failure names its seed: SEED=17 node --test Tests/Web/text-sessions.test.js; SESSIONS=16000 for the long form.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { replace, splitsPair } from '../../Web/client/delta.js';
import { FakeClock } from './support/clock.js';
import { ModelServer, Network, seeded } from './support/model-server.js';
import { Typist } from './support/typist.js';

const COUNT = Number(process.env.SESSIONS ?? 300);
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : Array.from({ length: COUNT }, (_, i) => i + 1);
const FIELD = 'notes';
const SESSION = 'secret-of-client-';

/** @param {number} seed @param {number} [typists] */
function aSession(seed, typists) {
  const random = seeded(seed);
  const clock = new FakeClock();
  const server = new ModelServer(random);
  const network = new Network(server, clock, random);
  network.repeats = 0.05;
  const count = typists ?? 2 + Math.floor(random() * 4);
  const all = Array.from({ length: count }, (_, i) => new Typist(network, clock, `${SESSION}${i}`));
  const pick = (/** @type {any} */ from) => from[Math.floor(random() * from.length)];
  for (const typist of all) typist.connect();
  for (const id of ['a', 'b']) all[0].submit({ type: 'create', entity: id, kind: 'card', data: { [FIELD]: { $text: id === 'a' ? '' : 'The 😀 quick 😁 fox' } } });
  return { random, clock, server, network, typists: all, pick };
}

/** @param {ReturnType<typeof aSession>} session */
function disturb({ random, clock, server, network, typists, pick }) {
  const fate = random();
  if (fate < 0.04) pick(typists).cut();
  else if (fate < 0.045 && network.sockets.length > 0) pick(network.sockets).cut();
  else if (fate < 0.06) pick(typists).reload();
  else if (fate < 0.07) server.compact(Math.max(0, server.state.seq - Math.floor(random() * 4)));
  if (random() < 0.6) clock.advance(random() * 150);
  for (const typist of typists) for (const id of ['a', 'b']) typist.open(id, FIELD);
}

/** All calms down, and S1, S2, S3, S5 and S6 hold. @param {ReturnType<typeof aSession>} session @param {number} seed */
function calm({ server, clock, typists, network }, seed) {
  server.refusals = 0;
  network.repeats = 0;
  for (let i = 0; i < 300 && typists.some(({ replica }) => replica.pending > 0 || replica.seq !== server.state.seq || !replica.live); i++) clock.advance(500);
  for (const { replica, troubles, numbers } of typists) {
    assert.deepEqual(troubles, [], `seed ${seed}: what comes back is what was sent, as we moved it, and whoever applies the changes he is told sees the text at any moment`);
    assert.equal(replica.pending, 0, `seed ${seed}: nothing is left unsent`);
    assert.equal(replica.seq, server.state.seq, `seed ${seed}: all have come to the end`);
    assert.equal(replica.stateHash, server.state.hash, `seed ${seed}: all states are one`);
    assert.deepEqual([...new Set(numbers)].sort((a, b) => a - b), numbers, `seed ${seed}: numbers rise and are used once`);
  }
  for (const { data } of server.state.items.values()) assert.equal(/\p{Surrogate}/u.test(String(data[FIELD])), false, `seed ${seed}: no text has half a character`);
  const again = new ModelServer(() => 0).state;
  for (const event of server.journal) again.apply(event);
  assert.equal(again.hash, server.state.hash, `seed ${seed}: the journal alone gives the same state`);
}

/** A random edit of what is seen that splits no pair. @param {string} text @param {() => number} random */
function anyEdit(text, random) {
  for (;;) {
    const at = Math.floor(random() * (text.length + 1));
    const removed = random() < 0.4 ? Math.floor(random() * Math.min(5, text.length - at + 1)) : 0;
    const inserted = random() < 0.75 || removed === 0 ? ['x', 'yz', '😀', '😁', '漢', ' ', '\n'][Math.floor(random() * 7)] : '';
    const delta = replace(at, removed, inserted);
    if (delta.length > 0 && !splitsPair(text, delta)) return delta;
  }
}

/** @param {ReturnType<typeof aSession>} session @param {any} typist */
function anything({ random, pick }, typist) {
  const id = pick(['a', 'a', 'b']);
  const text = typist.text(id, FIELD);
  const act = random();
  if (text === undefined) {
    if (act < 0.05) typist.submit(typist.replica.view(id) ? { type: 'update', entity: id, patch: { [FIELD]: { $text: 'again' } } }
      : { type: 'create', entity: id, kind: 'card', data: { [FIELD]: { $text: 'once more' } } });
  } else if (act < 0.75) typist.edit(id, FIELD, anyEdit(text, random));
  else if (act < 0.85) typist.step(id, FIELD, 'undo');
  else if (act < 0.9) typist.step(id, FIELD, 'redo');
  else if (act < 0.97) typist.submit({ type: 'update', entity: id, patch: { title: String(random()) } });
  else if (act < 0.975) typist.submit({ type: 'update', entity: id, patch: { [FIELD]: random() < 0.5 ? { $text: 'anew' } : null } });
  else if (act < 0.978) typist.submit({ type: 'delete', entity: id });
}

test(`All who write see one text in the end, in ${SEEDS.length} sessions`, () => {
  for (const seed of SEEDS) {
    const session = aSession(seed);
    for (let turn = 0; turn < 120; turn++) {
      anything(session, session.pick(session.typists));
      disturb(session);
    }
    calm(session, seed);
  }
});

test(`What is only ever written is there exactly once, in ${SEEDS.length} sessions`, () => {
  for (const seed of SEEDS) {
    const session = aSession(seed);
    const { random, pick, typists, server } = session;
    let next = 0x4e00;
    /** @type {string[]} */ const written = [];
    for (let turn = 0; turn < 100; turn++) {
      const typist = pick(typists);
      const text = typist.text('a', FIELD);
      if (text !== undefined) {
        const char = String.fromCharCode(next++);
        written.push(char);
        typist.edit('a', FIELD, replace(Math.floor(random() * (text.length + 1)), 0, char));
      }
      disturb(session);
    }
    calm(session, seed);
    assert.deepEqual([...String(server.state.items.get('a')?.data[FIELD])].sort(), written, `seed ${seed}`);
  }
});

test('Two who type forwards at one place write two runs, not confetti', () => {
  for (const seed of SEEDS.slice(0, 100)) {
    const { clock, server, typists, random, network } = aSession(seed, 2);
    network.repeats = 0;
    server.refusals = 0;
    while (typists.some(typist => typist.text('a', FIELD) === undefined)) clock.advance(1000);
    const carets = [0, 0];
    for (const [i, typist] of typists.entries()) {
      const run = typist.run.bind(typist);
      typist.run = effects => {
        for (const effect of effects) {
          if (effect.do !== 'text' || effect.text.origin === 'local') continue;
          const [{ retain = 0, insert = '' } = {}, { insert: then = '' } = {}] = effect.text.delta;
          if (retain < carets[i] || !retain && insert && carets[i] > 0) carets[i] += (insert || then).length; // what comes at the caret goes to its right
        }
        run(effects);
      };
    }
    for (let turn = 0; turn < 60; turn++) {
      const i = turn % 2;
      typists[i].edit('a', FIELD, replace(carets[i]++, 0, 'AB'[i]));
      clock.advance(random() * 60);
    }
    clock.advance(20_000);
    const text = String(server.state.items.get('a')?.data[FIELD]);
    assert.equal(text.length, 60, `seed ${seed}`);
    assert.match(text, /^(A{30}B{30}|B{30}A{30})$/, `seed ${seed}: ${text}`);
  }
});

test('Undo of all that one did, with nobody else there, leaves the text as it was', () => {
  for (const seed of SEEDS.slice(0, 50)) {
    const { clock, typists: [typist], random, server } = aSession(seed, 1);
    server.refusals = 0;
    clock.advance(5000);
    const before = String(typist.text('b', FIELD));
    for (let i = 0; i < 30; i++) {
      typist.edit('b', FIELD, anyEdit(String(typist.text('b', FIELD)), random));
      clock.advance(random() * 2000);
    }
    const after = typist.text('b', FIELD);
    for (let i = 0; i < 40; i++) typist.step('b', FIELD, 'undo');
    assert.equal(typist.text('b', FIELD), before, `seed ${seed}`);
    for (let i = 0; i < 40; i++) typist.step('b', FIELD, 'redo');
    assert.equal(typist.text('b', FIELD), after, `seed ${seed}`);
  }
});

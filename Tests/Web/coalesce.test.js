// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { canonical } from '../../Web/client/canonical.js';
import { QueueFullError } from '../../Web/client/errors.js';
import { Replica } from '../../Web/client/replica.js';
import { event, joined, own, snapshot } from './support/given.js';
import { golden } from './support/golden.js';
import { seeded } from './support/seeded.js';

const SEEDS = process.env.EVENTONLY_LONG === '1' ? 20_000 : 1000;

/** @param {object} [options] @param {object[]} [entities] */
function aReplica(options, entities = []) {
  const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars', ...options });
  replica.join('j1');
  hear(replica, joined({ seq: 1 }));
  hear(replica, snapshot(1, entities));
  return replica;
}

/** @param {Replica} replica @param {any} message */
const hear = (replica, message) => replica.receive(message);

/** Sends the next command. @param {Replica} replica @returns {any} its frame */
function send(replica) {
  const command = replica.next();
  if (!command) return undefined;
  replica.sent(command);
  return replica.frame(command);
}

/** @param {Replica} replica */
function sendAll(replica) {
  const frames = [];
  for (let frame = send(replica); frame; frame = send(replica)) frames.push(frame);
  return frames;
}

/** @param {any} effects @param {Map<object, string>} outcomes by owner */
function settle(effects, outcomes) {
  for (const effect of effects) {
    if (effect.do !== 'settle' && effect.do !== 'fail') continue;
    for (const owner of effect.command.owners) {
      assert.equal(outcomes.get(owner), undefined, 'nobody is answered twice');
      outcomes.set(owner, effect.do);
    }
  }
}

for (const { name, before, queue, sends, settled } of golden('coalesce.json')) {
  test(`Coalescing: ${name}`, () => {
    const replica = aReplica();
    const owner = () => ({ resolve() {}, reject() {} });
    for (const body of before) { replica.submit(body, owner(), 0); send(replica); }
    /** @type {Map<object, string>} */ const outcomes = new Map();
    const owners = queue.map(owner);
    queue.forEach((/** @type {any} */ body, /** @type {number} */ i) => settle(replica.submit(body, owners[i], 0).effects, outcomes));
    const bodies = sendAll(replica).map(({ project: _, n: __, ...body }) => canonical(body));
    assert.deepEqual(bodies, sends.map(canonical));
    assert.deepEqual(owners.flatMap((/** @type {object} */ each, /** @type {number} */ i) => outcomes.has(each) ? [i] : []), settled);
  });
}

test('What annihilates settles at the seq where we stand, without a time', () => {
  const replica = aReplica();
  const owner = { resolve() {}, reject() {} };
  replica.submit({ type: 'create', entity: 'a', kind: 'card', data: {} }, owner, 0);
  const { effects } = replica.submit({ type: 'delete', entity: 'a' }, owner, 0);
  assert.deepEqual(effects.flatMap(effect => effect.do === 'settle' ? [effect.ack] : []), [1, 2].map(() => ({ seq: 1, at: undefined, id: 'a' })));
  assert.equal(replica.pending, 0);
  assert.equal(replica.view('a'), undefined);
});

test('What was coalesced is taken back when the last who waits has gone, and not before', () => {
  const replica = aReplica({}, [{ entity: 'a', kind: 'card', version: 1, data: {} }]);
  const [first, second] = [{ resolve() {}, reject() {} }, { resolve() {}, reject() {} }];
  const { command } = replica.submit({ type: 'update', entity: 'a', patch: { x: 1 } }, first, 0);
  replica.submit({ type: 'update', entity: 'a', patch: { y: 1 } }, second, 0);
  assert.deepEqual(replica.abandon(command, first, 'gone'), []);
  assert.deepEqual(replica.view('a')?.data, { x: 1, y: 1 });
  replica.abandon(command, second, 'gone');
  assert.deepEqual(replica.view('a')?.data, {});
  assert.equal(replica.pending, 0);
});

test('A withdrawn command that was not sent uses up no number', () => {
  const replica = aReplica({}, [{ entity: 'a', kind: 'card', version: 1, data: {} }]);
  const owner = { resolve() {}, reject() {} };
  const { command } = replica.submit({ type: 'update', entity: 'a', patch: { x: 1 } }, owner, 0);
  replica.abandon(command, owner, 'gone');
  replica.submit({ type: 'update', entity: 'a', patch: { x: 2 } }, owner, 0);
  assert.equal(send(replica).n, 1);
});

test('Patches that together are long stay apart', () => {
  const replica = aReplica({}, [{ entity: 'a', kind: 'card', version: 1, data: {} }]);
  const owner = { resolve() {}, reject() {} };
  const text = 'x'.repeat(9000);
  replica.submit({ type: 'update', entity: 'a', patch: { x: text } }, owner, 0);
  replica.submit({ type: 'update', entity: 'a', patch: { y: text } }, owner, 0);
  replica.submit({ type: 'update', entity: 'a', patch: { y: `${text}.` } }, owner, 0);
  assert.equal(replica.pending, 2);
});

test('The bytes that wait are bounded, and coalescing makes room', () => {
  const replica = aReplica({ queueMaxBytes: 200 }, [{ entity: 'a', kind: 'card', version: 1, data: {} }]);
  const owner = { resolve() {}, reject() {} };
  const patch = (/** @type {string} */ entity, /** @type {any} */ patch) => replica.submit({ type: 'update', entity, patch }, owner, 0);
  patch('a', { x: 'é'.repeat(60) }); // 2 bytes each
  assert.throws(() => patch('b', { x: 1 }), QueueFullError);
  assert.equal(replica.pending, 1);
  patch('a', { x: 1 });
  patch('b', { x: 1 });
  assert.equal(replica.pending, 2);
});

test('A create that was sent to a journal that is gone, and exists in this one, has taken effect', () => {
  const replica = aReplica();
  const owner = { resolve() {}, reject() {} };
  replica.submit({ type: 'create', entity: 'a', kind: 'card', data: {} }, owner, 0);
  const { n } = send(replica);
  replica.off();
  replica.join('j2');
  hear(replica, joined({ id: 'j2', epoch: 'another', seq: 5, outcomes: [{ n, outcome: 'unknown' }] }));
  hear(replica, snapshot(5, [{ entity: 'a', kind: 'card', version: 3, data: {} }]));
  assert.equal(send(replica).n, n);
  const effects = hear(replica, { type: 'reject', project: 'apollo', n, code: 'exists', message: '', retryable: false });
  assert.equal(effects[0].do, 'settle');
  assert.equal(replica.pending, 0);
});

test('A create that exists in the journal it was sent to is refused', () => {
  const replica = aReplica();
  replica.submit({ type: 'create', entity: 'a', kind: 'card', data: {} }, { resolve() {}, reject() {} }, 0);
  const { n } = send(replica);
  const effects = hear(replica, { type: 'reject', project: 'apollo', n, code: 'exists', message: '', retryable: false });
  assert.deepEqual(effects.map(effect => effect.do), ['change', 'fail']);
});

/** Decides as a server does, and tells the author. @param {Replica} replica @param {any} frame @param {Map<object, string>} outcomes */
function decide(replica, frame, outcomes) {
  const refuse = (/** @type {any} */ op, /** @type {Map<string, any>} */ items) => {
    const item = items.get(op.entity);
    if (op.type === 'create') return item ? 'exists' : undefined;
    if (!item) return 'not_found';
    const counted = Object.keys(op.increment ?? {}).every(field => Number.isSafeInteger(item[field] ?? 0));
    return counted ? undefined : 'invalid';
  };
  /** @type {Map<string, any>} */
  const items = new Map([...replica.confirmed].map(([id, { data }]) => [id, data]));
  const code = (frame.ops ?? [frame]).map((/** @type {any} */ op) => refuse(op, items)).find(Boolean);
  settle(hear(replica, code ? { type: 'reject', project: 'apollo', n: frame.n, code, message: '', retryable: false }
    : own(replica.seq + 1, frame)), outcomes);
}

/** What happens to three entities of one client that comes and goes. @param {number} seed @param {boolean} coalesces */
function live(seed, coalesces) {
  const random = seeded(seed);
  const pick = (/** @type {any[]} */ all) => all[Math.floor(random() * all.length)];
  const replica = aReplica({ coalesces }, [{ entity: 'a', kind: 'card', version: 1, data: { n: 1, f: { c: 3 } } }]);
  /** @type {Map<object, string>} */ const outcomes = new Map();
  const value = () => pick([1, 'x', null, {}, { b: 2 }, { c: null }, { b: { d: 1 } }, [1]]);
  const make = () => {
    const entity = pick(['a', 'b', 'c']);
    const made = { type: 'create', entity, kind: 'card', data: { n: 0 } };
    if (!replica.view(entity) && random() < 0.5) return made; // one that the client itself knows to exist would take the later ones with it
    return pick([
      () => ({ type: 'update', entity, patch: { [pick(['f', 'g', 'n'])]: value() } }),
      () => ({ type: 'update', entity, patch: { f: value(), g: value() } }),
      () => ({ type: 'update', entity, increment: { [pick(['n', 'm'])]: pick([1, 2, -3]) } }),
      () => ({ type: 'delete', entity }),
      () => ({ type: 'batch', ops: [{ type: 'update', entity, patch: { g: value() } }] }),
    ])();
  };
  let asked = 0;
  /** @type {string[]} */ const views = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 8; i++, asked++) settle(replica.submit(make(), { resolve() {}, reject() {} }, 0).effects, outcomes);
    views.push(['a', 'b', 'c'].map(id => canonical(replica.view(id)?.data ?? null)).join());
    if (round === 0) for (let i = 0; i < 2; i++) { const frame = send(replica); if (frame) decide(replica, frame, outcomes); }
  }
  let sent = 0;
  for (let frame = send(replica); frame; frame = send(replica), sent++) decide(replica, frame, outcomes);
  const state = [...replica.confirmed].map(([id, { data }]) => [id, canonical(data)]).sort();
  return { state: JSON.stringify(state), views, answered: outcomes.size, asked, pending: replica.pending, sent };
}

test(`A queue that coalesces and one that does not end in the same state: ${SEEDS} seeds`, () => {
  let [apart, together] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [one, other] = [live(seed, true), live(seed, false)];
    assert.deepEqual(one.views, other.views, `seed ${seed}: what is shown`);
    assert.equal(one.state, other.state, `seed ${seed}`);
    for (const { pending, asked, answered } of [one, other]) assert.deepEqual([pending, answered], [0, asked], `seed ${seed}`);
    together += one.sent;
    apart += other.sent;
  }
  assert.ok(together < apart * 0.95, `${together} commands in place of ${apart}`);
});

test('What an event does that our command hides is not told as a change', () => {
  const replica = aReplica({}, [{ entity: 'a', kind: 'card', version: 1, data: { title: 'old' } }]);
  replica.submit({ type: 'update', entity: 'a', patch: { title: 'mine' } }, { resolve() {}, reject() {} }, 0);
  const hidden = hear(replica, event(2, { type: 'update', entity: 'a', version: 2, patch: { title: 'theirs' } }));
  const shown = hear(replica, event(3, { type: 'update', entity: 'a', version: 3, patch: { note: 'theirs' } }));
  assert.deepEqual(hidden.map(effect => effect.do), ['conflict', 'event']);
  assert.deepEqual(shown.map(effect => effect.do), ['change', 'event']);
});

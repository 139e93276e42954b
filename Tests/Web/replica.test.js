// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Replica } from '../../Web/client/replica.js';
import { EPOCH, event, joined, own, SESSION, snapshot } from './support/given.js';

const COUNTER = { entity: 'c', kind: 'card', version: 1, data: { votes: 3 } };
const OWNER = { resolve() {}, reject() {} };

/** A replica that stands at seq 10 with one counter. @param {object} [options] */
function aReplica(options) {
  const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars', ...options });
  replica.join('j1');
  hear(replica, joined({ seq: 10 }));
  hear(replica, snapshot(10, [COUNTER]));
  return replica;
}

/** @param {Replica} replica @param {any} message */
const hear = (replica, message) => replica.receive(message);
/** @param {Replica} replica */
const votes = replica => replica.view('c')?.data.votes;
/** @param {import('../../Web/client/effects.js').Effect[]} effects */
const kinds = effects => effects.map(effect => effect.do);

/** Of the next command to send. @param {Replica} replica */
const numberOf = replica => replica.frame(/** @type {any} */ (replica.next())).n;

/** Votes, and sends it. @param {Replica} replica */
function vote(replica) {
  const { command } = replica.submit({ type: 'update', entity: 'c', increment: { votes: 1 } }, OWNER, 0);
  assert.equal(replica.next(), command);
  replica.sent(command);
  return replica.frame(command);
}

/** The line breaks and the project is joined again. @param {Replica} replica @param {object} answer @returns {any} the join frame */
function rejoin(replica, answer) {
  replica.off();
  const frame = replica.join('j2');
  const effects = hear(replica, joined({ id: 'j2', ...answer }));
  return { ...frame, effects };
}

test('The own event settles its command and is applied once, in one step', () => {
  const replica = aReplica();
  const frame = vote(replica);
  assert.equal(votes(replica), 4);
  const effects = hear(replica, { ...own(11, frame), version: 1 });
  assert.deepEqual(kinds(effects), ['settle', 'event'], 'the view is the same, so there is no change to tell');
  assert.equal(votes(replica), 4);
  assert.equal(replica.confirmed.get('c')?.data.votes, 4);
  assert.equal(replica.pending, 0);
});

test('An event at or before our position is ignored', () => {
  const replica = aReplica();
  assert.deepEqual(hear(replica, event(10, { type: 'update', entity: 'c', version: 1, increment: { votes: 1 } })), []);
  assert.equal(votes(replica), 3);
});

test('The event of somebody else with our n settles nothing', () => {
  const replica = aReplica();
  vote(replica);
  hear(replica, event(11, { type: 'update', entity: 'c', version: 1, increment: { votes: 1 } }, { n: 1 }));
  assert.equal(votes(replica), 5);
  assert.equal(replica.pending, 1);
});

test('Outcome done: settled with the snapshot that contains it, not a moment earlier or later', () => {
  const replica = aReplica();
  vote(replica);
  const { pending, since, effects } = rejoin(replica, { seq: 12, outcomes: [{ n: 1, outcome: 'done' }] });
  assert.deepEqual(pending, [1]);
  assert.deepEqual(since, { epoch: EPOCH, seq: 10 });
  assert.deepEqual(effects, []);
  assert.equal(votes(replica), 4, 'the old view stays until the snapshot is complete');
  hear(replica, { ...snapshot(12, []), parts: 2 });
  assert.equal(votes(replica), 4);
  const last = hear(replica, { ...snapshot(12, [{ ...COUNTER, data: { votes: 4 } }]), part: 2, parts: 2 });
  assert.equal(votes(replica), 4, 'one vote, not two');
  assert.equal(kinds(last)[0], 'settle');
  assert.equal(replica.pending, 0);
});

test('Outcome coming: the event settles it', () => {
  const replica = aReplica();
  const frame = vote(replica);
  rejoin(replica, { seq: 12, recovered: true, outcomes: [{ n: 1, outcome: 'coming' }] });
  assert.equal(replica.next(), undefined, 'it is not sent again');
  hear(replica, event(11, { type: 'tomorrow' }));
  assert.equal(votes(replica), 4);
  hear(replica, { ...own(12, frame), version: 1 });
  assert.equal(votes(replica), 4);
  assert.equal(replica.pending, 0);
});

test('Outcome coming: settled at joined.seq at the latest', () => {
  const replica = aReplica();
  vote(replica);
  rejoin(replica, { seq: 11, recovered: true, outcomes: [{ n: 1, outcome: 'coming' }] });
  hear(replica, event(11, { type: 'update', entity: 'c', version: 1, increment: { votes: 1 } })); // of a session the server knows by another name
  assert.equal(votes(replica), 4);
  assert.equal(replica.pending, 0);
});

test('Outcome unknown: sent again with the same n', () => {
  const replica = aReplica();
  const frame = vote(replica);
  rejoin(replica, { seq: 10, recovered: true, outcomes: [{ n: 1, outcome: 'unknown' }] });
  const again = replica.next();
  assert.ok(again);
  assert.deepEqual(replica.frame(again), frame);
  assert.equal(votes(replica), 4);
});

test('What the server does not answer is treated as unknown', () => {
  const replica = aReplica();
  vote(replica);
  rejoin(replica, { seq: 10, recovered: true, outcomes: [] });
  assert.equal(replica.next()?.n, 1);
});

test('An interrupted snapshot leaves position, epoch and view as they were', () => {
  const replica = aReplica();
  vote(replica);
  rejoin(replica, { seq: 2, epoch: 'another', outcomes: [{ n: 1, outcome: 'done' }] });
  hear(replica, { ...snapshot(2, []), parts: 2 });
  replica.off();
  const { since, pending } = /** @type {any} */ (replica.join('j3'));
  assert.deepEqual(since, { epoch: EPOCH, seq: 10 });
  assert.deepEqual(pending, [1]);
  assert.equal(votes(replica), 4);
});

test('Another epoch: the snapshot replaces everything at once', () => {
  const replica = aReplica();
  rejoin(replica, { seq: 1, epoch: 'another' });
  const effects = hear(replica, snapshot(1, [{ entity: 'x', kind: 'card', version: 1, data: {} }]));
  assert.deepEqual(effects, [
    { do: 'change', change: { ids: ['c', 'x'], origin: 'snapshot', by: undefined, seq: 1 } },
    { do: 'snapshot', seq: 1, count: 1, reason: 'epoch' },
    { do: 'live', mode: 'snapshot', missed: undefined },
  ]);
  assert.equal(replica.epoch, 'another');
  assert.equal(replica.seq, 1);
  assert.equal(replica.view('c'), undefined);
});

test('Recovered, but in another journal: that cannot be, so a snapshot is waited for', () => {
  const replica = aReplica();
  rejoin(replica, { seq: 11, epoch: 'another', recovered: true });
  hear(replica, event(11, { type: 'delete', entity: 'c' }));
  assert.equal(votes(replica), 3);
  assert.equal(replica.live, false);
});

test('The view follows the confirmed version while more is pending', () => {
  const replica = aReplica();
  const { command } = replica.submit({ type: 'update', entity: 'c', patch: { title: 'x' } }, OWNER, 0);
  replica.sent(command);
  replica.submit({ type: 'update', entity: 'c', patch: { colour: 'red' } }, OWNER, 0);
  assert.equal(replica.view('c')?.version, 1);
  assert.deepEqual(kinds(hear(replica, own(11, replica.frame(command)))), ['settle', 'event']);
  assert.deepEqual(replica.view('c'), { id: 'c', kind: 'card', version: 11, data: { votes: 3, title: 'x', colour: 'red' } });
});

test('A snapshot whose parts do not follow each other is not taken', () => {
  const replica = aReplica();
  rejoin(replica, { seq: 12 });
  assert.deepEqual(kinds(hear(replica, { ...snapshot(12, []), part: 2, parts: 2 })), ['trouble', 'restart']);
  assert.equal(replica.seq, 10);
});

test('A gap: the event is not applied, and the project joined again from our position; if that does not help, from nothing', () => {
  const replica = aReplica();
  const late = event(12, { type: 'delete', entity: 'c' });
  assert.deepEqual(kinds(hear(replica, late)), ['trouble', 'rejoin']);
  assert.equal(replica.seq, 10);
  const { since } = rejoin(replica, { seq: 12, recovered: true });
  assert.equal(since.seq, 10);
  assert.deepEqual(kinds(hear(replica, late)), ['trouble', 'restart']);
  assert.equal(rejoin(replica, { seq: 12 }).since, undefined);
  assert.equal(votes(replica), 3, 'the old view stays');
  hear(replica, snapshot(12, []));
  assert.equal(votes(replica), undefined);
  assert.equal(rejoin(replica, { seq: 12, recovered: true }).since.seq, 12, 'and trusts its position again');
});

test('A duplicate settles once the replica stands where the server says', () => {
  const replica = aReplica();
  vote(replica);
  assert.deepEqual(hear(replica, { type: 'ack', project: 'apollo', n: 1, seq: 11, duplicate: true }), []);
  assert.equal(votes(replica), 4);
  const effects = hear(replica, event(11, { type: 'update', entity: 'c', version: 1, increment: { votes: 1 } }));
  assert.equal(kinds(effects)[0], 'settle');
  assert.equal(votes(replica), 4);
});

test('A duplicate of what we have passed already settles at once', () => {
  const replica = aReplica();
  vote(replica);
  assert.equal(kinds(hear(replica, { type: 'ack', project: 'apollo', n: 1, seq: 10, duplicate: true }))[0], 'settle');
});

test('A rejected command leaves the view, with those that need what it would have created', () => {
  const replica = aReplica();
  const submit = (/** @type {any} */ body) => replica.submit(body, OWNER, 0).command;
  const create = submit({ type: 'create', entity: 'new', kind: 'card', data: {} });
  submit({ type: 'update', entity: 'new', patch: { title: 'x' } });
  submit({ type: 'batch', ops: [{ type: 'update', entity: 'new', patch: {} }, { type: 'create', entity: 'newer', kind: 'card', data: {} }] });
  submit({ type: 'delete', entity: 'newer' });
  submit({ type: 'update', entity: 'c', increment: { votes: 1 } });
  for (let command = replica.next(); command; command = replica.next()) replica.sent(command);
  assert.equal(create.n, 1);
  const effects = hear(replica, { type: 'reject', project: 'apollo', n: 1, code: 'exists', message: '', retryable: false });
  assert.deepEqual(effects.map(effect => effect.do === 'fail' ? effect.command.n : effect.do), ['change', 1, 2, 3, 4]);
  assert.deepEqual(/** @type {any} */ (effects[0]).change, { ids: ['new', 'newer'], origin: 'rollback', by: undefined, seq: 10 });
  assert.equal(replica.view('new'), undefined);
  assert.equal(votes(replica), 4, 'what does not depend on it stays');
});

test('No more than the window is unanswered, and numbers lie within 64 of each other', () => {
  const replica = aReplica({ window: 3 });
  for (let i = 0; i < 3; i++) vote(replica);
  replica.submit({ type: 'update', entity: 'c', increment: { votes: 1 } }, OWNER, 0);
  assert.equal(replica.next(), undefined);
  hear(replica, { type: 'reject', project: 'apollo', n: 2, code: 'invalid', message: '', retryable: false });
  assert.equal(numberOf(replica), 4);

  const wide = aReplica();
  for (let i = 0; i < 64; i++) vote(wide);
  for (let n = 2; n <= 64; n++) hear(wide, { type: 'reject', project: 'apollo', n, code: 'invalid', message: '', retryable: false });
  wide.submit({ type: 'update', entity: 'c', increment: { votes: 1 } }, OWNER, 0);
  assert.equal(wide.next(), undefined, '65 is 64 above 1, which is unanswered');
  hear(wide, { type: 'reject', project: 'apollo', n: 1, code: 'invalid', message: '', retryable: false });
  assert.equal(numberOf(wide), 65);
});

test('Refused for now: sent again with the same n after the pause, and the later ones wait behind it', () => {
  const replica = aReplica();
  const frame = vote(replica);
  replica.submit({ type: 'update', entity: 'c', increment: { votes: 1 } }, OWNER, 0);
  const effects = hear(replica, { type: 'reject', project: 'apollo', n: 1, code: 'rate_limited', message: '', retryable: true, retryAfterMs: 70 });
  assert.deepEqual(effects, [{ do: 'wait', ms: 70, n: 1 }]);
  assert.equal(replica.next(), undefined);
  assert.equal(votes(replica), 5, 'it is still pending');
  replica.release(1);
  assert.deepEqual(replica.frame(/** @type {any} */ (replica.next())), frame);
});

test('A command refused because it overtook the create it needs waits for it', () => {
  const replica = aReplica();
  const create = replica.submit({ type: 'create', entity: 'new', kind: 'card', data: {} }, OWNER, 0).command;
  replica.sent(create);
  const update = replica.submit({ type: 'update', entity: 'new', patch: { title: 'x' } }, OWNER, 0).command;
  replica.sent(update);
  hear(replica, { type: 'reject', project: 'apollo', n: 1, code: 'unavailable', message: '', retryable: true });
  replica.release(1);
  replica.sent(create); // again, and so after the update
  assert.deepEqual(hear(replica, { type: 'reject', project: 'apollo', n: 2, code: 'not_found', message: '', retryable: false }), []);
  assert.equal(replica.next(), update);
});

test('An answer to a join that was given up is not taken for the answer to the newer one', () => {
  const replica = aReplica();
  replica.off();
  replica.join('j2');
  replica.join('j3');
  hear(replica, joined({ id: 'j2', seq: 10, recovered: true }));
  assert.equal(replica.live, false);
  hear(replica, joined({ id: 'j3', seq: 10, recovered: true }));
  assert.equal(replica.live, true);
});

test('A pure publisher is live at once and settles by ack', () => {
  const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars', listen: false });
  assert.equal(/** @type {any} */ (replica.join('j1')).listen, false);
  assert.deepEqual(kinds(hear(replica, joined({ seq: 99 }))), ['live']);
  assert.equal(replica.caughtUp, true);
  vote(replica);
  assert.deepEqual(kinds(hear(replica, { type: 'ack', project: 'apollo', n: 1, seq: 100 })), ['settle', 'change']);
  vote(replica);
  const { effects } = rejoin(replica, { seq: 101, outcomes: [{ n: 2, outcome: 'done' }] });
  assert.deepEqual(kinds(effects), ['settle', 'change', 'live']);
});

test('Pending: an entity, a field, and not another field', () => {
  const replica = aReplica();
  vote(replica);
  assert.equal(replica.isPending('c'), true);
  assert.equal(replica.isPending('c', 'votes'), true);
  assert.equal(replica.isPending('c', 'title'), false);
  assert.equal(replica.isPending('c', 'toString'), false);
  assert.equal(replica.isPending('x'), false);
  assert.equal(replica.session, SESSION);
});

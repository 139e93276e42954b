// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Replica } from '../../Web/client/replica.js';
import { aConnectedClient, event, joined, own, snapshot } from './support/given.js';
import { golden } from './support/golden.js';

const OWNER = { resolve() {}, reject() {} };

for (const { name, entities, steps, conflicts } of golden('conflict.json')) {
  test(`Conflict: ${name}`, () => {
    const replica = new Replica({ project: 'apollo', session: 'secret-of-16-chars' });
    replica.join('j1');
    replica.receive(/** @type {any} */ (joined({ seq: 1 })));
    replica.receive(/** @type {any} */ (snapshot(1, entities)));
    let [seq, now] = [1, 1000];
    /** @type {any[]} */ const frames = [];
    /** @type {any[]} */ const found = [];
    /** @type {Map<string, (() => void)[]>} */ const edits = new Map();
    const hear = (/** @type {any} */ message) => {
      for (const effect of replica.receive(message, now)) if (effect.do === 'conflict') found.push(effect.conflict);
    };
    for (const step of steps) {
      if (step.submit || step.keep) replica.submit(step.submit ?? step.keep, OWNER, now);
      if (step.submit) {
        const command = /** @type {import('../../Web/client/pending.js').PendingCommand} */ (replica.next());
        replica.sent(command);
        frames.push(replica.frame(command));
      }
      if (step.own) hear(own(++seq, frames[step.own - 1]));
      if (step.event) hear(event(++seq, { ...step.event, version: seq }, { by: step.by }));
      if (step.wait) now += step.wait;
      if (step.edit) edits.set(String(step.edit), [...edits.get(String(step.edit)) ?? [], replica.editing(step.edit[0], step.edit[1])]);
      if (step.leave) edits.get(String(step.leave))?.shift()?.();
    }
    assert.deepEqual(JSON.parse(JSON.stringify(found)), conflicts);
  });
}

test('The client tells a conflict, and a field is edited until it is left', () => {
  const { client, sockets } = aConnectedClient({ seq: 1, entities: [{ entity: 'c', kind: 'card', version: 1, data: { title: 'old' } }] });
  /** @type {any[]} */ const told = [];
  client.on('conflict', conflict => told.push(conflict));
  const leave = client.editing('c', 'title');
  sockets.last.hear(event(2, { type: 'update', entity: 'c', version: 2, patch: { title: 'one' } }));
  leave();
  leave();
  sockets.last.hear(event(3, { type: 'update', entity: 'c', version: 3, patch: { title: 'two' } }));
  assert.deepEqual(told, [{ id: 'c', field: 'title', mine: 'old', theirs: 'one', by: 'bob' }]);
});

test('A refusal tells what it reverted', () => {
  const { client, sockets } = aConnectedClient({ seq: 1, entities: [{ entity: 'c', kind: 'card', version: 1, data: { title: 'old' } }] });
  /** @type {any[]} */ const told = [];
  client.on('reject', ({ command, error, reverted }) => told.push([command.type, error.code, error.retryAfterMs, reverted]));
  client.update('c', { title: 'old' });
  client.update('c', { title: 'new' });
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 1, code: 'forbidden', message: '', retryable: false });
  sockets.last.hear({ type: 'reject', project: 'apollo', n: 2, code: 'conflict', message: '', retryable: true, retryAfterMs: 70 });
  assert.deepEqual(told, [['update', 'forbidden', undefined, []], ['update', 'conflict', 70, ['c']]]);
});

// @ts-check
// Moving about in the past: how little is asked, and what it comes to.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { aConnectedClient, event, snapshot } from './support/given.js';
import { ProjectState } from '../../Web/client/state.js';

const AT = Date.parse('2026-11-21T08:00:00.000Z');
/** Lets what was promised happen. */
const settle = () => new Promise(resolve => setImmediate(resolve));

/** The history of one counter that each event counts up; event 1 makes it. @param {number} seq */
function counted(seq) {
  const op = seq === 1 ? { type: 'create', entity: 'c', kind: 'counter', version: 1, data: { votes: 1 } } : { type: 'update', entity: 'c', version: 1, increment: { votes: 1 } };
  return event(seq, op, { at: new Date(AT + seq * 1000).toISOString() });
}

/** A client at `head`, and a server that answers its questions about the past at once. @param {{ head?: number, floor?: number }} [world] */
function aHistory({ head = 1200, floor = 0 } = {}) {
  const world = aConnectedClient({ seq: head });
  world.client.on('error', error => { throw error; });
  /** @type {any[]} */ const asked = [];
  const { last } = world.sockets;
  const serve = { down: false };
  last.onsend = text => {
    const { type, id, project, ...question } = JSON.parse(text);
    if (type !== 'history') return;
    asked.push(question);
    if (serve.down) return;
    setImmediate(() => {
      const { at, from, to = Infinity, limit } = question;
      if (at !== undefined) {
        const seq = typeof at === 'number' ? at : Math.min(head, Math.max(0, Math.floor((Date.parse(at) - AT) / 1000)));
        if (seq < floor || seq > head) return last.hear({ type: 'error', id, code: 'gone', message: 'Gone.', retryable: false });
        const entities = seq === 0 ? [] : [{ entity: 'c', kind: 'counter', version: 1, data: { votes: seq } }];
        return last.hear(snapshot(seq, entities, { id, hash: new ProjectState(seq, entities).hash }));
      }
      const events = [];
      let seq = Math.max(from, floor + 1);
      for (; seq <= Math.min(to, head) && events.length < limit; seq++) events.push(counted(seq));
      const more = seq <= Math.min(to, head);
      last.hear({ type: 'result', id, events, floor, more, ...more && { next: seq } });
    });
  };
  return { ...world, asked, serve };
}

/** @param {import('../../Web/client/past.js').Past} past */
const votes = past => past.get('c')?.data.votes;

test('A moment has the state, its time, its hash, and how many events are newer now', async () => {
  const { client, sockets } = aHistory();
  const past = await client.at(701);
  assert.deepEqual([past.seq, votes(past), past.at, past.live, past.list('counter').length], [701, 701, '2026-11-21T08:11:41.000Z', 499, 1]);
  assert.equal(past.hash, new ProjectState(701, [{ entity: 'c', kind: 'counter', version: 1, data: { votes: 701 } }]).hash);
  sockets.last.hear(counted(1201));
  assert.equal(past.live, 500);
});

test('Moving about within 500 events asks for nothing, and a step beyond them for two things', async () => {
  const { client, asked } = aHistory();
  for (const seq of [701, 500, 999, 702, 500]) assert.equal(votes(await client.at(seq)), seq);
  assert.deepEqual(asked, [{ at: 500 }, { from: 500, to: 999, limit: 500 }]);
  for (const seq of [1000, 1200, 1]) assert.equal(votes(await client.at(seq)), seq);
  assert.deepEqual(asked.slice(2), [{ at: 1000 }, { from: 1000, to: 1499, limit: 500 }, { from: 1, to: 499, limit: 500 }], 'before the first event there is nothing to ask for');
  assert.equal((await client.at(701)).at, '2026-11-21T08:11:41.000Z');
  assert.equal(asked.length, 5);
});

test('What happened since a block was read is read when it is looked at', async () => {
  const { client, asked, sockets } = aHistory();
  await client.at(1200);
  sockets.last.hear(counted(1201));
  sockets.last.onsend = text => {
    const { id, ...question } = JSON.parse(text);
    asked.push(question);
    setImmediate(() => sockets.last.hear({ type: 'result', id, events: [counted(1201)], floor: 0, more: false }));
  };
  assert.equal(votes(await client.at(1201)), 1201);
  assert.deepEqual([asked.at(-1).from, asked.length], [1201, 3]);
});

test('Eight checkpoints are kept, those looked at last', async () => {
  const { client, asked } = aHistory({ head: 10_000 });
  for (let seq = 500; seq <= 4000; seq += 500) await client.at(seq);
  const before = asked.length;
  await client.at(500);
  assert.equal(asked.length, before);
  await client.at(4500); // takes the place of 1000
  await client.at(500);
  assert.equal(asked.length, before + 2);
  await client.at(1000);
  assert.equal(asked.length, before + 4);
});

test('Of several moments with one key the last wins, also where it needs nothing that the first asked for', async () => {
  const { client, asked, serve, sockets } = aHistory();
  await client.at(10);
  serve.down = true;
  const over = client.at(700, { key: 'slider' }).catch(error => error.name);
  const same = client.at(701, { key: 'slider' }).catch(error => error.name);
  assert.equal(votes(await client.at(20, { key: 'slider' })), 20);
  assert.deepEqual([await over, await same], ['AbortError', 'AbortError']);
  assert.equal(sockets.last.frames('cancel').length, 1);
  serve.down = false;
  const quick = client.at(21, { key: 'slider' }).catch(error => error.name);
  assert.equal(votes(await client.at(22, { key: 'slider' })), 22);
  assert.equal(await quick, 'AbortError', 'at hand, and overtaken all the same');
  assert.equal(asked.length, 2);
});

test('Who gives up does not take the checkpoint from who still waits for it', async () => {
  const { client } = aHistory();
  const abort = new AbortController();
  const given = client.at(700, { signal: abort.signal });
  const waiting = client.at(701);
  abort.abort(new Error('enough'));
  await assert.rejects(given, { message: 'enough' });
  assert.equal(votes(await waiting), 701);
});

test('What is no longer kept is asked for as it is, and so is what is to come', async () => {
  const { client, asked } = aHistory({ floor: 600 });
  for await (const _ of client.history({ from: 1, limit: 1 })); // tells the floor
  asked.length = 0;
  const past = await client.at(600);
  assert.deepEqual([votes(past), past.at], [600, undefined]);
  assert.equal(votes(await client.at(700)), 700);
  assert.deepEqual(asked, [{ at: 600 }, { from: 600, to: 999, limit: 500 }, { from: 601, to: 999, limit: 500 }].slice(0, asked.length));
  await assert.rejects(client.at(599), { code: 'gone' });
  await assert.rejects(client.at(1201), { code: 'gone' });
  assert.equal((await client.at(new Date(AT + 800_500))).seq, 800);
  assert.equal((await client.at(new Date(AT + 800_500))).at, '2026-11-21T08:13:20.000Z');
});

test('A question that failed is asked again the next time', async () => {
  const { client, serve, asked, clock } = aHistory();
  serve.down = true;
  const late = client.at(700);
  clock.advance(5000);
  await assert.rejects(late, { code: 'timeout' });
  serve.down = false;
  assert.equal(votes(await client.at(700)), 700);
  assert.equal(asked.filter(({ at }) => at === 500).length, 2);
});

test('Replay gives events at their own pace, a speed times as fast, and does not drift', async () => {
  const { client, clock } = aHistory();
  /** @type {number[][]} */ const told = [];
  const began = clock.now();
  const reading = (async () => {
    for await (const { seq } of client.replay({ from: 3, to: 7, speed: 2 })) {
      told.push([seq, clock.now() - began]);
      if (seq === 4) clock.advance(300); // the reader is slow
    }
  })();
  for (let i = 0; i < 60; i++) { await settle(); clock.advance(50); }
  await reading;
  assert.deepEqual(told.map(([seq]) => seq), [3, 4, 5, 6, 7]);
  const first = told[0][1];
  for (const [seq, at] of told) assert.ok(at - first >= (seq - 3) * 500 && at - first <= (seq - 3) * 500 + 100, `${seq} came after ${at - first} ms`);
});

test('Replay reads one page ahead at most, catches up without a pause, and ends with its signal', async () => {
  const { client, asked, clock } = aHistory();
  const abort = new AbortController();
  const events = client.replay({ from: 1, speed: 10, signal: abort.signal });
  assert.equal((await events.next()).value?.seq, 1);
  assert.equal(asked.length, 1);
  clock.advance(10_000);
  for (let seq = 2; seq <= 100; seq++) assert.equal((await events.next()).value?.seq, seq);
  const waiting = Promise.all([events.next(), events.next()]);
  clock.advance(0);
  await settle();
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
  assert.equal(asked.length, 1);
  assert.equal((await events.next()).done, true);
  const fast = [];
  for await (const { seq } of client.replay({ from: 1, speed: Infinity })) fast.push(seq);
  assert.deepEqual([fast.length, asked.length], [1200, 4]);
  for (const speed of [0, -1, NaN]) assert.throws(() => client.replay({ from: 1, speed }), RangeError);
});

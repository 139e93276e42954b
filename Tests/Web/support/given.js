// @ts-check
import { EventOnlyClient } from '../../../Web/client/eventonly.js';
import { FakeClock } from './clock.js';
import { FakeSockets } from './fake-socket.js';

export const SESSION = 'Xk2vT9aQmZ4rB8cLwE1yHs';
export const EPOCH = '5f0c2a9e1b7d4c38';
export const CONNECTED = {
  type: 'connected', connection: 'c7', user: { name: 'ann' }, pingInterval: 15000, pingTimeout: 30000,
  limits: {
    messageBytes: 65536, depth: 32, objectKeys: 64, messageKeys: 1000, inFlight: 64, batchOps: 100, queriesInFlight: 4,
    queryItems: 500, historyEvents: 1000, projects: 32, textUnits: 1048576,
  },
  time: '2025-11-21T08:00:00.000Z',
};

/** @param {object} [more] */
export function joined(more) {
  return {
    type: 'joined', id: 'j1', project: 'apollo', session: SESSION, epoch: EPOCH, seq: 0, floor: 0, recovered: false, outcomes: [],
    role: 'write', members: [], memberCount: 1, ...more,
  };
}

/** A snapshot in one part. @param {number} seq @param {object[]} [entities] @param {object} [more] */
export function snapshot(seq, entities = [], more) {
  return { type: 'snapshot', project: 'apollo', seq, part: 1, parts: 1, entities, ...more };
}

/** An event of somebody else's. @param {number} seq @param {object} op @param {object} [more] */
export function event(seq, op, more) {
  return { project: 'apollo', seq, at: '2026-11-21T08:00:00.123Z', by: 'bob', session: 'Bd81mPqz0LsVn6XtRk3JwA', n: seq, ...op, ...more };
}

/** The event that a command frame of ours becomes. @param {number} seq @param {any} frame */
export function own(seq, { type, project, n, ops, ifVersion: _, ...op }) {
  const stamp = (/** @type {any} */ each) => each.type === 'create' || each.patch ? { ...each, version: seq } : each;
  return {
    type, project, seq, at: '2026-11-21T08:00:00.123Z', by: 'ann', session: SESSION, n,
    ...ops ? { ops: ops.map(stamp) } : (({ type: _, ...rest }) => rest)(stamp({ type, ...op })),
  };
}

/** A client over fake sockets and a fake clock; changes are told at `frame()`. @param {Partial<import('../../../Web/client/types.js').Options>} [options] */
export function aClient(options) {
  const clock = new FakeClock();
  const sockets = new FakeSockets();
  /** @type {(() => void)[]} */
  const frames = [];
  const client = new EventOnlyClient('ws://test/ws', {
    project: 'apollo', user: { name: 'ann' }, session: 'q3TtYv5cKf0aW8nLx2bR7g', WebSocket: sockets.WebSocket,
    now: clock.now, schedule: clock.schedule, random: () => 0.5, onFrame: fn => { frames.push(fn); }, ...options,
  });
  /** @type {unknown[]} */
  const errors = [];
  client.on('error', error => errors.push(error));
  const frame = () => { for (const fn of frames.splice(0)) fn(); };
  return { client, clock, sockets, errors, frame };
}

/** The same, connected and joined at a snapshot. @param {{ seq?: number, entities?: object[] }} [world] @param {Parameters<typeof aClient>[0]} [options] */
export function aConnectedClient({ seq = 0, entities = [] } = {}, options) {
  const world = aClient(options);
  world.client.connect();
  greet(world.sockets.last);
  world.sockets.last.hear(joined({ seq }));
  world.sockets.last.hear(snapshot(seq, entities));
  world.frame();
  world.sockets.last.said.length = 0;
  return world;
}

/** @param {import('./fake-socket.js').FakeSocket} socket */
export function greet(socket) {
  socket.accept();
  socket.hear(CONNECTED);
}

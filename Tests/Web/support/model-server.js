// @ts-check
import { apply, growth, need, refusal, splitsPair, transform } from '../../../Web/client/delta.js';
import { ProjectState } from '../../../Web/client/state.js';
import { wireOf } from '../../../Web/client/text-marker.js';
import { CONNECTED } from './given.js';

/** A generator of the same numbers for the same seed (mulberry32). @param {number} seed */
export function seeded(seed) {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}

/**
 * One project on a server that keeps the promises of docs/wire.md and is otherwise as unhelpful as it may be: it answers late, snapshots
 * an older position, refuses for now, dismisses members, and still decides what an abandoned connection had sent.
 */
export class ModelServer {
  state = new ProjectState();
  /** @type {any[]} */ journal = [];
  floor = 0;
  epoch = 'e1';
  /** @type {Map<string, { high: number, accepted: Map<number, number> }>} */
  #sessions = new Map();
  /** @type {Set<{ say: (message: object) => void, member: string, listens: boolean }>} */
  members = new Set();
  #random;
  refusals = 0.03;
  /** The newest edits of each text, so many of them: what is older than these is `rebase`. @type {Map<string, { droppedUpTo: number, edits: { seq: number, delta: any }[] }>} */
  #windows = new Map();
  #window;

  /** @param {() => number} random @param {{ window?: number }} [options] */
  constructor(random, { window = 3 } = {}) {
    this.#random = random;
    this.#window = window;
  }

  /** Events up to here are not told any more. @param {number} seq */
  compact(seq) { this.floor = Math.max(this.floor, seq); }

  /** Loses everything, as a server that runs from memory does. */
  forget() {
    this.state = new ProjectState();
    this.journal = [];
    this.floor = 0;
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
    this.#sessions.clear();
    this.members.clear();
  }

  /** @param {any} link @param {any} message */
  receive(link, message) {
    switch (message.type) {
      case 'connect': return link.say({ ...CONNECTED, user: message.user });
      case 'ping': return link.say({ type: 'pong', t: message.t, time: CONNECTED.time });
      case 'leave': this.members.delete(link); return link.say({ type: 'result', id: message.id });
      case 'join': return this.#join(link, message);
      default: return message.n !== undefined && link.member && this.#command(link, message);
    }
  }

  #session(/** @type {string} */ member) {
    const session = this.#sessions.get(member) ?? { high: 0, accepted: new Map() };
    this.#sessions.set(member, session);
    return session;
  }

  /** @param {any} link @param {any} join */
  #join(link, { id, session, since, pending = [], listen = true }) {
    link.member = `public-${session}`;
    link.listens = listen;
    const { accepted } = this.#session(link.member);
    const head = this.state.seq;
    const recovered = since?.epoch === this.epoch && since.seq >= this.floor && this.#random() < 0.8;
    const oldest = Math.max(this.floor, since?.epoch === this.epoch ? since.seq : 0); // never back behind what a member has seen
    const from = recovered ? since.seq : oldest + Math.floor(this.#random() * (head - oldest + 1));
    link.say({
      type: 'joined', id, project: 'apollo', session: link.member, epoch: this.epoch, seq: head, floor: this.floor, recovered, role: 'write',
      members: [], memberCount: 1,
      outcomes: pending.map((/** @type {number} */ n) => {
        const seq = accepted.get(n);
        return { n, outcome: seq === undefined ? 'unknown' : seq > from && listen ? 'coming' : 'done' };
      }),
    });
    if (!listen) return void this.members.add(link);
    if (!recovered) this.#snapshot(link, from);
    for (const event of this.journal) if (event.seq > from) link.say(event);
    this.members.add(link);
  }

  /** @param {any} link @param {number} seq */
  #snapshot(link, seq) {
    const past = new ProjectState();
    for (const event of this.journal) if (event.seq <= seq) past.apply(event);
    const entities = [...past.items.values()].map(wireOf);
    const parts = 1 + Math.floor(this.#random() * 3);
    for (let part = 1; part <= parts; part++) {
      const some = entities.filter((_, i) => i % parts === part - 1);
      link.say({ type: 'snapshot', project: 'apollo', seq, part, parts, entities: some, ...part === parts && { hash: past.hash } });
    }
  }

  /** @param {any} link @param {any} command */
  #command(link, { project, n, type, ops, ...op }) {
    const session = this.#session(link.member);
    const refuse = (/** @type {string} */ code, more = {}) => link.say({ type: 'reject', project, n, code, message: '', retryable: false, ...more });
    if (session.accepted.has(n)) return link.say({ type: 'ack', project, n, seq: this.state.seq, duplicate: true });
    if (n <= session.high - 64) return refuse('superseded');
    if (this.#random() < this.refusals) return refuse('rate_limited', { retryable: true, retryAfterMs: 200 });
    const seq = this.state.seq + 1;
    const trial = new Map(this.state.items);
    const decided = [];
    for (const each of ops ?? [{ type, ...op }]) {
      const there = trial.get(each.entity);
      if (each.type === 'create' ? there : !there) return refuse(each.type === 'create' ? 'exists' : 'not_found');
      if (each.ifVersion !== undefined && each.ifVersion !== there?.version) return refuse('conflict');
      const { ifVersion: _, ...rest } = each;
      if (each.edit) {
        const decided = this.#edit(each.entity, there, each.edit, seq);
        if (typeof decided === 'string') return refuse(decided);
        rest.edit = decided;
      }
      if (each.type !== 'delete') rest.version = each.increment || each.edit ? there?.version : seq;
      decided.push(rest);
      if (each.type === 'create') trial.set(each.entity, { id: each.entity, kind: each.kind, version: seq, data: {} });
      if (each.type === 'delete') trial.delete(each.entity);
    }
    const stamp = { project, seq, at: '2026-11-21T08:00:00.123Z', by: link.member, session: link.member, n };
    const event = ops ? { type, ...stamp, ops: decided } : { ...decided[0], ...stamp };
    session.high = Math.max(session.high, n);
    session.accepted.set(n, seq);
    this.journal.push(event);
    this.state.apply(event);
    for (const member of this.members) {
      if (member.listens) member.say(event);
      else if (member === link) member.say({ type: 'ack', project, n, seq });
    }
    if (!this.members.has(link)) link.say({ type: 'ack', project, n, seq, duplicate: true }); // to a line nobody hears
  }

  /** What becomes of an edit behind those that its author had not seen, or why not. @param {string} id @param {any} item @param {{ field: string, base: number, delta: any }} edit @param {number} seq */
  #edit(id, item, { field, base, delta }, seq) {
    const born = item.texts?.[field]?.born;
    if (born === undefined || base < born) return 'gone';
    const text = item.data[field];
    const key = `${id} ${field} ${born}`;
    const window = this.#windows.get(key) ?? { droppedUpTo: 0, edits: [] };
    const newer = window.edits.filter(edit => edit.seq > base);
    const length = text.length - newer.reduce((sum, edit) => sum + growth(edit.delta), 0);
    if (base > this.state.seq || refusal(delta)) return 'invalid';
    if (base < window.droppedUpTo) return 'rebase';
    if (need(delta) > length) return 'invalid';
    for (const edit of newer) delta = transform(delta, edit.delta, 'left');
    if (splitsPair(text, delta)) return 'invalid';
    const edits = [...window.edits, { seq, delta }];
    const dropped = edits.slice(0, -this.#window);
    this.#windows.set(key, { droppedUpTo: dropped.at(-1)?.seq ?? window.droppedUpTo, edits: edits.slice(-this.#window) });
    return { field, delta, len: apply(text, delta).length };
  }
}

/** Lines with delay that may be cut. Within a line order holds, as in TCP. */
export class Network {
  /** @type {any[]} */
  sockets = [];
  /** How often a command arrives twice. */
  repeats = 0;
  #server;
  #clock;
  #random;

  /** @param {ModelServer} server @param {import('./clock.js').FakeClock} clock @param {() => number} random */
  constructor(server, clock, random) {
    this.#server = server;
    this.#clock = clock;
    this.#random = random;
  }

  get WebSocket() {
    const network = this;
    return function SimulatedSocket() { return network.#open(); };
  }

  #open() {
    const clock = this.#clock;
    /** A direction: delivers in order, late. */
    const direction = (/** @type {(text: string) => void} */ deliver) => {
      let free = 0;
      return (/** @type {string} */ text) => {
        free = Math.max(free, clock.now() + 1 + this.#random() * (this.#random() < 0.05 ? 3000 : 80));
        clock.schedule(() => deliver(text), free - clock.now());
      };
    };
    const link = { member: '', listens: true, say: (/** @type {object} */ message) => down(JSON.stringify(message)) };
    const up = direction(text => {
      if (socket.black) return;
      this.#server.receive(link, JSON.parse(text));
      if (this.#random() < this.repeats && JSON.parse(text).n) this.#server.receive(link, JSON.parse(text));
    });
    const down = direction(text => { if (socket.readyState === 1 && !socket.black) socket.onmessage({ data: text }); });
    const socket = {
      readyState: 0, bufferedAmount: 0, black: false,
      onopen: () => {}, onmessage: (/** @type {any} */ _) => {}, onclose: (/** @type {any} */ _) => {}, onerror: () => {},
      send: up,
      close: () => { socket.readyState = 3; clock.schedule(() => this.#server.members.delete(link), 50); },
      /** The line breaks; what was sent may still arrive, what was coming does not. @param {number} code */
      cut: (code = 1006) => {
        if (socket.readyState !== 1) return;
        socket.close();
        socket.onclose({ code, reason: '' });
      },
      dismiss: () => link.say({ type: 'disconnect', code: 'server_restart', reason: '', reconnect: true, retryAfterMs: 300 }),
    };
    this.sockets.push(socket);
    clock.schedule(() => {
      if (socket.readyState !== 0) return;
      socket.readyState = 1;
      socket.onopen();
    }, this.#random() * 50);
    return socket;
  }
}

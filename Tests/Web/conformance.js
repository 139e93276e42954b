// @ts-check
// Hosts the JavaScript clients of scripts (docs/scripts.md) against a real server: Tests/Tools/NodeScripts.cs says a line of JSON, and is told what
// comes of it, and all that passes, in lines of JSON.
import WebSocket from 'ws';
import './support/clock.js'; // Node 18 has no global crypto
import { ClosedError, EventOnlyClient, RejectedError } from '../../Web/client/eventonly.js';
import { readLines } from './support/lines.js';

/** @typedef {{ id: number, as: string, do: string, [word: string]: any }} Question */

/** @param {object} message */
function tell(message) { process.stdout.write(`${JSON.stringify(message)}\n`); }

/** Somebody in a script. */
class Actor {
  #as;
  #client;
  /** @type {WebSocket | undefined} */
  #socket;
  #isCut = false;
  #stirs = false;
  /** @type {string | undefined} */
  #lastCommand;
  /** @type {{ resume?: string, missed?: number | null }} */
  #resumed = {};

  /** @param {Question} question */
  constructor({ as, url, project, user, listen, presence }) {
    this.#as = as;
    this.#client = new EventOnlyClient(url, { project, listen, presence, user: user && { name: user }, WebSocket: this.#sockets() });
    this.#client.on('frame', ({ direction, text }) => this.#passed(direction, text));
    for (const type of /** @type {const} */ (['state', 'sync', 'pending', 'event', 'snapshot', 'change'])) this.#client.on(type, () => this.#stir());
  }

  /** Sockets that can be dropped without a word, and then not made again until the line is healed. */
  #sockets() {
    const actor = this;
    return /** @type {any} */ (function CuttableSocket(/** @type {string} */ url, /** @type {string} */ protocol) {
      if (!actor.#isCut) return actor.#socket = new WebSocket(url, protocol);
      const refused = { readyState: 0, bufferedAmount: 0, close() {}, onclose: (/** @type {object} */ _) => {} };
      setTimeout(() => refused.onclose({ code: 1006, reason: '' }));
      return refused;
    });
  }

  /** @param {'in' | 'out'} direction @param {string} text */
  #passed(direction, text) {
    const message = JSON.parse(text);
    if (direction === 'out' && message.n !== undefined) this.#lastCommand = text;
    if (direction === 'in' && message.type === 'joined') {
      const { seq, epoch } = this.#client;
      const missed = epoch === undefined ? 0 : epoch === message.epoch ? message.seq - seq : null;
      this.#resumed = { resume: message.recovered ? 'events' : 'snapshot', missed };
    }
    tell({ as: this.#as, frame: text, sent: direction === 'out' });
    this.#stir();
  }

  /** Tells once for all that happens now that there may be something new to look at. */
  #stir() {
    if (this.#stirs) return;
    this.#stirs = true;
    setImmediate(() => { this.#stirs = false; tell({ as: this.#as, stirred: true }); });
  }

  async connect() {
    this.#client.connect();
    await this.#client.ready();
    return this.now({});
  }

  /** @param {{ message: any }} what a message of the wire, without what the client puts in by itself */
  async say({ message: { type, entity, kind, data, patch, increment, ifVersion, ops, topic, to, command, project: _, n: __, id: ___, ...rest } }) {
    const client = this.#client;
    switch (type) {
      case 'create': return outcome(client.create(kind, data, entity === undefined ? {} : { id: entity }));
      case 'update': return outcome(increment ? incremented(client, entity, increment) : client.update(entity, patch, { ifVersion }));
      case 'delete': return outcome(client.delete(entity, { ifVersion }));
      case 'batch': return outcome(client.batch(batch => ops.forEach((/** @type {any} */ op) => addTo(batch, op))));
      case 'broadcast': client.broadcast(topic, data, { to }); break;
      case 'presence': client.presence.set(data); break;
      case 'query': await outcome(client.query({ kind, ...rest })); break;
      case 'validate': await outcome(client.validate(command)); break;
      default: throw new Error(`'${type}' cannot be said.`);
    }
  }

  async cut() {
    this.#isCut = true;
    this.#socket?.terminate();
    while (this.#client.state === 'connected') await new Promise(resolve => this.#client.on('state', resolve, { once: true }));
  }

  heal() {
    this.#isCut = false;
    this.#client.reconnect();
  }

  resend() {
    if (!this.#lastCommand || this.#socket?.readyState !== WebSocket.OPEN) return { resent: false };
    this.#socket.send(this.#lastCommand);
    return { resent: true };
  }

  /** @param {{ entity?: string }} what */
  now({ entity }) {
    const { state, pending, seq, session, sync, store } = this.#client;
    const item = entity === undefined ? undefined : store.get(entity);
    return {
      state, pending, seq, session, synced: sync === 'synced', ...this.#resumed,
      item: entity === undefined ? undefined : item ? { entity, gone: false, kind: item.kind, version: item.version, data: item.data } : { entity, gone: true },
    };
  }

  confirmed() {
    const { seq, store, stateHash } = this.#client;
    return { seq, hash: stateHash, entities: store.list().map(({ id }) => store.confirmed(id)).filter(item => item !== undefined) };
  }

  /** @param {{ seq: number }} moment */
  async at({ seq }) {
    const past = await this.#client.at(seq);
    return { seq: past.seq, hash: past.hash, entities: past.list() };
  }

  async head() { return { seq: (await this.#client.query({ limit: 1 })).seq }; }

  async disconnect() { await this.#client.disconnect(); }
}

/** A refusal is no error here: a line of the script may want it. @param {Promise<unknown>} promise */
async function outcome(promise) {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof RejectedError || error instanceof ClosedError)) throw error;
  }
}

/** This client counts one field a command. @param {EventOnlyClient} client @param {string} id @param {{ [field: string]: number }} fields */
function incremented(client, id, fields) {
  return Promise.all(Object.entries(fields).map(([field, by]) => client.increment(id, field, by)));
}

/** @param {any} batch @param {any} op */
function addTo(batch, { type, entity, kind, data, patch, increment, ifVersion }) {
  if (type === 'create') batch.create(kind, data, { id: entity });
  else if (type === 'delete') batch.delete(entity, { ifVersion });
  else if (patch) batch.update(entity, patch, { ifVersion });
  else for (const [field, by] of Object.entries(increment)) batch.increment(entity, field, by);
}

/** @type {Map<string, Actor>} */
const actors = new Map();

readLines(async line => {
  /** @type {Question} */
  const question = JSON.parse(line);
  try {
    if (question.do === 'connect') actors.set(question.as, new Actor(question));
    const actor = /** @type {any} */ (actors.get(question.as));
    tell({ id: question.id, ...await actor[question.do](question) });
  } catch (error) {
    tell({ id: question.id, error: error instanceof Error ? error.message : String(error) });
  }
});

// @ts-check
/**
 * @import { Ack, Broadcast, ClientEvents, Command, Connected, CreateEvent, Item, Joined, JsonObject, Json, Op, Options,
 *   Sync, User, Verdict, WireEntity } from './types.js'
 * @import { Effect } from './replica.js'
 * @import { AskOptions } from './requests.js'
 * @import { HistoryQuery } from './history.js'
 * @import { Told } from './emitter.js'
 */
import { ChangeFeed } from './change-feed.js';
import { Emitter } from './emitter.js';
import { ClosedError, OfflineError, ProtocolError, RejectedError } from './errors.js';
import { Gate } from './gate.js';
import { eventsOf } from './history.js';
import { IdMaker } from './identity.js';
import { Indicator } from './indicator.js';
import { Line } from './line.js';
import { Outbox } from './outbox.js';
import { watchPage } from './page-life.js';
import { Past, pastReader } from './past.js';
import { Presence } from './presence.js';
import { Replica } from './replica.js';
import { Requests } from './requests.js';
import { ServerClock } from './server-clock.js';
import { settle } from './settings.js';
import { Store } from './store.js';

export * from './errors.js';
export { Past };

const CLIENT = { name: 'eventonly.js', version: '1.0.0' };
const utf8 = new TextEncoder();

/**
 * Keeps a replica of a project in step with the server over a line that comes and goes, and sends what the user does.
 * The shell: socket, timers and promises are here, the rules are in `Replica`.
 *
 * ```js
 * const client = new EventOnlyClient('/ws', { project: 'demo', user: { name: 'Ann' } });
 * client.on('change', ({ ids }) => render(ids));
 * client.connect();
 * await client.ready();
 * await client.create('card', { title: 'Buy milk' });   // visible at once, resolves when it is durable
 * ```
 */
export class EventOnlyClient {
  #settings;
  #emitter = new Emitter();
  #clock = new ServerClock();
  #gate;
  #replica;
  #outbox;
  #line;
  #requests;
  #changes;
  #indicator;
  #ids;
  /** @type {Connected | undefined} */
  #connected;
  /** Why there is no line and will be none. @type {ClosedError | undefined} */
  #closedBy;
  #joinId = '';
  /** @type {JsonObject | undefined} */
  #saidPresence;
  #pendingTold = 0;
  #lostTold = false;
  #drained = () => {};
  #cancelLost = () => {};
  #unwatch = () => {};

  /** Reads: `get(id)`, `list(kind?)`, `confirmed(id)`, `isPending(id, field?)`, `size`. */
  store;
  /** `set(data)` for what others see of us, `others` for them: `[{session, user, data}]`. */
  presence;

  /**
   * Does nothing but remember; `connect` starts.
   * @param {string | URL} url ws:, wss:, http: or https:; a relative one belongs to the page's own server
   * @param {Options} options
   */
  constructor(url, options) {
    const settings = this.#settings = settle(url, options);
    const { now, schedule } = settings;
    const emitter = this.#emitter;
    this.#gate = new Gate(schedule);
    this.#ids = new IdMaker(now, settings.random);
    this.#replica = new Replica(settings);
    this.#line = new Line(settings, {
      opened: () => this.#opened(),
      heard: text => this.#heard(text),
      silent: () => this.#say({ type: 'ping', t: now() }),
      down: () => this.#down(),
      failed: failure => this.#failed(failure),
      state: change => this.#stateChanged(change),
      trouble: error => emitter.report(error),
    });
    this.#outbox = new Outbox(settings, this.#replica, {
      say: text => this.#sayText(text),
      clogged: () => this.#clogged,
      run: effects => this.#run(effects),
      refused: (command, error) => emitter.emit('reject', { command, error }),
    });
    this.#requests = new Requests(frame => this.#say(frame), schedule);
    this.#changes = new ChangeFeed(settings.onFrame, change => emitter.emit('change', change));
    this.#indicator = new Indicator(this.#replica, settings, sync => emitter.emit('sync', sync));
    this.store = new Store(this.#replica);
    this.presence = new Presence(settings.presence, data => this.#sayPresence(data), news => emitter.emit('presence', news), schedule);
  }

  // ---- lifecycle -------------------------------------------------------------------------------------------------

  /** Starts, and goes on trying for ever. Idempotent; after `disconnect` it resumes the same session. Never throws for network reasons. */
  connect() {
    this.#closedBy = undefined;
    this.#unwatch();
    this.#unwatch = watchPage({
      wake: () => this.#line.wake(),
      sleep: reason => this.#line.lose(1001, reason),
      unsaved: () => this.#settings.preventUnload && this.pending > 0 && this.state !== 'connected',
    }, this.#settings.now);
    this.#line.start();
  }

  /**
   * Ends for good; no wake-up revives it. Commands still pending reject with `ClosedError` and leave the view.
   * @param {{ flush?: number, code?: number }} [options] flush: ms to wait for pending commands first; code: 1000 or 3000 to 4999
   */
  async disconnect({ flush = 0, code = 1000 } = {}) {
    if (flush > 0 && this.pending > 0 && this.state !== 'idle') {
      await new Promise(resolve => {
        const cancelTimer = this.#settings.schedule(() => resolve(undefined), flush);
        this.#drained = () => { cancelTimer(); resolve(undefined); };
      });
    }
    this.#line.stop(code);
    if (!this.#closedBy) this.#closed(new ClosedError('normal'));
  }

  /**
   * Resolves when connected and the project is here; at once if that is so already.
   * @param {{ signal?: AbortSignal, timeout?: number }} [options] timeout in ms; none by default
   * @returns {Promise<void>} rejects with `ClosedError`, `TimeoutError` or the signal's reason
   */
  ready(options = {}) {
    if (this.#closedBy) return Promise.reject(this.#closedBy);
    return this.state === 'connected' ? Promise.resolve() : this.#gate.wait(options);
  }

  /** For a button "Try now": closes the socket, if any, and tries at once, from any state. */
  reconnect() {
    if (this.state === 'idle' || this.state === 'disconnected') this.connect();
    else this.#line.restart();
  }

  /** `connected` means joined, and the first snapshot applied. */
  get state() { return this.#line.state; }

  /**
   * For an indicator: `synced`; `syncing` while commands are pending or events are missing; `stuck` when one has been
   * pending for 8 s of a connected line; `offline`.
   * @returns {Sync}
   */
  get sync() { return this.#indicator.sync; }

  /** Position of the confirmed state. */
  get seq() { return this.#replica.seq; }
  /** Which incarnation of the journal `seq` counts in; undefined before the first snapshot. */
  get epoch() { return this.#replica.epoch; }
  /**
   * The position up to which the server keeps no events any more, as it last told: with each join and each page of `history`, whose events begin
   * behind it, wherever they were to begin. Undefined before the first join.
   */
  get floor() { return this.#replica.floor; }
  /** Our public id, as others see it; undefined before the first join. */
  get session() { return this.#replica.session; }
  /** Who we are to the server; undefined before it said so. @returns {User | undefined} */
  get user() { return this.#connected?.user; }
  /** Commands whose outcome is not known yet, sent or waiting. */
  get pending() { return this.#replica.pending; }
  /** Round trip in ms, smoothed; undefined before the first answer. */
  get rtt() { return this.#clock.rtt; }
  /** What to add to our clock to get the server's, in ms. */
  get clockOffset() { return this.#clock.offset; }
  /** Of the confirmed state, 16 hexadecimal digits: equal on all replicas at the same `seq`. */
  get stateHash() { return this.#replica.stateHash; }
  /** What the server said of itself: `connection`, `limits`, `pingInterval`, …; undefined before the first connection. */
  get serverInfo() { return this.#connected; }

  /**
   * Listens. A listener that throws is reported through `error` and harms nobody else.
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type see `ClientEvents` in types.js; also `broadcast:<topic>`
   * @param {(value: Told<T>) => void} fn
   * @param {{ signal?: AbortSignal, once?: boolean }} [options]
   * @returns {() => void} stops listening
   */
  on(type, fn, options) { return this.#emitter.on(type, fn, options); }

  // ---- durable commands ------------------------------------------------------------------------------------------
  // All are visible in `store` at once, wait while there is no connection, and take effect at most once. Their promises
  // resolve when the command is durable and part of the confirmed state, and reject with RejectedError, QueueFullError,
  // ClosedError, or the signal's reason: aborting takes a command back if it was not sent yet, otherwise only the waiting ends.
  // A RejectedError, and what `disconnect` or `failed` took with it, need not be caught: `reject` and `failed` tell it as well.

  /** An id for a new entity; usable at once, also offline. Ids of one client sort in the order they were made. @param {string} kind */
  newId(kind) { return this.#ids.next(kind); }

  /**
   * @param {string} kind @param {JsonObject} data
   * @param {{ id?: string, signal?: AbortSignal }} [options] id: `newId(kind)` by default
   * @returns {Promise<Ack>}
   */
  create(kind, data, { id = this.newId(kind), signal } = {}) { return this.#submit({ type: 'create', entity: id, kind, data }, signal); }

  /**
   * Merges a patch (RFC 7396: null removes a field) into an entity's data.
   * @param {string} id @param {JsonObject} patch
   * @param {{ ifVersion?: number, signal?: AbortSignal }} [options] ifVersion: else `RejectedError` `conflict` with `current`
   * @returns {Promise<Ack>}
   */
  update(id, patch, { ifVersion, signal } = {}) { return this.#submit({ type: 'update', entity: id, patch, ifVersion }, signal); }

  /** @param {string} id @param {{ ifVersion?: number, signal?: AbortSignal }} [options] @returns {Promise<Ack>} */
  delete(id, { ifVersion, signal } = {}) { return this.#submit({ type: 'delete', entity: id, ifVersion }, signal); }

  /** Adds to a counter; simultaneous ones all count. @param {string} id @param {string} field @param {number} [by] a whole number @returns {Promise<Ack>} */
  increment(id, field, by = 1) { return this.#submit({ type: 'update', entity: id, increment: { [field]: by } }); }

  /**
   * Several operations as one command: all take effect, at one seq, or none does.
   * @param {(ops: {
   *   create: (kind: string, data: JsonObject, options?: { id?: string }) => string,
   *   update: (id: string, patch: JsonObject, options?: { ifVersion?: number }) => void,
   *   delete: (id: string, options?: { ifVersion?: number }) => void,
   *   increment: (id: string, field: string, by?: number) => void }) => void} fn called at once; `create` returns the id. If it throws, so
   *   does `batch`, and nothing happens
   * @returns {Promise<Ack>} without `id`
   */
  batch(fn) {
    /** @type {Op[]} */
    const ops = [];
    fn({
      create: (kind, data, { id = this.newId(kind) } = {}) => { ops.push({ type: 'create', entity: id, kind, data }); return id; },
      update: (id, patch, { ifVersion } = {}) => { ops.push({ type: 'update', entity: id, patch, ifVersion }); },
      delete: (id, { ifVersion } = {}) => { ops.push({ type: 'delete', entity: id, ifVersion }); },
      increment: (id, field, by = 1) => { ops.push({ type: 'update', entity: id, increment: { [field]: by } }); },
    });
    return this.#submit({ type: 'batch', ops });
  }

  // ---- ephemeral -------------------------------------------------------------------------------------------------

  /**
   * Tells the others something that is not stored. Never queued.
   * @param {string} topic @param {Json} data
   * @param {{ to?: string }} [options] to: the public id of the only session to get it
   * @returns {boolean} false: dropped, because there is no line or it is clogged
   */
  broadcast(topic, data, { to } = {}) {
    if (!this.#replica.joined || this.#clogged) return false;
    return this.#say({ type: 'broadcast', project: this.#settings.project, topic, data, to });
  }

  // ---- asking ----------------------------------------------------------------------------------------------------
  // All reject with OfflineError at once while not connected, with TimeoutError (5 s by default), RejectedError, the
  // signal's reason, or QueueFullError when 1,000 are without an answer. With `key`, a newer call ends the older one with the same key (AbortError).

  /**
   * Looks into the state as the server has it now.
   * @param {{ kind?: string, where?: { [field: string]: Json }, match?: { [field: string]: string }, sort?: string, limit?: number,
   *   after?: Item | { entity: string, value?: Json } }} question limit: 1 to 500, 50 by default; after: the last item of the page before
   * @param {AskOptions} [options]
   * @returns {Promise<{ items: Item[], more: boolean, seq: number }>}
   */
  query({ kind, where, match, sort, limit, after }, options = {}) {
    return this.#ask('q', { type: 'query', kind, where, match, sort, limit, after: after && cursor(after, sort) }, options,
      ({ items, more, seq }) => ({ items: items.map(itemOf), more, seq }));
  }

  /**
   * Would the server take this command now? Advice only: somebody may be faster.
   * @param {Command} command as on the wire, without `project` and `n`
   * @param {AskOptions} [options]
   * @returns {Promise<Verdict>}
   */
  validate(command, options = {}) {
    return this.#ask('v', { type: 'validate', command }, options, ({ ok, code, message, errors }) => ({ ok, code, message, errors }));
  }

  /**
   * Events of the past, page by page: `for await (const event of client.history({ from: 1 }))`. What is no longer kept is not
   * among them: read forwards, the first that comes may be a later one than `from`, and `floor` tells why.
   * @param {HistoryQuery & AskOptions} [query]
   */
  history({ signal, timeout, key, ...query } = {}) {
    return eventsOf(question => this.#ask('h', { type: 'history', ...question }, { signal, timeout, key }, page => page), query);
  }

  /**
   * The last event that changed an entity, or one of its fields: who, when and how. Undefined: none, or none that is still kept.
   * @param {string} entity @param {string} [field] @param {AskOptions} [options]
   */
  async lastChange(entity, field, options = {}) {
    for await (const event of this.history({ ...options, entity, field, limit: 1 })) return event;
    return undefined;
  }

  /**
   * The state as it was after the event of a seq, or at a time by the server's clock: `{seq, get(id), list(kind?), hash}`, read-only.
   * A time before the first event gives the empty state, a time to come the present.
   * @param {number | Date} moment @param {AskOptions} [options] @returns {Promise<Past>}
   */
  at(moment, options = {}) {
    return this.#ask('h', { type: 'history', at: moment instanceof Date ? moment.toISOString() : moment }, options, pastReader());
  }

  // ---- inside: out -----------------------------------------------------------------------------------------------

  /** @param {Command} body @param {AbortSignal} [signal] @returns {Promise<Ack>} */
  #submit(body, signal) { return this.#closedBy ? Promise.reject(this.#closedBy) : this.#outbox.submit(body, signal); }

  /**
   * @template T
   * @param {string} prefix @param {{ type: string, [key: string]: unknown }} question @param {AskOptions} options
   * @param {(answer: any) => T | undefined} read
   * @returns {Promise<T>}
   */
  #ask(prefix, { type, ...rest }, options, read) {
    if (this.state !== 'connected') return Promise.reject(new OfflineError());
    const frame = { type, id: this.#requests.id(prefix), project: this.#settings.project, ...rest };
    return this.#requests.ask(frame, read, options);
  }

  get #clogged() { return this.#line.buffered > this.#settings.highWater; }

  #join() {
    this.#joinId = this.#requests.id('j');
    this.#saidPresence = this.presence.own;
    this.#say(this.#replica.join(this.#joinId, this.#saidPresence));
  }

  /** @param {JsonObject} data what was set too early goes with the join, or right after it */
  #sayPresence(data) {
    if (!this.#replica.joined) return;
    this.#saidPresence = data;
    this.#say({ type: 'presence', project: this.#settings.project, data });
  }

  /** @param {object} frame */
  #say(frame) { return this.#sayText(JSON.stringify(frame)); }

  /** @param {string} text */
  #sayText(text) {
    const sent = this.#line.send(text);
    if (sent) this.#showFrame('out', text);
    return sent;
  }

  /** @param {'in' | 'out'} direction @param {string} text */
  #showFrame(direction, text) {
    if (this.#emitter.hears('frame')) this.#emitter.emit('frame', { direction, text, size: utf8.encode(text).length });
  }

  // ---- inside: in ------------------------------------------------------------------------------------------------

  #opened() {
    this.#say({ type: 'connect', user: this.#settings.user, client: CLIENT });
    this.#join(); // without waiting for `connected`: a round trip less
  }

  /** @param {unknown} text */
  #heard(text) {
    let message;
    try {
      message = JSON.parse(/** @type {string} */ (text));
    } catch {
      return this.#emitter.report(new ProtocolError('bad_frame', 'The server sent something that is not JSON.'));
    }
    this.#showFrame('in', /** @type {string} */ (text));
    try {
      this.#receive(message);
    } catch (error) {
      // A frame of the wrong shape, or a fault of ours: the state may have moved half a step. Start again from a snapshot.
      this.#emitter.report(error);
      this.#replica.doubt();
      this.#line.lose(1002, 'A message could not be understood.');
    }
  }

  /** @param {any} message */
  #receive(message) {
    const { project } = this.#settings;
    if (message.project !== undefined && message.project !== project) return;
    switch (message.type) {
      case 'ping': this.#say({ type: 'pong', t: message.t }); break;
      case 'pong': this.#clock.pong(message, this.#settings.now()); break;
      case 'connected': this.#greeted(message); break;
      case 'disconnect': this.#line.dismissed(message); break;
      case 'broadcast': this.#broadcastHeard(message); break;
      case 'presence': this.presence.receive(message, this.session); break;
      case 'result': case 'verdict':
        if (message.floor !== undefined) this.#replica.floorIs(message.floor);
        this.#requests.answer(message);
        break;
      case 'error': this.#errorHeard(message); break;
      case 'joined': this.#joined(message); break;
      case 'snapshot':
        if (message.id === undefined) this.#run(this.#replica.receive(message));
        else this.#requests.answer(message);
        break;
      case 'reject': case 'ack': this.#run(this.#replica.receive(message)); break;
      default: // an event, perhaps of a type younger than this client: its seq counts all the same
        if (typeof message.seq === 'number') this.#run(this.#replica.receive(message));
        else this.#settings.log('debug', 'A message of an unknown type.', message);
    }
  }

  /** @param {Connected} connected */
  #greeted(connected) {
    this.#connected = connected;
    this.#requests.inFlight = connected.limits.queriesInFlight;
    this.#outbox.limits = connected.limits;
    this.#clock.greeted(connected.time, this.#settings.now());
    this.#line.greeted(connected.pingInterval);
  }

  /** @param {Joined} message */
  #joined(message) {
    if (message.id !== this.#joinId) return;
    this.#line.answered();
    this.presence.joined(message.members);
    this.#run(this.#replica.receive(message));
    const { own } = this.presence;
    if (own && own !== this.#saidPresence) this.#sayPresence(own); // it was set while the join was under way
  }

  /** @param {Broadcast} message */
  #broadcastHeard(message) {
    if (message.session === this.session) return; // all members get the same bytes, so we hear our own
    this.#emitter.emit('broadcast', message);
    this.#emitter.emit(`broadcast:${message.topic}`, message);
  }

  /** @param {import('./types.js').ErrorMessage} message */
  #errorHeard(message) {
    if (message.id === undefined) return this.#emitter.report(new RejectedError(message));
    if (message.id !== this.#joinId) return void this.#requests.answer(message);
    if (message.retryable || message.code === 'exists') this.#line.lose(1013, message.message, message.retryAfterMs);
    else this.#line.fail(message.code, message.message);
  }

  /** @param {Effect[]} effects */
  #run(effects) {
    for (const effect of effects) {
      switch (effect.do) {
        case 'settle': effect.command.owner.resolve(effect.ack); break;
        case 'fail': {
          const { command: { n, body, owner }, error } = effect;
          owner.reject(error);
          if (error instanceof RejectedError) this.#emitter.emit('reject', { command: { ...body, n }, error });
          break;
        }
        case 'change': this.#changes.add(effect.change); break;
        case 'event': this.#eventHappened(effect); break;
        case 'snapshot': this.#emitter.emit('snapshot', { seq: effect.seq, count: effect.count, reason: effect.reason }); break;
        case 'live': this.#live(effect); break;
        case 'wait': this.#settings.schedule(() => { this.#replica.release(effect.n); this.#outbox.pump(); }, effect.ms); break;
        case 'rejoin':
          this.#say({ type: 'leave', id: this.#requests.id('l'), project: this.#settings.project });
          this.#join();
          this.#line.expect();
          break;
        case 'restart': this.#line.lose(1002, 'The events do not fit together.'); break;
        case 'trouble': this.#emitter.report(effect.error); break;
      }
    }
    this.#outbox.pump();
    this.#tellPending();
    this.#indicator.refresh();
  }

  /** @param {Effect & { do: 'event' }} effect */
  #eventHappened({ event, own, kinds }) {
    if (this.#emitter.hears('event')) this.#emitter.emit('event', { ...event, own });
    const { project, seq, at, by, session, n } = event;
    const ops = event.type === 'batch' ? event.ops : kinds.length > 0 ? [/** @type {Op} */ (event)] : [];
    ops.forEach((op, i) => {
      if (!this.#emitter.hears(op.type)) return;
      const told = { ...op, id: op.entity, kind: kinds[i], project, seq, at, by, session, n, own };
      this.#emitter.emit(op.type, /** @type {CreateEvent & any} */ (told));
    });
  }

  /** @param {Effect & { do: 'live' }} effect */
  #live({ mode, missed }) {
    this.#line.held();
    this.#gate.open();
    if (!this.#lostTold) return;
    this.#lostTold = false;
    this.#emitter.emit('restored', { missed, mode });
  }

  // ---- inside: the line ------------------------------------------------------------------------------------------

  #down() {
    this.#replica.off();
    this.#requests.offline();
  }

  /** @param {import('./types.js').StateChange} change */
  #stateChanged(change) {
    const { from, to } = change;
    if (to === 'connected') this.#cancelLost();
    if (from === 'connected') this.#cancelLost = this.#settings.schedule(() => this.#lost(), this.#settings.lostAfter);
    this.#settings.log('info', `${from} → ${to}`, change);
    this.#indicator.lineIs(to === 'connected'); // first, so that a listener to `state` reads the right `sync`
    this.#emitter.emit('state', change);
  }

  #lost() {
    this.#lostTold = true;
    this.presence.clear(); // who knows whether they are still there
    this.#emitter.emit('lost', undefined);
  }

  /** @param {{ code: string, reason: string }} failure */
  #failed(failure) {
    this.#closed(new ClosedError(failure.code, failure.reason || undefined));
    this.#emitter.emit('failed', failure);
  }

  /** @param {ClosedError} error */
  #closed(error) {
    this.#closedBy = error;
    this.#cancelLost();
    this.#unwatch();
    this.#lostTold = false;
    this.#gate.fail(error);
    this.presence.clear();
    this.#run(this.#replica.withdrawAll(error));
  }

  #tellPending() {
    if (this.pending === 0) this.#drained();
    if (this.pending === this.#pendingTold) return;
    this.#pendingTold = this.pending;
    this.#emitter.emit('pending', { count: this.pending });
  }
}

/** @param {WireEntity} wire @returns {Item} */
function itemOf({ entity: id, kind, version, data }) { return { id, kind, version, data }; }

/** Where the next page starts. @param {Item | { entity: string, value?: Json }} after @param {string} [sort] */
function cursor(after, sort) {
  if ('entity' in after) return after;
  return { entity: after.id, value: sort && after.data[sort.replace(/^-/, '')] };
}

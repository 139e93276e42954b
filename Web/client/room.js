// @ts-check
/**
 * @import { Ack, Broadcast, Command, CreateEvent, ErrorMessage, Joined, JsonObject, Limits, Op, StateChange } from './types.js'
 * @import { Effect } from './effects.js'
 * @import { AskOptions } from './requests.js'
 * @import { HistoryQuery } from './history.js'
 * @import { Session } from './session.js'
 * @import { Settings } from './settings.js'
 */
import { ChangeFeed } from './change-feed.js';
import { Checkpoints } from './checkpoints.js';
import { Emitter } from './emitter.js';
import { ClosedError, OfflineError, RejectedError } from './errors.js';
import { Gate } from './gate.js';
import { IdMaker } from './identity.js';
import { eventsOf } from './history.js';
import { Indicator } from './indicator.js';
import { Keeper } from './keep.js';
import { byOrder, indexOf, keyAt } from './order.js';
import { OpenTexts } from './open-texts.js';
import { Outbox } from './outbox.js';
import { stateReader } from './past.js';
import { Presence } from './presence.js';
import { paced } from './replay.js';
import { Replica } from './replica.js';
import { Store } from './store.js';
import { Streams } from './streams.js';
import { UndoStacks } from './undo.js';

/** One project on a line that it shares with others: does what its replica wants done, and tells listeners. */
export class Room {
  #session;
  #settings;
  #outbox;
  #changes;
  #indicator;
  #gate;
  /** @type {JsonObject | undefined} */
  #saidPresence;
  #pendingTold = 0;
  #lostTold = false;
  #keeper;
  /** @type {Effect[]} */
  #effects = [];
  #isTelling = false;

  #seqTold = 0;
  /** @type {Checkpoints | undefined} */
  #checkpoints;

  emitter = new Emitter();
  steps = new UndoStacks();
  replica;
  ids;
  store;
  presence;
  joinId = '';
  /** What we may do here, as the server calls it; undefined before the first join. @type {string | undefined} */
  role;
  /** Why commands are taken no more. @type {ClosedError | undefined} */
  closedBy;

  /** @param {Settings} settings of this project @param {Session} session */
  constructor(settings, session) {
    const { now, random, schedule } = settings;
    this.#settings = settings;
    this.#session = session;
    this.#gate = new Gate(schedule);
    this.ids = new IdMaker(now, random);
    this.replica = new Replica(settings);
    this.streams = new Streams(this.emitter, () => this.replica.seq, () => this.closedBy);
    this.#outbox = new Outbox(settings, this.replica, {
      say: text => session.sayText(text),
      clogged: () => session.clogged,
      run: effects => this.#run(effects),
      refused: (command, error) => this.emitter.emit('reject', { command, error, reverted: [] }),
      keep: () => this.#keeper.save(),
      taken: (inverse, role, label) => this.steps.taken(inverse, role, label),
    });
    this.#keeper = new Keeper(settings, this.replica, {
      restored: kept => this.#run(this.replica.restore(kept)),
      lost: () => this.#run(this.replica.withdrawAll(new ClosedError('replaced', 'Another page goes on with what was waiting here.'))),
      trouble: error => this.emitter.report(error),
    });
    this.#changes = new ChangeFeed(settings.onFrame, change => this.emitter.emit('change', change));
    this.#indicator = new Indicator(this.replica, settings, sync => this.emitter.emit('sync', sync));
    this.texts = new OpenTexts(this.replica, {
      edit: (id, field, delta, origin, taken) => this.closedBy ? Promise.reject(this.closedBy) : this.#outbox.edit(id, field, delta, origin, taken),
      now, readonly: () => this.role === 'read', unitsMax: () => this.#outbox.limits.textUnits ?? Infinity, report: error => this.emitter.report(error),
    });
    this.store = new Store(this.replica, fn => this.emitter.on('change', fn));
    this.presence = new Presence(settings, data => this.#sayPresence(data), news => this.emitter.emit('presence', news));
    const limits = session.connected?.limits;
    if (limits) this.limits = limits;
  }

  get project() { return this.#settings.project; }
  get sync() { return this.#indicator.sync; }

  /** What the server takes. @param {Limits} limits */
  set limits(limits) { this.#outbox.limits = limits; }

  // ---- out -------------------------------------------------------------------------------------------------------

  /** @param {{ signal?: AbortSignal, timeout?: number }} options @returns {Promise<void>} */
  ready(options) {
    if (this.closedBy) return Promise.reject(this.closedBy);
    return this.#session.state === 'connected' && this.replica.caughtUp ? Promise.resolve() : this.#gate.wait(options);
  }

  /** @param {Command} body @param {AbortSignal} [signal] */
  submit(body, signal) { return this.closedBy ? Promise.reject(this.closedBy) : this.#outbox.submit(body, signal); }

  /** The command that puts an entity into its place in a list. @param {string} id @param {string} list @param {{ before?: string, after?: string }} place @returns {Command} */
  move(id, list, place) {
    const kind = this.store.get(id)?.kind;
    const others = this.store.list(kind).filter(other => other.id !== id && other.data.list === list).sort(byOrder);
    return { type: 'update', entity: id, patch: { list, order: keyAt(others, indexOf(others, place), this.#settings.random) } };
  }

  /** Takes a step of ours back, or makes one again. @param {'undo' | 'redo'} role @param {AbortSignal} [signal] @returns {Promise<Ack | undefined>} */
  step(role, signal) {
    if (this.closedBy) return Promise.reject(this.closedBy);
    const { command, label, skipped } = this.steps.take(role, id => this.replica.view(id));
    if (skipped.length > 0) this.emitter.emit('skipped', { role, label, ids: skipped });
    return command ? this.#outbox.submit(command, signal, role, label) : Promise.resolve(undefined);
  }

  /** @param {{ type: string, [key: string]: unknown }} frame without `project` @returns {boolean} false: nobody is there to hear it, or the line is clogged */
  whisper({ type, ...rest }) {
    if (!this.replica.joined || this.#session.clogged) return false;
    return this.#session.say({ type, project: this.project, ...rest });
  }

  /**
   * @template T
   * @param {string} prefix @param {{ type: string, [key: string]: unknown }} question @param {AskOptions} options
   * @param {(answer: any) => T | undefined} read
   * @returns {Promise<T>}
   */
  ask(prefix, { type, ...rest }, options, read) {
    const { state, requests } = this.#session;
    if (state !== 'connected' || !this.replica.joined) return Promise.reject(new OfflineError());
    const frame = { type, id: requests.id(prefix), project: this.project, ...rest };
    return requests.ask(frame, read, options);
  }

  /** Is what waits safe without this page? */
  get isSafe() { return this.replica.pending === 0 || this.#keeper.isSafe; }

  /** Calls `then` when what an earlier page left is here; at once where nothing is kept. @param {() => void} [then] */
  recall(then) { this.#keeper.recall(then); }

  /** The page goes. */
  release() { this.#keeper.release(); }

  /** Events of the past. @param {HistoryQuery & AskOptions} query */
  history({ signal, timeout, key, ...query }) {
    return eventsOf(question => this.ask('h', { type: 'history', ...question }, { signal, timeout, key }, page => {
      this.replica.floorIs(page.floor);
      return page;
    }), query);
  }

  /** @param {number | Date} moment @param {AskOptions} options */
  at(moment, options) {
    this.#checkpoints ??= new Checkpoints(this.replica, {
      state: (at, caller) => this.ask('h', { type: 'history', at }, caller, stateReader()),
      events: async (from, to, caller) => {
        const events = [];
        for await (const event of this.history({ from, to, ...caller })) events.push(event);
        return events;
      },
    });
    return this.#checkpoints.at(moment, options);
  }

  /** @param {{ from: number, to?: number, speed: number, signal?: AbortSignal }} options */
  replay({ from, to, speed, signal }) { return paced(this.history({ from, to, signal }), { speed, signal }, this.#settings); }

  join() {
    this.joinId = this.#session.requests.id('j');
    this.#saidPresence = this.presence.own;
    this.#session.say(this.replica.join(this.joinId, this.#saidPresence));
  }

  leave() {
    if (this.closedBy) return;
    if (this.#session.isMain(this)) throw new TypeError('The first project is left by `disconnect`.');
    this.#session.say({ type: 'leave', id: this.#session.requests.id('l'), project: this.project });
    this.replica.off();
    this.closed(new ClosedError('normal'));
    this.#session.drop(this);
  }

  /** @param {JsonObject} data what was set too early goes with the join, or right after it */
  #sayPresence(data) {
    if (!this.replica.joined) return;
    this.#saidPresence = data;
    this.#session.say({ type: 'presence', project: this.project, data });
  }

  // ---- in --------------------------------------------------------------------------------------------------------

  /** What the server says about this project. @param {any} message */
  receive(message) {
    switch (message.type) {
      case 'broadcast': this.#broadcastHeard(message); break;
      case 'presence': this.presence.receive(message, this.replica.session); break;
      case 'joined': this.#joined(message); break;
      case 'snapshot': case 'reject': case 'ack': case 'state': this.#run(this.replica.receive(message, this.#settings.now())); break;
      default: // an event, perhaps of a type younger than this client: its seq counts all the same
        if (typeof message.seq === 'number') this.#run(this.replica.receive(message, this.#settings.now()));
        else this.#settings.log('debug', 'A message of an unknown type.', message);
    }
  }

  /** @param {Joined} message */
  #joined(message) {
    if (message.id !== this.joinId) return;
    this.role = message.role;
    this.presence.joined(message.members, message.memberCount);
    this.#run(this.replica.receive(message, this.#settings.now()));
    const { own } = this.presence;
    if (own && own !== this.#saidPresence) this.#sayPresence(own); // it was set while the join was under way
  }

  /** @param {ErrorMessage} message */
  notJoined(message) {
    if (message.retryable || message.code === 'exists') this.#session.lose(1013, message.message, message.retryAfterMs);
    else this.#session.refused(this, message);
  }

  /** @param {Broadcast} message */
  #broadcastHeard(message) {
    if (message.session === this.replica.session) return; // all members get the same bytes, so we hear our own
    this.emitter.emit('broadcast', message);
    this.emitter.emit(`broadcast:${message.topic}`, message);
  }

  /** What a listener does meanwhile is told after what is being told: all hear everything in one order. @param {Effect[]} effects */
  #run(effects) {
    this.#effects.push(...effects);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let effect = this.#effects.shift(); effect; effect = this.#effects.shift()) this.#do(effect);
    } finally {
      this.#isTelling = false;
    }
    this.#outbox.pump();
    this.#keeper.touched();
    this.#tellPending();
    this.#session.roomChanged();
    this.#indicator.refresh();
  }

  /** @param {Effect} effect */
  #do(effect) {
    switch (effect.do) {
      case 'settle': for (const owner of effect.command.owners) owner.resolve(effect.ack); break;
      case 'fail': {
        const { command: { n, body, owners }, error, reverted } = effect;
        for (const owner of owners) { owner.failed?.(); owner.reject(error); }
        if (error instanceof RejectedError) this.emitter.emit('reject', { command: { ...body, n }, error, reverted });
        break;
      }
      case 'text': this.texts.changed(effect.text); this.emitter.emit('text', effect.text); break;
      case 'textGone': this.texts.gone(effect.gone); this.emitter.emit('textGone', effect.gone); break;
      case 'textRefused': this.texts.refused(effect.refused); this.emitter.emit('textRefused', effect.refused); break;
      case 'change': this.#changes.add(effect.change); break;
      case 'conflict': this.emitter.emit('conflict', effect.conflict); break;
      case 'event': this.#eventHappened(effect); break;
      case 'snapshot': this.#snapshotTaken(effect); break;
      case 'live': this.#live(effect); break;
      case 'wait': this.#settings.schedule(() => this.#run(this.replica.release(effect.n)), effect.ms); break;
      case 'diverged': this.#diverged(effect); break;
      case 'heal': this.#heal(effect); break;
      case 'rejoin': this.#session.rejoin(this); break;
      case 'restart': this.#session.lose(1002, 'The events do not fit together.'); break;
      case 'taken': effect.by(); break;
      case 'trouble': this.emitter.report(effect.error); break;
    }
  }

  /** @param {Effect & { do: 'snapshot' }} effect */
  #snapshotTaken({ seq, count, reason }) {
    this.texts.replaced();
    if (reason === 'epoch') this.steps.clear();
    const from = reason === 'epoch' ? 1 : this.#seqTold + 1;
    if (reason !== 'first' && from <= seq) this.streams.missed(from, seq);
    if (reason === 'epoch') this.steps.clear();
    this.#seqTold = reason === 'behind' ? Math.max(this.#seqTold, seq) : seq;
    this.emitter.emit('snapshot', { seq, count, reason });
  }

  /** @param {Effect & { do: 'event' }} effect */
  #eventHappened({ event, own, kinds }) {
    this.#seqTold = event.seq;
    if (this.emitter.hears('event')) this.emitter.emit('event', { ...event, own });
    const { project, seq, at, by, session, n } = event;
    const ops = event.type === 'batch' ? event.ops : kinds.length > 0 ? [/** @type {Op} */ (event)] : [];
    ops.forEach((op, i) => {
      if (!this.emitter.hears(op.type)) return;
      const told = { ...op, id: op.entity, kind: kinds[i], project, seq, at, by, session, n, own };
      this.emitter.emit(op.type, /** @type {CreateEvent & any} */ (told));
    });
  }

  /** Our state is not the server's: it is told there and here. @param {Effect & { do: 'diverged' }} effect */
  #diverged({ divergence, error }) {
    this.#session.say({ type: 'diverged', project: this.project, ...divergence });
    this.emitter.report(error);
  }

  /** A snapshot is to take the place of what we have. @param {Effect & { do: 'heal' }} effect */
  #heal({ ms, n }) {
    if (ms === 0) this.#session.rejoin(this);
    else this.#settings.schedule(() => { if (this.replica.mustHeal(n)) this.#session.rejoin(this); }, ms);
  }

  /** @param {Effect & { do: 'live' }} effect */
  #live({ mode, missed }) {
    this.#session.roomChanged();
    if (!this.#lostTold) return;
    this.#lostTold = false;
    this.emitter.emit('restored', { missed, mode });
  }

  /** Nobody waits for what is pending any more, or somebody does again. */
  #tellPending() {
    const { pending } = this.replica;
    if (pending === this.#pendingTold) return;
    this.#pendingTold = pending;
    this.emitter.emit('pending', { count: pending });
  }

  // ---- the line --------------------------------------------------------------------------------------------------

  /** This project and all others of the line are here. */
  held() { if (this.replica.caughtUp) this.#gate.open(); }

  /** @param {StateChange} change */
  lineChanged(change) {
    this.#indicator.lineIs(change.to === 'connected'); // first, so that a listener to `state` reads the right `sync`
    this.emitter.emit('state', change);
  }

  /** The line is gone. */
  down() {
    this.replica.off();
    this.presence.fade();
  }

  /** The line has been gone for long. */
  lost() {
    this.#lostTold = true;
    this.presence.clear(); // who knows whether they are still there
    this.emitter.emit('lost', undefined);
  }

  /** @param {ClosedError} error why nothing is taken any more */
  closed(error) {
    this.closedBy = error;
    this.#lostTold = false;
    this.#gate.fail(error);
    this.presence.clear();
    this.#run(this.replica.withdrawAll(error));
    this.streams.close(error);
  }
}

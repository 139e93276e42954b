// @ts-check
/**
 * @import { Connected, ErrorMessage, StateChange } from './types.js'
 * @import { Settings } from './settings.js'
 */
import { watchActivity } from './activity.js';
import { ClosedError, ProtocolError, RejectedError } from './errors.js';
import { Line } from './line.js';
import { watchPage } from './page-life.js';
import { Requests } from './requests.js';
import { Room } from './room.js';
import { ServerClock } from './server-clock.js';
import { Token } from './token.js';

const CLIENT = { name: 'eventonly.js', version: '1.0.0' };
const utf8 = new TextEncoder();

/**
 * One client and one server: the line between them, what they tell each other of themselves, and the rooms, one for each project.
 *
 *   Room, Room, … ──frames──▶ Session ──text──▶ Line ──▶ socket
 *        ▲──────by project───────┘ ▲────────────┘
 */
export class Session {
  #settings;
  #line;
  #clock = new ServerClock();
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** @type {Connected | undefined} */
  #connected;
  /** Why there is no line and will be none. @type {ClosedError | undefined} */
  #closedBy;
  #drained = () => {};
  #token;
  #lostIsDue = false;
  #cancelLost = () => {};
  #unwatch = () => {};
  #unwatchActivity = () => {};
  /** @type {import('./types.js').Activity} */
  #activity = 'active';

  /** Questions of all rooms: the server counts them by connection. */
  requests;

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    this.#token = new Token(settings);
    this.#line = new Line(settings, {
      prepare: () => this.#token.prepare(),
      opened: () => this.#opened(),
      heard: text => this.#heard(text),
      silent: () => this.say({ type: 'ping', t: settings.now() }),
      down: () => this.#down(),
      failed: failure => this.#failed(failure),
      state: change => this.#stateChanged(change),
      trouble: error => this.#main.emitter.report(error),
      renew: () => this.#token.refused(),
      needed: () => [...this.#rooms.values()].some(room => room.presence.own !== undefined),
    });
    this.requests = new Requests(frame => this.say(frame), settings.schedule);
  }

  get state() { return this.#line.state; }
  get closedBy() { return this.#closedBy; }
  get connected() { return this.#connected; }
  get clock() { return this.#clock; }
  get clogged() { return this.#line.buffered > this.#settings.highWater; }

  /** The room of the first project, which hears what belongs to none. */
  get #main() { return /** @type {Room} */ (this.#rooms.values().next().value); }

  /** @param {Room} room */
  isMain(room) { return room === this.#main; }

  get #pending() {
    let pending = 0;
    for (const room of this.#rooms.values()) pending += room.replica.pending;
    return pending;
  }

  /** The room of a project, a new one if need be. @param {Partial<Settings> & { project: string }} options */
  open(options) {
    let room = this.#rooms.get(options.project);
    if (room) return room;
    room = new Room({ ...this.#settings, ...options }, this);
    this.#rooms.set(options.project, room);
    if (this.#closedBy) room.closed(this.#closedBy);
    else if (this.#line.open) this.#join(room);
    else if (this.state !== 'idle') room.recall();
    room.presence.be(this.#activity);
    return room;
  }

  /** Forgets a room that was left, or never let in. @param {Room} room */
  drop(room) {
    this.#rooms.delete(room.project);
    room.release();
    this.roomChanged();
  }

  connect() {
    this.#closedBy = undefined;
    for (const room of this.#rooms.values()) room.closedBy = undefined;
    this.#unwatch();
    this.#unwatchActivity();
    this.#unwatchActivity = watchActivity(activity => {
      this.#activity = activity;
      for (const room of this.#rooms.values()) room.presence.be(activity);
    }, this.#settings);
    this.#unwatch = watchPage({
      wake: () => this.#line.wake(),
      hide: hidden => {
        this.#line.hidden = hidden;
        if (!hidden) this.#recall(); // it may have been stored meanwhile, and another page in its place
      },
      sleep: reason => this.#line.lose(1001, reason),
      park: reason => {
        for (const room of this.#rooms.values()) room.release();
        this.#line.park(reason);
      },
      unsaved: () => this.#settings.preventUnload && this.state !== 'connected' && [...this.#rooms.values()].some(room => !room.isSafe),
    }, this.#settings.now);
    this.#recall();
    this.#main.recall(() => { if (!this.#closedBy) this.#line.start(); });
  }

  /** Whoever heard of the end may have begun anew at once. */
  get #isRevived() { return this.state !== 'disconnected' && this.state !== 'idle'; }

  #recall() { for (const room of this.#rooms.values()) room.recall(); }

  /** @param {number} flush ms @param {number} code */
  async disconnect(flush, code) {
    if (flush > 0 && this.#pending > 0 && this.state !== 'idle') {
      await new Promise(resolve => {
        const cancelTimer = this.#settings.schedule(() => resolve(undefined), flush);
        this.#drained = () => { cancelTimer(); resolve(undefined); };
      });
    }
    this.#line.stop(code);
    if (!this.#closedBy && !this.#isRevived) this.#closed(new ClosedError('normal'));
  }

  reconnect() {
    if (this.state === 'idle' || this.state === 'disconnected') this.connect();
    else this.#line.restart();
  }

  // ---- what rooms need -------------------------------------------------------------------------------------------

  /** @param {object} frame @returns {boolean} false: there is no line */
  say(frame) { return this.sayText(JSON.stringify(frame)); }

  /** @param {string} text */
  sayText(text) {
    const sent = this.#line.send(text);
    if (sent) this.#showFrame('out', text);
    return sent;
  }

  /** Something happened in a room: perhaps all are where they should be, perhaps nobody waits any more. */
  roomChanged() {
    if (this.#pending === 0) this.#drained();
    const rooms = [...this.#rooms.values()];
    if (!this.#line.open || rooms.length === 0) return;
    if (rooms.every(({ replica }) => replica.joined)) this.#line.answered();
    if (!rooms.every(({ replica }) => replica.live)) return;
    this.#line.held();
    for (const room of rooms) room.held();
  }

  /** A room is joined once more on the same line. @param {Room} room */
  rejoin(room) {
    this.say({ type: 'leave', id: this.requests.id('l'), project: room.project });
    this.#join(room);
  }

  /** @param {number} code @param {string} reason @param {number} [retryAfterMs] */
  lose(code, reason, retryAfterMs) { this.#line.lose(code, reason, retryAfterMs); }

  /** The server does not let us into a project, for good. @param {Room} room @param {ErrorMessage} error */
  refused(room, { code, message }) {
    if (this.#rooms.size === 1 || code === 'unauthenticated') return this.#line.fail(code, message);
    room.closed(new ClosedError(code, message));
    room.emitter.emit('failed', { code, reason: message });
    this.drop(room);
  }

  // ---- in --------------------------------------------------------------------------------------------------------

  #opened() {
    this.say({ type: 'connect', token: this.#token.value, user: this.#settings.user, client: CLIENT });
    for (const room of this.#rooms.values()) this.#joinWhenOurs(room); // without waiting for `connected`: a round trip less
  }

  /** @param {Room} room */
  #joinWhenOurs(room) { room.recall(() => { if (this.#line.open) room.join(); }); }

  /** @param {Room} room */
  #join(room) {
    this.#joinWhenOurs(room);
    this.#line.expect();
  }

  /** @param {unknown} text */
  #heard(text) {
    let message;
    try {
      message = JSON.parse(/** @type {string} */ (text));
    } catch {
      return this.#main.emitter.report(new ProtocolError('bad_frame', 'The server sent something that is not JSON.'));
    }
    this.#showFrame('in', /** @type {string} */ (text));
    try {
      this.#receive(message);
    } catch (error) {
      // A frame of the wrong shape, or a fault of ours: the state may have moved half a step. Start again from a snapshot.
      this.#main.emitter.report(error);
      for (const room of this.#rooms.values()) room.replica.doubt();
      this.#line.lose(1002, 'A message could not be understood.');
    }
  }

  /** @param {any} message */
  #receive(message) {
    switch (message.type) {
      case 'ping': this.say({ type: 'pong', t: message.t }); break;
      case 'pong': this.#clock.pong(message, this.#settings.now()); break;
      case 'connected': this.#greeted(message); break;
      case 'disconnect': this.#line.dismissed(message); break;
      case 'result': case 'verdict': this.requests.answer(message); break;
      case 'error': this.#errorHeard(message); break;
      default:
        if (message.type === 'snapshot' && message.id !== undefined) this.requests.answer(message);
        else if (message.project !== undefined) this.#rooms.get(message.project)?.receive(message);
        else this.#settings.log('debug', 'A message of an unknown type.', message);
    }
  }

  /** @param {Connected} connected */
  #greeted(connected) {
    this.#connected = connected;
    this.#token.accepted();
    this.requests.inFlight = connected.limits.queriesInFlight;
    for (const room of this.#rooms.values()) room.limits = connected.limits;
    this.#clock.greeted(connected.time, this.#settings.now());
    this.#line.greeted(connected.pingInterval);
  }

  /** @param {ErrorMessage} message */
  #errorHeard(message) {
    if (message.id === undefined) return this.#main.emitter.report(new RejectedError(message));
    for (const room of this.#rooms.values()) if (room.joinId === message.id) return room.notJoined(message);
    this.requests.answer(message);
  }

  /** @param {'in' | 'out'} direction @param {string} text */
  #showFrame(direction, text) {
    const { emitter } = this.#main;
    if (emitter.hears('frame')) emitter.emit('frame', { direction, text, size: utf8.encode(text).length });
  }

  // ---- the line --------------------------------------------------------------------------------------------------

  #down() {
    for (const room of this.#rooms.values()) room.down();
    this.requests.offline();
  }

  /** @param {StateChange} change */
  #stateChanged(change) {
    const { from, to } = change;
    if (to === 'connected') this.#notLost();
    else if (to === 'reconnecting' && from !== 'disconnected' && !this.#lostIsDue && !this.#line.parked) { // a page that is put away has no timer
      this.#lostIsDue = true;
      this.#cancelLost = this.#settings.schedule(() => {
        for (const room of this.#rooms.values()) room.lost();
      }, this.#settings.lostAfter);
    }
    this.#settings.log('info', `${from} → ${to}`, change);
    for (const room of this.#rooms.values()) room.lineChanged(change);
  }

  #notLost() {
    this.#lostIsDue = false;
    this.#cancelLost();
  }

  /** @param {{ code: string, reason: string }} failure */
  #failed(failure) {
    if (this.#isRevived) return;
    this.#closed(new ClosedError(failure.code, failure.reason || undefined));
    for (const room of this.#rooms.values()) room.emitter.emit('failed', failure);
  }

  /** @param {ClosedError} error */
  #closed(error) {
    this.#closedBy = error;
    this.#notLost();
    this.#unwatch();
    this.#unwatchActivity();
    for (const room of this.#rooms.values()) { room.closed(error); room.release(); }
  }
}

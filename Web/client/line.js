// @ts-check
/** @import { Disconnect, State, StateChange } from './types.js' */
/** @import { Settings } from './settings.js' */
import { backoffMs } from './backoff.js';
import { closeNamed, closeOf } from './codes.js';

export const SUBPROTOCOL = 'eventonly.v1';
/** Where an attempt starts on the ladder after a close that says "back off": within 2 s instead of 250 ms. */
const BACK_OFF_ATTEMPT = 3;
const TIMEOUT = 4408;
const OPEN = 1;

/**
 * @typedef {object} LineEvents what the line tells its owner
 * @property {() => void} opened say hello
 * @property {(text: unknown) => void} heard
 * @property {() => void} silent time to ping
 * @property {() => void} down the socket is gone
 * @property {(failed: { code: string, reason: string }) => void} failed there will be no further attempt
 * @property {(change: StateChange) => void} state
 * @property {(error: unknown) => void} trouble
 */

/**
 * A line that comes back: at most one socket, retries with back-off for ever unless told to stop, a watchdog for silence.
 *
 *   idle ──start──▶ connecting ──held──▶ connected ──close, silence──▶ reconnecting ──held──▶ connected
 *                      └────────────── stop(), or a close that says stop ─────────┴──▶ disconnected ──start──▶ reconnecting
 */
export class Line {
  #settings;
  #tell;
  /** @type {any} */
  #socket = null;
  /** @type {State} */
  #state = 'idle';
  #attempt = 0;
  /** @type {number | undefined} */
  #heldAt;
  #heardAt = 0;
  #pingedAt = 0;
  #pingInterval = 0;
  #cancelTimer = () => {};
  #cancelBeat = () => {};

  /** @param {Pick<Settings, 'url' | 'WebSocket' | 'connectTimeout' | 'pingGrace' | 'reconnect' | 'now' | 'random' | 'schedule'>} settings @param {LineEvents} tell */
  constructor(settings, tell) {
    this.#settings = settings;
    this.#tell = tell;
  }

  get state() { return this.#state; }
  get open() { return this.#socket?.readyState === OPEN; }
  /** Bytes the socket has not written yet. */
  get buffered() { return this.#socket?.bufferedAmount ?? 0; }

  /** Idempotent. */
  start() {
    if (this.#state !== 'idle' && this.#state !== 'disconnected') return;
    this.#to(this.#state === 'idle' ? 'connecting' : 'reconnecting');
    this.#attempt = 0;
    this.#connect();
  }

  /** Ends for good; only `start` and `restart` revive it. @param {number} [code] @param {string} [reason] */
  stop(code = 1000, reason = '') {
    if (this.#state === 'disconnected') return;
    this.#drop(code);
    if (this.#state !== 'idle') this.#to('disconnected', { code, reason });
    this.#state = 'disconnected';
  }

  /** A new socket now, whatever the state; the ladder starts at its foot. */
  restart() {
    this.#drop(1000);
    this.#attempt = 0;
    this.#to(this.#state === 'idle' || this.#state === 'connecting' ? 'connecting' : 'reconnecting');
    this.#connect();
  }

  /** Gives up the socket and comes back in a while. @param {number} code @param {string} reason @param {number} [retryAfterMs] */
  lose(code, reason, retryAfterMs) { if (this.#socket !== null) this.#lost(code, reason, retryAfterMs); }

  /** No further attempt: the server refuses us. @param {string} code @param {string} reason */
  fail(code, reason) {
    this.stop(1000, reason);
    this.#tell.failed({ code, reason });
  }

  /** The server greeted us: from now on its silence is measured. @param {number} pingInterval ms */
  greeted(pingInterval) {
    this.#pingInterval = pingInterval;
    this.#beat();
  }

  /** `join` was said: it must be answered within `connectTimeout`. */
  expect() {
    this.#cancelTimer();
    const { schedule, connectTimeout } = this.#settings;
    this.#cancelTimer = schedule(() => this.#lost(TIMEOUT, 'No answer to connect and join.'), connectTimeout);
  }

  /** `join` was answered. */
  answered() { this.#cancelTimer(); }

  /** The project is here: this attempt has succeeded. */
  held() {
    this.#heldAt ??= this.#settings.now();
    if (this.#state !== 'connected') this.#to('connected');
  }

  /** The server says that it is going to close, and when to come back. We do not wait for the close: it may get lost. @param {Disconnect} message */
  dismissed({ code, reason, reconnect, retryAfterMs }) {
    const number = closeNamed(code) ?? 1001;
    if (reconnect) this.#lost(number, reason, retryAfterMs);
    else this.fail(code, reason);
  }

  /** @param {string} text @returns {boolean} false: there is no line */
  send(text) {
    if (!this.open) return false;
    this.#socket.send(text);
    return true;
  }

  /** The machine woke up, or the network came back: try at once, or make sure that the line is alive. */
  wake() {
    if (this.#state === 'connected') this.#check(2000);
    else if (this.#socket === null && (this.#state === 'connecting' || this.#state === 'reconnecting')) this.restart();
  }

  #connect() {
    const { WebSocket, url } = this.#settings;
    let socket;
    try {
      socket = new WebSocket(url, SUBPROTOCOL);
    } catch (error) {
      this.#tell.trouble(error);
      return this.#lost(1006, 'The socket could not be made.');
    }
    this.#socket = socket;
    // An old socket may still speak after a new one was made; by identity it is nobody's any more.
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#heardAt = this.#settings.now();
      this.#tell.opened();
    };
    socket.onmessage = (/** @type {{ data: unknown }} */ { data }) => {
      if (socket !== this.#socket) return;
      this.#heardAt = this.#settings.now();
      this.#tell.heard(data);
    };
    socket.onerror = () => {}; // always followed by a close
    socket.onclose = (/** @type {{ code: number, reason: string }} */ { code, reason }) => {
      if (socket === this.#socket) this.#lost(code, reason);
    };
    this.expect();
  }

  /** @param {number} code @param {string} reason @param {number} [retryAfterMs] */
  #lost(code, reason, retryAfterMs) {
    const close = closeOf(code);
    this.#drop(code);
    if (close.does === 'stop') {
      this.#to('disconnected', { code, reason });
      return this.#tell.failed({ code: close.code, reason });
    }
    const pause = this.#pauseMs(close.does, retryAfterMs);
    this.#cancelTimer = this.#settings.schedule(() => this.#connect(), pause);
    this.#to(this.#state === 'connecting' ? 'connecting' : 'reconnecting', { code, reason, retryIn: pause });
  }

  /** @param {'reconnect' | 'back off'} does @param {number} [retryAfterMs] */
  #pauseMs(does, retryAfterMs) {
    const { now, random, reconnect } = this.#settings;
    // Only a line that held for a while clears the record: a server that accepts and drops must not be hammered.
    if (this.#heldAt !== undefined && now() - this.#heldAt >= reconnect.minUptime) this.#attempt = 0;
    this.#heldAt = undefined;
    if (does === 'back off') this.#attempt = Math.max(this.#attempt, BACK_OFF_ATTEMPT);
    const pause = backoffMs(this.#attempt++, reconnect, random);
    return Math.round(retryAfterMs === undefined ? pause : Math.max(pause, retryAfterMs + random() * reconnect.base));
  }

  /** Closes and orphans the socket, before another one can be made. @param {number} code */
  #drop(code) {
    this.#cancelTimer();
    this.#cancelBeat();
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    try {
      socket.close(code === 1000 || code >= 3000 && code < 5000 ? code : 1000); // browsers allow no other
    } catch { /* it was closed already */ }
    this.#tell.down();
  }

  /** Pings in time and notices when the other side has gone without a word. */
  #beat() {
    this.#cancelBeat();
    const now = this.#settings.now();
    const deadline = this.#heardAt + this.#pingInterval + this.#settings.pingGrace;
    if (now >= deadline) return this.#lost(TIMEOUT, 'The server is silent.');
    if (now >= this.#pingedAt + this.#pingInterval) this.#ping(now);
    this.#cancelBeat = this.#settings.schedule(() => this.#beat(), Math.min(deadline, this.#pingedAt + this.#pingInterval) - now);
  }

  /** Anything must be heard within so many ms. @param {number} ms */
  #check(ms) {
    const asked = this.#settings.now();
    this.#ping(asked);
    this.#cancelBeat();
    this.#cancelBeat = this.#settings.schedule(() => {
      if (this.#heardAt >= asked) this.#beat();
      else this.#lost(TIMEOUT, 'The server is silent.');
    }, ms);
  }

  /** @param {number} now */
  #ping(now) {
    this.#pingedAt = now;
    this.#tell.silent();
  }

  /** @param {State} to @param {Partial<StateChange>} [more] */
  #to(to, more) {
    const from = this.#state;
    this.#state = to;
    if (from !== to || more?.retryIn !== undefined) this.#tell.state({ from, to, attempt: this.#attempt, ...more });
  }
}

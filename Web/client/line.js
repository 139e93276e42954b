// @ts-check
/** @import { Disconnect, State, StateChange } from './types.js' */
/** @import { LineEnd } from './line-end.js' */
/** @import { Move } from './line-states.js' */
/** @import { Settings } from './settings.js' */
import { backoffMs, Ladder } from './backoff.js';
import { endOf, endOfDisconnect } from './line-end.js';
import { MOVES } from './line-states.js';

export const SUBPROTOCOL = 'eventonly.v1';
const TIMEOUT = 4408;
const LOST = 1006;
const OPEN = 1;

/**
 * @typedef {object} LineEvents what the line tells its owner, and what it asks
 * @property {() => Promise<void> | undefined} prepare is there something to wait for before a socket is made?
 * @property {() => void} opened say hello
 * @property {(text: unknown) => void} heard
 * @property {() => void} silent time to ping
 * @property {() => void} down the socket is gone
 * @property {(failed: { code: string, reason: string }) => void} failed there will be no further attempt
 * @property {(change: StateChange) => void} state
 * @property {(error: unknown) => void} trouble
 * @property {() => boolean} renew the server does not know us any more: can we show it something else?
 * @property {() => boolean} needed is the line wanted though the page cannot be seen?
 */

/** A line that comes back: at most one socket, retries with back-off for ever unless told to stop, a watchdog for silence. Its states: `line-states.js`. */
export class Line {
  #settings;
  #tell;
  #ladder;
  /** @type {any} */
  #socket = null;
  /** The attempt that waits for `prepare`, so that one that was given up makes no socket. @type {object | null} */
  #preparing = null;
  /** @type {State} */
  #state = 'idle';
  #hidden = false;
  /** The next attempt waits for the page to be seen. */
  #parked = false;
  #dialledAt = -Infinity;
  #heardAt = 0;
  #pingedAt = 0;
  #pingInterval = 0;
  #cancelTimer = () => {};
  #cancelBeat = () => {};

  /** @param {Pick<Settings, 'url' | 'WebSocket' | 'connectTimeout' | 'pingGrace' | 'reconnect' | 'now' | 'random' | 'schedule' | 'log'>} settings @param {LineEvents} tell */
  constructor(settings, tell) {
    this.#settings = settings;
    this.#tell = tell;
    this.#ladder = new Ladder(settings);
  }

  get state() { return this.#state; }
  get open() { return this.#socket?.readyState === OPEN; }
  /** Bytes the socket has not written yet. */
  get buffered() { return this.#socket?.bufferedAmount ?? 0; }
  /** Without a socket and without a timer, until the page is seen again. */
  get parked() { return this.#parked; }

  // ---- what the owner wants --------------------------------------------------------------------------------------

  /** Idempotent. */
  start() {
    if (!this.#may('start')) return;
    this.#ladder.toFoot();
    this.#move('start');
    this.#dial();
  }

  /** Ends for good; only `start` revives it. @param {number} [code] @param {string} [reason] */
  stop(code = 1000, reason = '') {
    if (!this.#may('stop')) return;
    if (this.#drop(code) && this.#may('stop')) this.#move('stop', { code, reason });
  }

  /** A new socket now; the ladder starts at its foot. */
  restart() {
    if (!this.#may('restart')) return;
    if (!this.#drop(1000) || !this.#may('restart')) return;
    this.#ladder.toFoot();
    this.#move('restart');
    this.#dial();
  }

  /** Gives up the socket and comes back in a while. @param {number} code @param {string} reason @param {number} [retryAfterMs] */
  lose(code, reason, retryAfterMs) { if (this.#socket !== null) this.#lost(endOf(code, reason, retryAfterMs)); }

  /** No further attempt: the server refuses us. @param {string} code @param {string} reason */
  fail(code, reason) { this.#lost({ code, reason, does: 'stop' }); }

  /** The machine woke up, or the network came back: try at once, or make sure that the line is alive. */
  wake() {
    if (this.#state === 'connected') this.#check(2000);
    else if (this.#isWaiting) this.restart();
  }

  /** Can the page be seen? While it cannot, nobody waits for us. @param {boolean} hidden */
  set hidden(hidden) {
    this.#hidden = hidden;
    if (hidden || !this.#parked) return;
    this.#cancelTimer();
    this.#dial();
  }

  /** The page goes away, perhaps to be kept: neither a socket nor a timer may hold it back. @param {string} reason */
  park(reason) {
    if (this.#socket !== null) this.#lost(endOf(1001, reason), true);
    else if (this.#isWaiting) {
      this.#cancelTimer();
      this.#parked = true;
    }
  }

  // ---- what the owner heard --------------------------------------------------------------------------------------

  /** The server greeted us: from now on its silence is measured. @param {number} pingInterval ms */
  greeted(pingInterval) {
    this.#pingInterval = pingInterval;
    this.#beat();
  }

  /** `join` was said: it must be answered within `connectTimeout`. */
  expect() {
    this.#cancelTimer();
    const { schedule, connectTimeout } = this.#settings;
    this.#cancelTimer = schedule(() => this.#lost(endOf(TIMEOUT, 'No answer to connect and join.')), connectTimeout);
  }

  /** `join` was answered. */
  answered() { this.#cancelTimer(); }

  /** The projects are here: this attempt has succeeded. */
  held() {
    if (this.#state === 'connected') return; // it is told with every event
    if (!this.#may('held')) return;
    this.#ladder.held();
    this.#move('held');
  }

  /** The server says that it is going to close, and when to come back. We do not wait for the close: it may get lost. @param {Disconnect} message */
  dismissed(message) { this.#lost(endOfDisconnect(message)); }

  /** @param {string} text @returns {boolean} false: there is no line */
  send(text) {
    if (!this.open) return false;
    this.#socket.send(text);
    return true;
  }

  // ---- one attempt -----------------------------------------------------------------------------------------------

  /** Between two attempts. */
  get #isWaiting() { return this.#socket === null && this.#preparing === null && (this.#state === 'connecting' || this.#state === 'reconnecting'); }

  #dial() {
    this.#parked = false;
    if (this.#state === 'disconnected') return; // a listener of `state` thought otherwise
    this.#dialledAt = this.#settings.now();
    const preparing = this.#tell.prepare();
    if (!preparing) return this.#connect();
    const attempt = this.#preparing = {};
    this.expect();
    preparing.then(() => {
      if (attempt === this.#preparing) this.#connect();
    }, error => {
      if (attempt !== this.#preparing) return;
      this.#tell.trouble(error);
      this.#lost({ code: 'unauthenticated', reason: 'There is no token to show.', does: 'back off' });
    });
  }

  #connect() {
    this.#preparing = null;
    const { WebSocket, url } = this.#settings;
    let socket;
    try {
      socket = new WebSocket(url, SUBPROTOCOL);
    } catch (error) {
      this.#tell.trouble(error);
      return this.#lost(endOf(LOST, 'The socket could not be made.'));
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
      if (socket === this.#socket) this.#lost(endOf(code, reason));
    };
    this.expect();
  }

  /** @param {LineEnd} end @param {boolean} [park] no attempt before the page is seen again */
  #lost(end, park = false) {
    if (!this.#may('lost')) return;
    if (end.code === 'unauthenticated' && end.does === 'stop' && this.#tell.renew()) end = { ...end, does: 'back off' };
    if (!this.#drop(end.number ?? 1000) || !this.#may('lost')) return;
    const pause = end.does === 'stop' ? null : park ? undefined : this.#pauseMs(end);
    const { number: code, code: word, reason } = end;
    if (pause === null) {
      this.#move('stop', { code, word, reason });
      return this.#tell.failed({ code: word, reason });
    }
    this.#parked = park;
    if (pause !== undefined) this.#cancelTimer = this.#settings.schedule(() => this.#due(), pause);
    this.#move('lost', { code, word, reason, retryIn: pause });
  }

  /** @param {LineEnd} end */
  #pauseMs(end) {
    try {
      return this.#ladder.pauseMs(end, this.#hidden);
    } catch (error) { // of the caller's function
      this.#tell.trouble(error);
      return Math.round(backoffMs(this.#ladder.attempt, this.#settings.reconnect, this.#settings.random));
    }
  }

  /** The pause is over. Where nobody sees the page the attempt waits until somebody does, or until the next is due that keeps us present. */
  #due() {
    const { now, schedule, reconnect } = this.#settings;
    const wait = this.#hidden ? this.#dialledAt + reconnect.hiddenCap - now() : 0;
    if (wait <= 0 && (!this.#hidden || this.#tell.needed())) return this.#dial();
    this.#parked = true;
    if (wait > 0 && this.#tell.needed()) this.#cancelTimer = schedule(() => this.#due(), wait);
  }

  /** Closes and orphans the socket, before another one can be made. @param {number} code @returns {boolean} false: who heard of it has begun anew */
  #drop(code) {
    this.#cancelTimer();
    this.#cancelBeat();
    this.#preparing = null;
    this.#parked = false;
    const socket = this.#socket;
    if (socket === null) return true;
    this.#socket = null;
    try {
      socket.close(code === 1000 || code >= 3000 && code < 5000 ? code : 1000); // browsers allow no other
    } catch { /* it was closed already */ }
    this.#tell.down();
    return this.#socket === null;
  }

  // ---- silence ---------------------------------------------------------------------------------------------------

  /** Pings in time and notices when the other side has gone without a word. */
  #beat() {
    this.#cancelBeat();
    const now = this.#settings.now();
    const deadline = this.#heardAt + this.#pingInterval + this.#settings.pingGrace;
    if (now >= deadline) return this.#lost(endOf(TIMEOUT, 'The server is silent.'));
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
      else this.#lost(endOf(TIMEOUT, 'The server is silent.'));
    }, ms);
  }

  /** @param {number} now */
  #ping(now) {
    this.#pingedAt = now;
    this.#tell.silent();
  }

  // ---- states ----------------------------------------------------------------------------------------------------

  /** @param {Move} move */
  #may(move) {
    if (MOVES[this.#state][move] !== undefined) return true;
    this.#settings.log('debug', `A line that is ${this.#state} ignores: ${move}.`);
    return false;
  }

  /** @param {Move} move one that may be @param {Partial<StateChange>} [more] */
  #move(move, more) {
    const from = this.#state;
    const to = this.#state = /** @type {State} */ (MOVES[from][move]);
    if (from !== to || more?.retryIn !== undefined) this.#tell.state({ from, to, attempt: this.#ladder.attempt, ...more });
  }
}

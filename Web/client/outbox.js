// @ts-check
/**
 * @import { Ack, Command } from './types.js'
 * @import { Effect, Replica } from './replica.js'
 * @import { Settings } from './settings.js'
 * @import { PendingCommand } from './pending.js'
 */
import { refuse } from './canonical.js';
import { QueueFullError, RejectedError } from './errors.js';
import { opsOf } from './fold.js';

/** How soon to look again at a socket that has too much to write. */
const DRAIN_MS = 50;
const utf8 = new TextEncoder();

/** Takes commands from callers, gives each a promise, and sends what the window and the socket allow. */
export class Outbox {
  #settings;
  #replica;
  #line;
  #run;
  #pumping = false;
  #cancelPump = () => {};
  /** What the server takes: its `limits`, once it has told them. @type {{ messageBytes: number, depth?: number }} */
  limits = { messageBytes: Infinity };

  /**
   * @param {Settings} settings @param {Replica} replica
   * @param {{ say: (text: string) => unknown, clogged: () => boolean }} line
   * @param {(effects: Effect[]) => void} run what the replica wants done; it calls `pump` when it is through
   */
  constructor(settings, replica, line, run) {
    this.#settings = settings;
    this.#replica = replica;
    this.#line = line;
    this.#run = run;
  }

  /** @param {Command} body @param {AbortSignal} [signal] @returns {Promise<Ack>} */
  submit(body, signal) {
    const promise = this.#submit(body, signal);
    promise.catch(() => {}); // nobody has to catch what the events `reject` and `failed` tell as well
    return promise;
  }

  /** @param {Command} body @param {AbortSignal} [signal] @returns {Promise<Ack>} */
  async #submit(body, signal) {
    signal?.throwIfAborted();
    if (this.#replica.pending >= this.#settings.queueMax) throw new QueueFullError(this.#settings.queueMax);
    const copy = /** @type {Command} */ (JSON.parse(JSON.stringify(body))); // what the caller does to its objects later does not count
    for (const op of opsOf(copy)) if (op.type === 'create' && !isObject(op.data)) throw new TypeError('The data of an entity is an object.');
    const reason = refuse(copy, this.limits.depth);
    if (reason) throw new RejectedError({ code: 'invalid', detail: 'bad_json', message: reason });
    return new Promise((resolve, reject) => {
      const over = () => signal?.removeEventListener('abort', aborted);
      const owner = {
        resolve: (/** @type {Ack} */ ack) => { over(); resolve(ack); },
        reject: (/** @type {unknown} */ error) => { over(); reject(error); },
      };
      const aborted = () => {
        reject(signal?.reason);
        if (command.stage !== 'sent') this.#run(this.#replica.withdraw(command, signal?.reason));
      };
      signal?.addEventListener('abort', aborted, { once: true });
      const { command, effects } = this.#replica.submit(copy, owner, this.#settings.now());
      this.#run(effects);
    });
  }

  /** Sends what may be sent now. */
  pump() {
    if (this.#pumping) return; // a listener that submits while we send: the loop below finds it
    this.#pumping = true;
    try {
      for (let command = this.#replica.next(); command && !this.#line.clogged(); command = this.#replica.next()) this.#send(command);
    } finally {
      this.#pumping = false;
    }
    this.#cancelPump();
    if (this.#line.clogged()) this.#cancelPump = this.#settings.schedule(() => this.pump(), DRAIN_MS);
  }

  /** @param {PendingCommand} command */
  #send(command) {
    const { messageBytes } = this.limits;
    const text = JSON.stringify(this.#replica.frame(command));
    if (text.length * 3 > messageBytes && utf8.encode(text).length > messageBytes) {
      // The server would close the line for it, and again after every reconnect.
      const error = new RejectedError({ code: 'too_large', message: `The command is over ${messageBytes} bytes.` });
      return this.#run(this.#replica.withdraw(command, error));
    }
    this.#replica.sent(command);
    this.#line.say(text);
  }
}

/** @param {unknown} value */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

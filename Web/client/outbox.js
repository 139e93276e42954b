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
  #shell;
  #pumping = false;
  #cancelPump = () => {};
  /** What the server takes: its `limits`, once it has told them. @type {{ messageBytes: number, depth?: number, batchOps?: number }} */
  limits = { messageBytes: Infinity };

  /**
   * @param {Settings} settings @param {Replica} replica
   * @param {object} shell
   * @param {(text: string) => unknown} shell.say
   * @param {() => boolean} shell.clogged
   * @param {(effects: Effect[]) => void} shell.run does what the replica wants done, and calls `pump` when it is through
   * @param {(command: Command, error: RejectedError) => void} shell.refused a command was refused before it had a number
   */
  constructor(settings, replica, shell) {
    this.#settings = settings;
    this.#replica = replica;
    this.#shell = shell;
  }

  /** @param {Command} body @param {AbortSignal} [signal] @returns {Promise<Ack>} */
  submit(body, signal) {
    try {
      signal?.throwIfAborted();
      const copy = this.#copy(body);
      const reason = refuse(copy, this.limits.depth);
      return quietly(reason ? this.#refuse(copy, reason) : this.#queue(copy, signal));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param {Command} body @returns {Command} what the caller does to its objects later is not part of it */
  #copy(body) {
    if (this.#replica.pending >= this.#settings.queueMax) throw new QueueFullError(this.#settings.queueMax);
    const copy = /** @type {Command} */ (JSON.parse(JSON.stringify(body)));
    for (const op of opsOf(copy)) if (op.type === 'create' && !isObject(op.data)) throw new TypeError('The data of an entity is an object.');
    return copy;
  }

  /** @param {Command} command @param {string} message @returns {Promise<Ack>} */
  #refuse(command, message) {
    const error = new RejectedError({ code: 'invalid', detail: 'bad_json', message });
    this.#shell.refused(command, error);
    return Promise.reject(error);
  }

  /** @param {Command} copy @param {AbortSignal} [signal] @returns {Promise<Ack>} */
  #queue(copy, signal) {
    return new Promise((resolve, reject) => {
      const over = () => signal?.removeEventListener('abort', aborted);
      const owner = {
        resolve: (/** @type {Ack} */ ack) => { over(); resolve(ack); },
        reject: (/** @type {unknown} */ error) => { over(); reject(error); },
      };
      const aborted = () => {
        reject(signal?.reason);
        if (command.stage !== 'sent') this.#shell.run(this.#replica.withdraw(command, signal?.reason));
      };
      signal?.addEventListener('abort', aborted, { once: true });
      const { command, effects } = this.#replica.submit(copy, owner, this.#settings.now());
      this.#shell.run(effects);
    });
  }

  /** Sends what may be sent now. */
  pump() {
    if (this.#pumping) return; // a listener that submits while we send: the loop below finds it
    this.#pumping = true;
    try {
      for (let command = this.#replica.next(); command && !this.#shell.clogged(); command = this.#replica.next()) this.#send(command);
    } finally {
      this.#pumping = false;
    }
    this.#cancelPump();
    if (this.#shell.clogged()) this.#cancelPump = this.#settings.schedule(() => this.pump(), DRAIN_MS);
  }

  /** @param {PendingCommand} command */
  #send(command) {
    const { messageBytes, batchOps = Infinity } = this.limits;
    const text = JSON.stringify(this.#replica.frame(command));
    if (text.length * 3 > messageBytes && utf8.encode(text).length > messageBytes) {
      // The server would close the line for it, and again after every reconnect.
      return this.#tooLarge(command, `The command is over ${messageBytes} bytes.`);
    }
    if (command.ops.length > batchOps) return this.#tooLarge(command, `The batch has more than ${batchOps} operations.`);
    this.#replica.sent(command);
    this.#shell.say(text);
  }

  /** @param {PendingCommand} command @param {string} message */
  #tooLarge(command, message) {
    this.#shell.run(this.#replica.withdraw(command, new RejectedError({ code: 'too_large', message })));
  }
}

/** @param {unknown} value */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/** Nobody has to catch what the events `reject` and `failed` tell as well. @template T @param {Promise<T>} promise */
function quietly(promise) {
  promise.catch(() => {});
  return promise;
}

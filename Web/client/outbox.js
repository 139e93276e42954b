// @ts-check
/**
 * @import { Ack, Command, Delta, Op } from './types.js'
 * @import { Effect } from './effects.js'
 * @import { Replica } from './replica.js'
 * @import { Settings } from './settings.js'
 * @import { Owner, PendingCommand } from './pending.js'
 * @import { Role } from './undo.js'
 */
import { refuse } from './canonical.js';
import { RejectedError } from './errors.js';
import { opsOf } from './fold.js';
import { inverseOf } from './undo.js';

/** How soon to look again at a socket that has too much to write. */
const DRAIN_MS = 50;
/** Characters that leave together, before the socket is looked at again. */
const BURST = 16_384;
const utf8 = new TextEncoder();

/** Takes commands from callers, gives each a promise, and sends what the window and the socket allow. */
export class Outbox {
  #settings;
  #replica;
  #shell;
  #pumping = false;
  #cancelPump = () => {};
  /** What the server takes: its `limits`, once it has told them. @type {{ messageBytes: number, depth?: number, batchOps?: number, textUnits?: number }} */
  limits = { messageBytes: Infinity };

  /**
   * @param {Settings} settings @param {Replica} replica
   * @param {object} shell
   * @param {(text: string) => unknown} shell.say
   * @param {() => boolean} shell.clogged
   * @param {() => Promise<void> | undefined} shell.keep writes down what waits; nothing: it is written
   * @param {(effects: Effect[]) => void} shell.run does what the replica wants done, and calls `pump` when it is through
   * @param {(command: Command, error: RejectedError) => void} shell.refused a command was refused before it had a number
   * @param {(inverse: Op[], role: Role, label?: string) => () => void} shell.taken a command is in the view; returns what to do if it fails
   */
  constructor(settings, replica, shell) {
    this.#settings = settings;
    this.#replica = replica;
    this.#shell = shell;
  }

  /** @param {Command} body @param {AbortSignal} [signal] @param {Role} [role] @param {string} [label] of the step that it is @returns {Promise<Ack>} */
  submit(body, signal, role = 'change', label) {
    try {
      signal?.throwIfAborted();
      const copy = this.#copy(body);
      const reason = refuse(copy, this.limits.depth);
      return quietly(reason ? this.#refuse(copy, reason) : this.#queue(copy, signal, role, label));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param {Command} body @returns {Command} what the caller does to its objects later is not part of it */
  #copy(body) {
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

  /** @param {Command} copy @param {AbortSignal | undefined} signal @param {Role} role @param {string | undefined} label @returns {Promise<Ack>} */
  #queue(copy, signal, role, label) {
    return new Promise((resolve, reject) => {
      const over = () => signal?.removeEventListener('abort', aborted);
      const inverse = inverseOf(copy, id => this.#replica.view(id));
      /** @type {Owner} */
      const owner = {
        resolve: (/** @type {Ack} */ ack) => { over(); resolve(ack); },
        reject: (/** @type {unknown} */ error) => { over(); reject(error); },
      };
      const { command, effects } = this.#replica.submit(copy, owner, this.#settings.now());
      owner.failed = this.#shell.taken(inverse, role, label);
      const aborted = () => {
        reject(signal?.reason);
        this.#shell.run(this.#replica.abandon(command, owner, signal?.reason));
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#shell.run(effects);
    });
  }

  /**
   * An edit of a text, for what is seen of it.
   * @param {string} id @param {string} field @param {Delta} delta @param {'local' | 'undo'} origin @param {() => void} taken it is in the view @returns {Promise<Ack>}
   */
  edit(id, field, delta, origin, taken) {
    return quietly(new Promise((resolve, reject) => {
      const effects = this.#replica.edit(id, field, delta, { resolve, reject }, this.#settings.now(), origin);
      this.#shell.run([{ do: 'taken', by: taken }, ...effects]); // in its order among what others did
    }));
  }

  /** What is typed within a moment after an edit was sent goes with the next one. @param {PendingCommand} command */
  #rest(command) {
    const text = this.#replica.rest(command);
    if (text === undefined) return;
    this.#settings.schedule(() => {
      this.#replica.wake(text);
      this.pump();
    }, this.#settings.textGap);
  }

  /** Sends what may be sent now. */
  pump() {
    if (this.#pumping) return; // a listener that submits while we send: the loop below finds it
    this.#pumping = true;
    try {
      while (!this.#shell.clogged() && this.#sendSome());
    } finally {
      this.#pumping = false;
    }
    this.#cancelPump();
    if (this.#shell.clogged()) this.#cancelPump = this.#settings.schedule(() => this.pump(), DRAIN_MS);
  }

  /** Their numbers are written down first, all at once. @returns {boolean} false: there was nothing to send */
  #sendSome() {
    /** @type {{ command: PendingCommand, turn: number, text: string }[]} */
    const some = [];
    let length = 0;
    for (let command = this.#replica.next(); command && length < BURST; command = this.#replica.next()) {
      const text = this.#encode(command);
      if (text === undefined) continue;
      this.#replica.sent(command);
      this.#rest(command);
      some.push({ command, turn: command.turn, text });
      length += text.length;
    }
    if (some.length === 0) return false;
    const written = this.#shell.keep();
    if (!written) for (const { text } of some) this.#shell.say(text);
    else written.then(() => { // perhaps on another line, or sent again there already
      for (const { command, turn, text } of some) if (this.#replica.joined && command.stage === 'sent' && command.turn === turn) this.#shell.say(text);
    });
    return true;
  }

  /** @param {PendingCommand} command @returns {string | undefined} nothing: the server would not take it */
  #encode(command) {
    const { messageBytes, batchOps = Infinity } = this.limits;
    const text = JSON.stringify(this.#replica.frame(command));
    if (text.length * 3 > messageBytes && utf8.encode(text).length > messageBytes) {
      // The server would close the line for it, and again after every reconnect.
      return this.#tooLarge(command, `The command is over ${messageBytes} bytes.`);
    }
    return command.ops.length > batchOps ? this.#tooLarge(command, `The batch has more than ${batchOps} operations.`) : text;
  }

  /** @param {PendingCommand} command @param {string} message @returns {undefined} */
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

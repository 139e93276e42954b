// @ts-check
/**
 * @import { Emitter, Told } from './emitter.js'
 * @import { ClientEvents } from './types.js'
 * @import { ClosedError } from './errors.js'
 */
import { EventsMissedError, SubscriberTooSlowError } from './errors.js';

/** What a stream holds for a reader who is behind. */
const ITEMS_MAX = 4096;
/** Of these none may be left out, so a snapshot in place of events ends a stream of them. */
const DURABLE = new Set(['event', 'create', 'update', 'delete']);

/** All open streams of one project. */
export class Streams {
  /** @type {Set<Stream<any>>} */
  #open = new Set();
  #emitter;
  #seq;
  #closedBy;

  /**
   * @param {Emitter} emitter @param {() => number} seq where the replica stands
   * @param {() => ClosedError | undefined} closedBy why nothing will come
   */
  constructor(emitter, seq, closedBy) {
    this.#emitter = emitter;
    this.#seq = seq;
    this.#closedBy = closedBy;
  }

  /**
   * @template {keyof ClientEvents | `broadcast:${string}`} T
   * @param {T} type @param {AbortSignal} [signal]
   * @returns {AsyncIterableIterator<Told<T>>}
   */
  open(type, signal) {
    /** @type {Stream<Told<T>>} */
    const stream = new Stream(type);
    const off = this.#emitter.on(type, item => { if (!stream.push(item)) stream.end(new SubscriberTooSlowError(this.#seq())); });
    const aborted = () => stream.end(signal?.reason);
    stream.over = () => {
      off();
      signal?.removeEventListener('abort', aborted);
      this.#open.delete(stream);
    };
    this.#open.add(stream);
    const closedBy = this.#closedBy();
    if (closedBy) endBy(stream, closedBy);
    else if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
    return stream;
  }

  /** A snapshot took the place of events. @param {number} from @param {number} to */
  missed(from, to) {
    for (const stream of [...this.#open]) if (DURABLE.has(stream.type)) stream.end(new EventsMissedError(from, to));
  }

  /** Nothing more will come. @param {ClosedError} reason */
  close(reason) { for (const stream of [...this.#open]) endBy(stream, reason); }
}

/** What we asked for ourselves is no error. @param {Stream<any>} stream @param {ClosedError} reason */
function endBy(stream, reason) { stream.end(reason.code === 'normal' ? undefined : reason); }

/** One reader's events: they are kept from the moment it is made, so that "listen, then act" does not race. @template Item */
class Stream {
  /** @type {Item[]} */
  #items = [];
  /** @type {{ resolve: (result: IteratorResult<Item>) => void, reject: (error: unknown) => void }[]} */
  #readers = [];
  #ended = false;
  /** @type {unknown} */
  #error;
  over = () => {};

  /** @param {string} type */
  constructor(type) { this.type = type; }

  [Symbol.asyncIterator]() { return this; }

  /** @param {Item} item @returns {boolean} false: there is no room */
  push(item) {
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: item });
    else if (this.#items.length < ITEMS_MAX) this.#items.push(item);
    else return false;
    return true;
  }

  /** What is held can still be read; then comes the error, or the end. @param {unknown} [error] */
  end(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.over();
    for (const reader of this.#readers.splice(0)) this.next().then(reader.resolve, reader.reject);
  }

  /** @returns {Promise<IteratorResult<Item>>} */
  next() {
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: /** @type {Item} */ (this.#items.shift()) });
    if (!this.#ended) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const error = this.#error;
    this.#error = undefined; // told once
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  /** The reader has had enough. @returns {Promise<IteratorResult<Item>>} */
  return() {
    this.#items = [];
    this.end();
    this.#error = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }
}

// @ts-check
/** @import { ErrorMessage } from './types.js' */
import { EventOnlyError, OfflineError, QueueFullError, RejectedError, TimeoutError } from './errors.js';

/** Questions without an answer, with the server or waiting here; one more is refused. */
const OPEN_MAX = 1000;

/**
 * @typedef {object} Request
 * @property {string} id
 * @property {object} frame
 * @property {(message: any) => unknown} read what the answer means; undefined: more parts to come
 * @property {boolean} sent
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 *
 * @typedef {{ signal?: AbortSignal, timeout?: number, key?: string }} AskOptions
 */

/**
 * Questions and their answers. Answers are matched by id, so a stale one can never win. A newer question with the same
 * `key` takes the place of the older one. No more than the server allows are open at once; the others wait here. One that
 * is given up keeps its place with the server until its answer comes, for so long the server counts it.
 */
export class Requests {
  /** @type {Map<string, Request>} */
  #open = new Map();
  /** With the server, and nobody waits for them. @type {Set<string>} */
  #givenUp = new Set();
  /** @type {Map<string, (reason: unknown) => void>} */
  #byKey = new Map();
  /** @type {Map<string, number>} */
  #counts = new Map();
  #send;
  #schedule;
  /** How many may be with the server at once: its `limits.queriesInFlight`. */
  inFlight = 4;

  /** @param {(frame: object) => boolean} send @param {(fn: () => void, ms: number) => () => void} schedule */
  constructor(send, schedule) {
    this.#send = send;
    this.#schedule = schedule;
  }

  /** A request id nobody else has, such as `q1`. @param {string} prefix */
  id(prefix) {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return prefix + count;
  }

  /**
   * @template T
   * @param {{ type: string, id: string }} frame
   * @param {(message: any) => T | undefined} read
   * @param {AskOptions} options
   * @returns {Promise<T>}
   */
  ask(frame, read, { signal, timeout = 5000, key }) {
    const { id } = frame;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const takesAPlace = key !== undefined && this.#byKey.has(key); // of the one it ends
      if (this.#open.size >= OPEN_MAX && !takesAPlace) return reject(new QueueFullError(OPEN_MAX));
      const giveUp = (/** @type {unknown} */ reason) => {
        const request = this.#open.get(id);
        if (!request) return;
        if (request.sent) {
          this.#givenUp.add(id);
          if (frame.type !== 'validate') this.#send({ type: 'cancel', id }); // that one cannot be cancelled: it is over at once
        }
        request.reject(reason); // a late answer finds nobody
      };
      const aborted = () => giveUp(signal?.reason);
      const cancelTimer = this.#schedule(() => giveUp(new TimeoutError(timeout)), timeout);
      const over = () => {
        this.#open.delete(id);
        cancelTimer();
        signal?.removeEventListener('abort', aborted);
        if (key !== undefined && this.#byKey.get(key) === giveUp) this.#byKey.delete(key);
        this.#fill();
      };
      this.#open.set(id, {
        id, frame, read, sent: false,
        resolve: result => { over(); resolve(result); },
        reject: error => { over(); reject(error); },
      });
      signal?.addEventListener('abort', aborted, { once: true });
      if (key !== undefined) {
        this.#byKey.get(key)?.(new DOMException('A newer request took its place.', 'AbortError'));
        this.#byKey.set(key, giveUp);
      }
      this.#fill();
    });
  }

  /** @param {any} message with an id @returns {boolean} false: nobody asked (any more) */
  answer(message) {
    const { id, type, part, parts } = message;
    const isLast = type !== 'snapshot' || part >= parts;
    const request = this.#open.get(id);
    if (!request) {
      if (isLast && this.#givenUp.delete(id)) this.#fill();
      return false;
    }
    try {
      if (type === 'error') request.reject(new RejectedError(/** @type {ErrorMessage} */ (message)));
      else {
        const result = request.read(message);
        if (result !== undefined) request.resolve(result);
      }
    } catch (error) {
      if (!isLast) this.#givenUp.add(id); // what makes no sense has more parts to come
      request.reject(error instanceof EventOnlyError ? error : new RejectedError({ code: 'internal', message: String(error) }));
    }
    return true;
  }

  /** The line is gone, and with it every answer. */
  offline() {
    this.#givenUp.clear();
    for (const request of [...this.#open.values()]) request.reject(new OfflineError('The connection was lost.'));
  }

  #fill() {
    let sent = this.#givenUp.size;
    for (const request of this.#open.values()) if (request.sent) sent++;
    for (const request of this.#open.values()) {
      if (sent >= this.inFlight) return;
      if (request.sent) continue;
      request.sent = this.#send(request.frame);
      sent++;
    }
  }
}

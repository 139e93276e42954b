// @ts-check
/** @import { Divergence, Item, Reject } from './types.js' */
import { retryable } from './codes.js';
import { itemOf } from './text-marker.js';

/** Everything this client throws or rejects with, aborts (`signal.reason`) and plain misuse (`TypeError`) excepted. */
export class EventOnlyError extends Error {
  /**
   * @param {string} code stable; compare this, never the message
   * @param {string} message for people
   * @param {boolean} [retryable] the same call may succeed later
   */
  constructor(code, message, retryable = false) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
  }
}

/** The server refused a command or a request. `code` is one of `codes.js`. */
export class RejectedError extends EventOnlyError {
  /** @param {Pick<Reject, 'code' | 'message'> & Partial<Omit<Reject, 'type'>>} refusal a `reject` or an `error` */
  constructor(refusal) {
    super(refusal.code, refusal.message, refusal.retryable ?? retryable.get(refusal.code));
    /** Narrows `invalid`: `bad_json`, `bad_event`, `too_deep`. */
    this.detail = refusal.detail;
    /** Complaints per field, for forms. */
    this.errors = refusal.errors;
    /** Index of the refused operation of a batch. */
    this.op = refusal.op;
    /** How long to wait before trying again, in ms. */
    this.retryAfterMs = refusal.retryAfterMs;
    const current = refusal.current;
    /** On `conflict`: the entity as it is now; undefined where the server left it out because it is large. @type {Item | undefined} */
    this.current = current && itemOf(current);
  }
}

/** Asked for something that needs the line while there is none. Commands never get this: they wait. */
export class OfflineError extends EventOnlyError {
  constructor(message = 'Not connected.') { super('offline', message, true); }
}

/**
 * More commands are waiting than `queue.max`, or they have more bytes than `queue.maxBytes`, and this one was not applied, not even locally; or
 * 1,000 questions are, and this one was not asked.
 */
export class QueueFullError extends EventOnlyError {
  /** @param {number} max @param {'bytes' | ''} [unit] */
  constructor(max, unit = '') { super('queue_full', unit ? `No more than ${max} bytes may wait.` : `${max} are waiting already.`, true); }
}

/** The client was disconnected for good. A command that was under way may or may not have taken effect. */
export class ClosedError extends EventOnlyError {
  /** @param {string} code name of the close code: `normal` when we asked for it */
  constructor(code, message = 'The client is disconnected.') { super(code, message, false); }
}

/** A stream's reader was so slow that an event found no room, and the stream ends here. Read on with `history`. */
export class SubscriberTooSlowError extends EventOnlyError {
  /** @param {number} lastSeq where the client stood: what came then, and later, was not put into the stream */
  constructor(lastSeq) {
    super('subscriber_too_slow', `The stream's buffer is full; the last event in it is at or before ${lastSeq}.`, true);
    this.lastSeq = lastSeq;
  }
}

/** A snapshot took the place of events, so that a stream of events has a hole and ends here. */
export class EventsMissedError extends EventOnlyError {
  /** @param {number} fromSeq the first event that was not seen @param {number} toSeq the last one */
  constructor(fromSeq, toSeq) {
    super('events_missed', `A snapshot took the place of the events ${fromSeq} to ${toSeq}.`, true);
    this.fromSeq = fromSeq;
    this.toSeq = toSeq;
  }
}

/** No answer in time. */
export class TimeoutError extends EventOnlyError {
  constructor(/** @type {number} */ ms) { super('timeout', `No answer within ${ms} ms.`, true); }
}

/** The server said something it should not; the client has mended itself. Reported through `error`, never thrown. */
export class ProtocolError extends EventOnlyError {
  /** @param {'bad_frame' | 'gap' | 'bad_snapshot' | 'hash_mismatch' | 'text_mismatch'} code @param {string} message @param {Divergence} [divergence] */
  constructor(code, message, divergence) {
    super(code, message, false);
    /** On `hash_mismatch` of the state itself: where it differs from the server's, and how. */
    this.divergence = divergence;
  }
}

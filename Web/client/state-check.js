// @ts-check
/** @import { Effect } from './effects.js' */
import { ProtocolError } from './errors.js';

/** The pause before the second try to mend a state, doubled with each, and the longest, in ms. */
const PAUSE_MS = 10_000;
const PAUSE_MS_MAX = 600_000;

/**
 * What a replica knows of being what the server has. Pure. The first difference is mended at once; one that comes back although it was
 * mended waits, longer each time: a fault of ours must not become a load for the server.
 */
export class StateCheck {
  #inARow = 0;
  #mending = false;

  /** The last position at which both were equal. */
  equalAt = 0;
  /** Differences that were found, those aside that came while one was being mended. */
  count = 0;

  /** Does it wait before it is mended again? */
  get isStuck() { return this.#mending && this.#inARow > 1; }

  /** @param {number} seq @param {boolean} live told of the moment; a good snapshot alone does not show that folding on it goes well */
  equal(seq, live) {
    this.equalAt = seq;
    this.#mending = false;
    if (live) this.#inARow = 0;
  }

  /**
   * What is to be done; nothing where it is waited for already.
   * @param {number} seq @param {string} hash ours @param {string} expected the server's @returns {Effect[]}
   */
  differ(seq, hash, expected) {
    if (this.#mending) return [];
    const divergence = { from: Math.min(this.equalAt, seq), to: seq, hash, expected };
    const error = new ProtocolError('hash_mismatch', `The state at ${seq} hashes to ${hash}, the server says ${expected}.`, divergence);
    return [{ do: 'diverged', divergence, error }, this.#heal()];
  }

  /** What the server says of an event shows that our state is another one; its hash is not known. @param {string} message @returns {Effect[]} */
  stray(message) { return this.#mending ? [] : [{ do: 'trouble', error: new ProtocolError('text_mismatch', message) }, this.#heal()]; }

  /** @returns {Effect} */
  #heal() {
    this.#mending = true;
    this.count++;
    const tries = this.#inARow++;
    return { do: 'heal', ms: tries === 0 ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (tries - 1)), n: this.count };
  }

  /** A snapshot has taken the place of what differed; whether it is any better is to be seen. */
  mended() { this.#mending = false; }
}

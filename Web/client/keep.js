// @ts-check
/**
 * @import { Keep, Kept } from './types.js'
 * @import { Replica } from './replica.js'
 * @import { Settings } from './settings.js'
 */
import { newSecret } from './identity.js';
import { claim } from './claim.js';

/** How long a change of the queue may wait to be written, in ms. */
const SAVE_MS = 250;

/** What waits in this tab, until it is closed: `queue.persist: 'session'`. @type {Keep} */
export const sessionKeep = {
  async load(key, claims) {
    const kept = read(sessionStorage.getItem(key));
    return kept && await claims(kept.session) ? kept : undefined;
  },
  save(key, kept) { sessionStorage.setItem(key, JSON.stringify(kept)); },
};

/** Is there a storage of this tab? One that may not be used throws already when it is asked for. */
export function hasSessionStorage() {
  try {
    return Boolean(globalThis.sessionStorage && globalThis.document);
  } catch {
    return false;
  }
}

/**
 * Keeps the queue of a project beyond the page: what an earlier page left is taken over, under a lock, so that no two pages ever speak for one
 * session. A number is written down before the command that has it leaves, or after a crash it would be given to another one.
 *
 *   idle ──recall()──▶ asking for the lock ──ours──▶ held ──release() (the page goes into the cache)──▶ idle
 *                              └──somebody else's──▶ a fresh session, held
 */
export class Keeper {
  #settings;
  #replica;
  #shell;
  #keep;
  #key;
  /** Releases the lock; undefined while it is not ours. @type {(() => void) | undefined} */
  #release;
  /** What is to be done when the lock is ours, or not to be had. @type {(() => void) | undefined} */
  #then;
  #asking = false;
  /** Between `recall` and `release`: a lock that is granted later is let go of again. */
  #wanted = false;
  #loaded = false;
  /** What was written last, and what was certainly written last, as JSON: if something else is stored, another page spoke for our session. */
  #saved = ['', ''];
  #savedRevision = -1; // so that the session itself is written once it is ours
  #saving = 0;
  #timer = () => {};
  #timed = false;

  /**
   * @param {Settings} settings @param {Replica} replica
   * @param {{ restored: (kept: Kept) => void, lost: () => void, trouble: (error: unknown) => void }} shell restored: an earlier page left this;
   *   lost: another page has our session now, with all that waited
   */
  constructor(settings, replica, shell) {
    this.#settings = settings;
    this.#replica = replica;
    this.#shell = shell;
    this.#keep = settings.keep;
    this.#key = `eo:${settings.url}:${settings.project}:${settings.user?.name ?? ''}`;
  }

  /** Is all that waits where a closed page does not lose it? */
  get isSafe() { return Boolean(this.#keep?.durable) && this.#saving === 0 && this.#savedRevision === this.#replica.revision; }

  /** Calls `then` once the session is ours; at once where nothing is kept. Only the newest `then` is called. @param {() => void} [then] */
  recall(then) {
    this.#wanted = true;
    if (!this.#keep || this.#release) return then?.();
    if (then) this.#then = then;
    if (this.#asking) return;
    this.#asking = true;
    this.#claim().catch(error => this.#giveUp(error)).then(() => {
      this.#asking = false;
      const next = this.#then;
      this.#then = undefined;
      if (!this.#wanted) return;
      if (this.#keep && !this.#release) return this.recall(next); // released, and recalled, while we asked
      this.touched();
      next?.();
    });
  }

  async #claim() {
    const keep = /** @type {Keep} */ (this.#keep);
    if (!this.#loaded) {
      const kept = await keep.load(this.#key, session => this.#take(session));
      if (!this.#wanted) return this.#letGo();
      this.#loaded = true;
      if (kept && this.#release) return this.#shell.restored(kept);
    } else if (await this.#take(this.#replica.secret) && await this.#isUntouched(keep)) {
      return;
    } else if (this.#wanted) {
      this.#shell.lost();
      this.#replica.renew(newSecret());
    }
    if (this.#wanted && !await this.#take(this.#replica.secret) && this.#wanted) throw new Error('The session cannot be locked.');
  }

  /** Has no other page gone on with our session while the lock was not ours? @param {Keep} keep */
  async #isUntouched(keep) {
    const stored = await keep.load(this.#key, async session => session === this.#replica.secret);
    return this.#wanted && this.#saved.includes(JSON.stringify(stored));
  }

  /** @param {string} session */
  async #take(session) {
    this.#letGo();
    const release = await claim(`${this.#key}:${session}`, this.#settings.schedule);
    this.#release = release;
    if (!this.#wanted) this.#letGo();
    return this.#release !== undefined;
  }

  #letGo() {
    this.#release?.();
    this.#release = undefined;
  }

  /** Private mode, a full disk: what waits is in memory only, as it would be without all this. @param {unknown} error */
  #giveUp(error) {
    const keep = this.#keep;
    this.#keep = undefined;
    this.#shell.trouble(error);
    if (!this.#release) return;
    try { // what was written before would have a page after us count from there, with numbers that we go on to use
      Promise.resolve(keep?.save(this.#key, { session: newSecret(), c: 1, seq: 0, epoch: undefined, ops: [], texts: [] })).catch(() => {});
    } catch { /* it is full: nothing can be written at all */ }
  }

  /** Something may have changed: it is written soon. */
  touched() {
    if (!this.#release || this.#timed || this.#savedRevision === this.#replica.revision) return;
    this.#timed = true;
    this.#timer = this.#settings.schedule(() => this.save(), SAVE_MS);
  }

  /** Writes at once, if something has changed. @returns {Promise<void> | undefined} nothing: it is written */
  save() {
    this.#timer();
    this.#timed = false;
    const { revision } = this.#replica;
    if (!this.#keep || !this.#release || this.#savedRevision === revision) return undefined;
    try {
      const kept = this.#replica.kept();
      const text = JSON.stringify(kept);
      const written = this.#keep.save(this.#key, kept);
      this.#savedRevision = revision;
      this.#saved = written ? [text, this.#saved[1]] : [text, text];
      if (!written) return undefined;
      this.#saving++;
      return written.then(() => { this.#saving--; this.#saved[1] = text; }, error => this.#giveUp(error));
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  /** The page goes, perhaps into the cache: another one may take over. */
  release() {
    this.save();
    this.#wanted = false;
    this.#letGo();
  }
}

/** @param {string | null} text @returns {Kept | undefined} nothing, where it is not what we wrote */
export function read(text) {
  try {
    const kept = JSON.parse(text ?? 'null');
    return typeof kept?.session === 'string' && Number.isSafeInteger(kept.c) && Array.isArray(kept.ops) ? kept : undefined;
  } catch {
    return undefined;
  }
}

// @ts-check
/** @import { Sync } from './types.js' */
/** @import { Replica } from './replica.js' */

/** A command unanswered for so long, on a line that is there, means trouble. */
const STUCK_MS = 8000;

/** Distils line and replica into the one word a user is shown, and tells it when it changes. */
export class Indicator {
  #replica;
  #clock;
  #tell;
  /** @type {number | undefined} */
  #heldAt;
  /** @type {Sync} */
  #told = 'offline';
  #cancel = () => {};

  /**
   * @param {Replica} replica
   * @param {{ now: () => number, schedule: (fn: () => void, ms: number) => () => void }} clock
   * @param {(sync: Sync) => void} tell
   */
  constructor(replica, clock, tell) {
    this.#replica = replica;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @returns {Sync} */
  get sync() {
    if (this.#heldAt === undefined) return 'offline';
    if (this.#replica.astray) return 'stuck';
    if (this.#replica.pending === 0) return this.#replica.caughtUp ? 'synced' : 'syncing';
    return this.#clock.now() >= this.#stuckAt ? 'stuck' : 'syncing';
  }

  get #stuckAt() { return Math.max(this.#replica.pendingSince ?? 0, this.#heldAt ?? 0) + STUCK_MS; }

  /** @param {boolean} connected */
  lineIs(connected) {
    this.#heldAt = connected ? this.#clock.now() : undefined;
    this.refresh();
  }

  /** Something may have changed. */
  refresh() {
    const { sync } = this;
    this.#cancel();
    if (sync === 'syncing' && this.#replica.pending > 0)
      this.#cancel = this.#clock.schedule(() => this.refresh(), this.#stuckAt - this.#clock.now());
    if (sync === this.#told) return;
    this.#told = sync;
    this.#tell(sync);
  }
}

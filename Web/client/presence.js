// @ts-check
/** @import { JsonObject, Member, PresenceMessage } from './types.js' */

/** Presence frames are at least so many ms apart. */
const THROTTLE_MS = 50;

/** Who else is here, and what they see of us. */
export class Presence {
  /** @type {Map<string, Member>} */
  #others = new Map();
  /** @type {JsonObject | undefined} */
  #own;
  #waiting = false;
  #changed = false;
  #announce;
  #tell;
  #schedule;

  /**
   * @internal
   * @param {JsonObject | undefined} own
   * @param {(data: JsonObject) => void} announce
   * @param {(news: { joined: Member[], left: string[], changed: Member[] }) => void} tell
   * @param {(fn: () => void, ms: number) => () => void} schedule
   */
  constructor(own, announce, tell, schedule) {
    this.#own = own;
    this.#announce = announce;
    this.#tell = tell;
    this.#schedule = schedule;
  }

  /** What was set last; a rejoin repeats it. */
  get own() { return this.#own; }

  /** The other sessions that are present, as far as the server lists them (the first 200). */
  get others() { return [...this.#others.values()]; }

  /**
   * Replaces what the others see of us. Sent at once, then at most every 50 ms, the newest value only; kept while offline.
   * @param {JsonObject} data at most 2,048 bytes as JSON
   */
  set(data) {
    this.#own = JSON.parse(JSON.stringify(data)); // a rejoin repeats what was set, not what became of the caller's object
    this.#changed = true;
    if (!this.#waiting) this.#flush();
  }

  #flush() {
    this.#waiting = this.#changed;
    if (!this.#changed) return;
    this.#changed = false;
    this.#announce(/** @type {JsonObject} */ (this.#own));
    this.#schedule(() => this.#flush(), THROTTLE_MS);
  }

  /** @internal The list of a `joined`; whoever is missing in it left while we were away. @param {Member[]} members */
  joined(members) {
    const present = new Set(members.map(({ session }) => session));
    const left = [...this.#others.keys()].filter(session => !present.has(session));
    this.#apply(members, left, []);
  }

  /** @internal @param {PresenceMessage} message @param {string | undefined} self all members get the same bytes, so we may be among them */
  receive({ joined = [], left = [], changed = [] }, self) {
    const known = changed.flatMap(({ session, data }) => {
      const member = this.#others.get(session);
      return member ? [{ ...member, data }] : [];
    });
    this.#apply(joined.filter(({ session }) => session !== self), left.filter(session => session !== self), known);
  }

  /** @internal Nobody can be seen from here any more. */
  clear() { this.#apply([], [...this.#others.keys()], []); }

  /** @param {Member[]} arrived @param {string[]} gone @param {Member[]} moved */
  #apply(arrived, gone, moved) {
    const left = gone.filter(session => this.#others.delete(session));
    const joined = arrived.filter(({ session }) => !this.#others.has(session));
    const changed = [...moved, ...arrived.filter(({ session }) => this.#others.has(session))];
    for (const member of [...joined, ...changed]) this.#others.set(member.session, member);
    if (joined.length + left.length + changed.length > 0) this.#tell({ joined, left, changed });
  }
}

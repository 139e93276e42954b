// @ts-check
/** @import { Activity, JsonObject, Member, PresenceMessage, PresentUser } from './types.js' */
import { RejectedError } from './errors.js';

/** What others see of us, as JSON, at most: the server would not let us in with more. */
const BYTES_MAX = 2048;
/** The most active first. @type {Activity[]} */
const ACTIVITIES = ['active', 'idle', 'away'];
const utf8 = new TextEncoder();

/**
 * Who else is here, and what they see of us. Pure but for the timer that it is given.
 *
 * What we set is told at once, then at most once in `throttle` ms, the newest value only. While nobody else has been here since we joined, only the
 * first is told; the rest waits for somebody to come.
 */
export class Presence {
  /** @type {Map<string, Member>} */
  #others = new Map();
  /** @type {JsonObject | undefined} */
  #own;
  /** @type {Activity} */
  #activity = 'active';
  #announced = false;
  #alone = false;
  #waiting = false;
  #changed = false;
  #stale = false;
  #throttle;
  #shell;

  /**
   * @internal
   * @param {{ presence?: JsonObject, throttle?: number, schedule: (fn: () => void, ms: number) => () => void }} settings
   * @param {(data: JsonObject) => void} announce
   * @param {(news: { joined: Member[], left: string[], changed: Member[] }) => void} tell
   */
  constructor({ presence, throttle = 50, schedule }, announce, tell) {
    if (!(throttle >= 16 && throttle <= 1000)) throw new RangeError('The option `throttle` must be 16 to 1000 (ms).');
    this.#own = presence;
    this.#throttle = throttle;
    this.#shell = { announce, tell, schedule };
  }

  /** What the others see of us, and a rejoin repeats; undefined: we are not to be seen. @type {JsonObject | undefined} */
  get own() { return this.#own; }

  /** The other sessions that are present, as far as the server lists them (the first 200): `[{session, user, data}]`. */
  get others() { return [...this.#others.values()]; }

  /**
   * The same by user: a person with three tabs is one, as active as the most active of them. In the order of their names.
   * @returns {PresentUser[]}
   */
  get users() {
    /** @type {Map<string, Member[]>} */
    const byName = new Map();
    for (const member of this.others) byName.set(member.user.name, [...byName.get(member.user.name) ?? [], member]);
    return [...byName.values()]
      .map(sessions => ({ user: sessions[0].user, activity: ACTIVITIES[Math.min(...sessions.map(each => ACTIVITIES.indexOf(activityOf(each))))], sessions }))
      .sort((a, b) => a.user.name < b.user.name ? -1 : 1);
  }

  /** Is `others` what it was when the line broke? To be shown greyed; after `lost` it is empty, after coming back it is true again. */
  get stale() { return this.#stale; }

  /**
   * Changes what the others see of us: a field that is null is removed, one that is not named stays. Kept while offline, and told after coming back.
   * @param {JsonObject} data all together at most 2,048 bytes as JSON
   * @throws {RejectedError} `too_large`
   */
  set(data) {
    const copy = JSON.parse(JSON.stringify(data)); // a rejoin repeats what was set, not what became of the caller's object
    this.#replace(Object.fromEntries(Object.entries({ ...this.#own, ...copy }).filter(([, value]) => value !== null)));
  }

  /** @internal Are we at work, at rest, or elsewhere? Told as the field `activity`, where it is not `active`, if we are to be seen at all. @param {Activity} activity */
  be(activity) {
    this.#activity = activity;
    if (!this.#own || activityOf({ data: this.#own }) === activity) return;
    this.#replace(this.#own);
  }

  /** @param {JsonObject} fields */
  #replace({ activity: _, ...fields }) {
    const own = this.#activity === 'active' ? fields : { ...fields, activity: this.#activity };
    if (utf8.encode(JSON.stringify(own)).length > BYTES_MAX) throw new RejectedError({ code: 'too_large', message: `It is over ${BYTES_MAX} bytes.` });
    this.#own = own;
    this.#changed = true;
    if (!this.#waiting) this.#flush();
  }

  #flush() {
    this.#waiting = false;
    if (!this.#changed || this.#alone && this.#announced) return;
    this.#changed = false;
    this.#announced = true;
    this.#waiting = true;
    this.#shell.announce(/** @type {JsonObject} */ (this.#own));
    this.#shell.schedule(() => this.#flush(), this.#throttle);
  }

  /**
   * @internal
   * The list of a `joined`; whoever is missing in it left while we were away.
   * @param {Member[]} members @param {number} count all that are in, to be seen or not, we among them
   */
  joined(members, count) {
    this.#stale = false;
    this.#alone = count <= 1;
    this.#announced = this.#own !== undefined; // with the join, or right after it
    this.#whole(members);
  }

  /** @internal @param {PresenceMessage} message @param {string | undefined} self all members get the same bytes, so we may be among them */
  receive({ members, joined = [], left = [], changed = [] }, self) {
    const isOther = (/** @type {Member} */ { session }) => session !== self;
    if (members) return this.#whole(members.filter(isOther));
    const known = changed.flatMap(({ session, data }) => {
      const member = this.#others.get(session);
      return member ? [{ ...member, data }] : [];
    });
    this.#apply(joined.filter(isOther), left.filter(session => session !== self), known);
  }

  /** @internal The line is gone: who knows whether they are still there. */
  fade() {
    if (this.#stale) return;
    this.#stale = true;
    if (this.#others.size > 0) this.#shell.tell({ joined: [], left: [], changed: this.others });
  }

  /** @internal Nobody can be seen from here any more. */
  clear() { this.#apply([], [...this.#others.keys()], []); }

  /** @param {Member[]} members */
  #whole(members) {
    const present = new Set(members.map(({ session }) => session));
    this.#apply(members, [...this.#others.keys()].filter(session => !present.has(session)), []);
  }

  /** @param {Member[]} arrived @param {string[]} gone @param {Member[]} moved */
  #apply(arrived, gone, moved) {
    const left = gone.filter(session => this.#others.delete(session));
    const joined = arrived.filter(({ session }) => !this.#others.has(session));
    const changed = [...moved, ...arrived.filter(({ session }) => this.#others.has(session))];
    for (const member of [...joined, ...changed]) this.#others.set(member.session, member);
    if (joined.length + left.length + changed.length > 0) this.#shell.tell({ joined, left, changed });
    if (!this.#alone || this.#others.size === 0) return;
    this.#alone = false;
    if (!this.#waiting) this.#flush();
  }
}

/** @param {{ data: JsonObject }} member @returns {Activity} */
function activityOf({ data }) { return data.activity === 'idle' || data.activity === 'away' ? data.activity : 'active'; }

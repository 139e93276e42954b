// @ts-check
/**
 * @import { AckMessage, Change, Command, Item, Joined, JsonObject, Kept, ProjectEvent, Reject, SnapshotPart, StateMessage, WireEntity } from './types.js'
 * @import { Effect } from './effects.js'
 * @import { Owner, PendingCommand } from './pending.js'
 */
import { RejectedError } from './errors.js';
import { Conflicts } from './conflicts.js';
import { ackOf, trouble } from './effects.js';
import { opsOf } from './fold.js';
import { idsOf, Pending } from './pending.js';
import { looksSame, Views } from './views.js';
import { ProjectState } from './state.js';
import { StateCheck } from './state-check.js';

/** A refusal of these means "not now": the replica tries again by itself. Other retryable ones are the caller's choice. */
const NOT_NOW = new Set(['rate_limited', 'unavailable']);
const RETRY_MS = 1000;

/**
 * One project as this client sees it: the confirmed state, the commands that are under way, and the view, which is the
 * fold of the second over the first. Pure: messages in; state, frames and waits out. No socket, timer, clock or promise.
 *
 *   off ──join()──▶ joining ──joined, recovered──────────────────────▶ live
 *                      ▲  └──joined──▶ snapshot ──its last part──▶ live ──┐
 *                      └─────────────────gap in the events────────────────┘
 */
export class Replica {
  #project;
  #secret;
  /** @type {boolean | undefined} */
  #listen;
  #confirmed;
  #fold;
  #pending;
  #conflicts = new Conflicts();
  #now = 0;
  #views;
  /** @type {'off' | 'joining' | 'snapshot' | 'live'} */
  #phase = 'off';
  #joinId = '';
  /** @type {string | undefined} */
  #publicId;
  /** Of the confirmed state, so it moves with it: `since` must never pair one journal's name with another's position. @type {string | undefined} */
  #epoch;
  /** @type {number | undefined} */
  #floor;
  /** @type {Joined | undefined} */
  #joined;
  /** @type {WireEntity[]} */
  #entities = [];
  #parts = 0;
  #gapSeq = -1;
  #distrust = false;
  #check = new StateCheck();
  /** The last event that was told of; after a snapshot that is older than what we had, some come a second time. */
  #toldSeq = 0;

  /** @param {{ project: string, session: string, listen?: boolean, fold?: typeof import('./fold.js').fold } & ConstructorParameters<typeof Pending>[0]} options fold: for tests, one that has a fault */
  constructor(options) {
    this.#project = options.project;
    this.#secret = options.session;
    this.#listen = options.listen;
    this.#pending = new Pending(options);
    this.#views = new Views(this.#pending, () => this.confirmed);
    this.#fold = options.fold;
    this.#confirmed = new ProjectState(0, [], options.fold);
  }

  get seq() { return this.#confirmed.seq; }
  get epoch() { return this.#epoch; }
  /** The session's secret. */
  get secret() { return this.#secret; }
  /** Moves with whatever `kept` would tell. */
  get revision() { return this.#pending.revision; }
  /** The position up to which the server has no events any more, as it last told; undefined before the first join. */
  get floor() { return this.#floor; }
  /** Our public id, once the server has told it. */
  get session() { return this.#publicId; }
  get stateHash() { return this.#confirmed.hash; }
  get pending() { return this.#pending.size; }
  /** Has a snapshot not helped? Another is taken after a pause. */
  get astray() { return this.#check.isStuck; }
  /** How often our state was not the server's. */
  get divergences() { return this.#check.count; }
  get pendingSince() { return this.#pending.since; }
  get confirmed() { return /** @type {ReadonlyMap<string, Item>} */ (this.#confirmed.items); }
  get live() { return this.#phase === 'live'; }
  /** Are we a member, so that the server takes what we say? */
  get joined() { return this.#phase === 'live' || this.#phase === 'snapshot'; }
  /** Has everything arrived that was there when we joined? */
  get caughtUp() { return this.live && (this.#listen === false || this.seq >= (this.#joined?.seq ?? 0)); }

  /** An entity as the user should see it. @param {string} id @returns {Item | undefined} */
  view(id) { return this.#views.get(id); }

  /** Ids that have a view, unordered. */
  ids() { return this.#views.ids(); }
  /** @param {string} id @param {string} [field] */
  isPending(id, field) { return this.#views.isPending(id, field); }

  /**
   * The frame that (re)joins the project from where we stand.
   * @param {string} id @param {JsonObject} [presence]
   */
  join(id, presence) {
    this.#phase = 'joining';
    this.#joinId = id;
    const unanswered = this.#pending.unanswered;
    return {
      type: 'join', id, project: this.#project, session: this.#secret,
      ...this.#epoch !== undefined && !this.#distrust && { since: { epoch: this.#epoch, seq: this.seq } },
      ...unanswered.length > 0 && { pending: unanswered },
      ...this.#listen !== undefined && { listen: this.#listen },
      ...presence && { presence },
    };
  }

  /** Something is wrong with what we have: the next join asks for a snapshot instead of resuming. */
  doubt() { this.#distrust = true; }

  /** The pause before a healing is over: is it still wanted? @param {number} n of the effect */
  mustHeal(n) { return this.live && this.#distrust && this.#check.count === n; }

  /** The line is gone: whatever still arrives belongs to nobody. */
  off() { this.#phase = 'off'; }

  /**
   * Takes a command; its effect is in the view from now on. Throws `QueueFullError`.
   * @param {Command} body @param {Owner} owner @param {number} now
   */
  submit(body, owner, now) {
    const { command, settled } = this.#pending.add(body, owner, now);
    /** @type {Effect[]} */
    const effects = settled.map(each => ({ do: 'settle', command: each, ack: ackOf(each, this.seq) }));
    return { command, effects: [...this.#changed(idsOf(command), 'local'), ...effects] };
  }

  /** The next command to send, or undefined: none, or not now. */
  next() { return this.joined ? this.#pending.next() : undefined; }

  /** @param {PendingCommand} command */
  frame({ n = this.#pending.nextN, body }) {
    const { type, ...rest } = body;
    return { type, project: this.#project, n, ...rest };
  }

  /** It is on its way; also if the line has just broken, for then the rejoin asks. @param {PendingCommand} command */
  sent(command) { this.#pending.sent(command, this.#joined?.epoch); }

  /** Forgets a command that was not sent, with what depends on it. @param {PendingCommand} command @param {unknown} error */
  withdraw(command, error) { return this.#fail(command, error); }

  /**
   * Somebody waits no more. What nobody waits for is forgotten if it was not sent; what was, takes effect all the same.
   * @param {PendingCommand} command @param {Owner} owner @param {unknown} error
   */
  abandon(command, owner, error) {
    owner.gone = true;
    return command.stage !== 'sent' && command.owners.every(({ gone }) => gone) ? this.#fail(command, error) : [];
  }

  /** Gives up every command; what was sent may still take effect. @param {unknown} error */
  withdrawAll(error) {
    const commands = [...this.#pending];
    for (const command of commands) this.#pending.remove(command);
    return [...this.#changed(commands.flatMap(idsOf), 'rollback'),
      ...commands.map(command => /** @type {Effect} */ ({ do: 'fail', command, error, reverted: [] }))];
  }

  /** What is to outlive the page. @returns {Kept} */
  kept() { return { session: this.#secret, epoch: this.#epoch, seq: this.seq, ...this.#pending.kept }; }

  /** Takes over what an earlier page left. @param {Kept} kept */
  restore(kept) {
    this.#secret = kept.session;
    this.#pending.restore(kept);
    return this.#changed(kept.ops.flatMap(({ body }) => opsOf(body).map(op => op.entity)), 'local');
  }

  /** Becomes another session, with nothing that the old one had. @param {string} secret */
  renew(secret) {
    this.#secret = secret;
    this.#pending.renew();
  }

  /** A field is being edited until the result is called. @param {string} id @param {string} field */
  editing(id, field) { return this.#conflicts.edit(id, field); }

  /** The pause after a refusal is over. @param {number} n */
  release(n) {
    const command = this.#pending.get(n);
    if (command?.stage === 'held') command.stage = 'queued';
  }

  /**
   * Takes what the server says about this project.
   * @param {Joined | SnapshotPart | ProjectEvent | Reject | AckMessage | StateMessage} message
   * @param {number} [now] by our clock, ms, to know what was a moment ago
   * @returns {Effect[]}
   */
  receive(message, now = 0) {
    this.#now = now;
    switch (message.type) {
      case 'joined': return this.#join(message);
      case 'snapshot': return this.#snapshot(message);
      case 'reject': return this.#reject(message);
      case 'ack': return this.#ack(message);
      case 'state': return this.#state(message);
      default: return this.#event(message);
    }
  }

  /** A page of the past tells it as well. @param {number} floor */
  floorIs(floor) { this.#floor = floor; }

  /** @param {Joined} joined @returns {Effect[]} */
  #join(joined) {
    if (this.#phase !== 'joining' || joined.id !== this.#joinId) return []; // an answer to a join we have given up
    const resumed = joined.recovered && joined.epoch === this.#epoch;
    this.#joined = joined;
    this.#publicId = joined.session;
    this.#floor = joined.floor;
    this.#pending.answer(joined.outcomes, joined.seq);
    if (this.#listen !== false && !resumed) {
      this.#phase = 'snapshot';
      this.#entities = [];
      this.#parts = 0;
      return [];
    }
    this.#phase = 'live';
    const settled = this.#listen === false ? this.#settleDue(Infinity) : this.#settleDue(this.seq);
    return [...settled, { do: 'live', mode: 'events', missed: resumed ? joined.seq - this.seq : 0 }];
  }

  /** @param {SnapshotPart} part @returns {Effect[]} */
  #snapshot(part) {
    if (this.#phase !== 'snapshot') return [];
    if (part.part !== this.#parts + 1) return [trouble('bad_snapshot', `Part ${part.part} came after part ${this.#parts}.`), { do: 'restart' }];
    this.#parts = part.part;
    this.#entities.push(...part.entities);
    return part.part === part.parts ? this.#replace(part) : [];
  }

  /** All parts are here: the new state takes the place of the old one, in one step with the commands it contains. @param {SnapshotPart} last @returns {Effect[]} */
  #replace(last) {
    const before = this.#confirmed;
    const { epoch } = /** @type {Joined} */ (this.#joined);
    const reason = this.#epoch === undefined ? 'first' : this.#epoch === epoch ? 'behind' : 'epoch';
    this.#confirmed = new ProjectState(last.seq, this.#entities, this.#fold);
    this.#entities = [];
    this.#toldSeq = this.#epoch === epoch ? Math.max(this.#toldSeq, last.seq) : last.seq;
    this.#epoch = epoch;
    this.#distrust = false;
    this.#phase = 'live';
    const settled = this.#settleDue(last.seq);
    const count = this.confirmed.size;
    this.#check.mended();
    return [
      ...settled,
      ...this.#changed([...new Set([...before.items.keys(), ...this.confirmed.keys()])], 'snapshot'),
      { do: 'snapshot', seq: last.seq, count, reason },
      { do: 'live', mode: 'snapshot', missed: reason === 'behind' ? Math.max(0, last.seq - before.seq) : reason === 'first' ? 0 : undefined },
      ...last.hash === undefined ? [] : this.#compare(last.hash, false),
    ];
  }

  /** What the server's state hashes to, told between two events. @param {StateMessage} told @returns {Effect[]} */
  #state({ seq, hash }) {
    if (this.#phase !== 'live' || seq < this.seq) return [];
    return seq > this.seq ? this.#gap(seq) : this.#compare(hash, true);
  }

  /**
   * Is what we have what the server has? If not it is said, and mended by a snapshot.
   * @param {string} expected @param {boolean} live told of the moment, not with a snapshot @returns {Effect[]}
   */
  #compare(expected, live) {
    const { seq, stateHash: hash } = this;
    if (hash === expected) {
      if (live) this.#distrust = false;
      this.#check.equal(seq, live);
      return [];
    }
    this.doubt();
    return this.#check.differ(seq, hash, expected);
  }

  /** @param {ProjectEvent} event @returns {Effect[]} */
  #event(event) {
    if (this.#phase !== 'live' || event.seq <= this.seq) return [];
    if (event.seq > this.seq + 1) return this.#gap(event.seq);
    const own = event.session === this.#publicId;
    const again = event.seq <= this.#toldSeq;
    this.#toldSeq = Math.max(this.#toldSeq, event.seq);
    const command = own ? this.#pending.get(event.n) : undefined;
    // One step: the event enters the confirmed state and its command leaves the pending ones, or a vote would count twice.
    const touched = [...new Set(opsOf(event).map(op => op.entity))];
    const before = new Map(touched.map(id => [id, this.view(id)]));
    const hidden = touched.filter(id => this.#pending.opsOn(id).length > 0);
    const folded = this.#confirmed.apply(event);
    const conflicts = own ? [] : this.#conflicts.of(event, before, id => this.#pending.opsOn(id), this.confirmed, this.#now);
    if (command) {
      this.#pending.remove(command);
      this.#conflicts.wrote(command.ops, this.#now);
    }
    const settled = this.#settleDue(event.seq);
    this.#views.forget(touched);
    const visible = touched.filter(id => !hidden.includes(id) || !looksSame(before.get(id), this.view(id)));
    return [
      ...command ? [/** @type {Effect} */ ({ do: 'settle', command, ack: ackOf(command, event.seq, event.at) })] : [],
      ...settled,
      ...this.#changed(visible, 'remote', event.by),
      ...conflicts.map(conflict => /** @type {Effect} */ ({ do: 'conflict', conflict })),
      ...again ? [] : [/** @type {Effect} */ ({ do: 'event', event, own, kinds: folded.map(({ kind }) => kind) })],
    ];
  }

  /** Something was lost between the server and us, which must not happen. @param {number} seq @returns {Effect[]} */
  #gap(seq) {
    const again = this.#gapSeq === this.seq;
    this.#gapSeq = this.seq;
    const problem = trouble('gap', `Event ${seq} came after ${this.seq}.`);
    if (!again) return [problem, { do: 'rejoin' }];
    this.doubt(); // resuming did not help
    return [problem, { do: 'restart' }];
  }

  /** @param {Reject} refusal @returns {Effect[]} */
  #reject(refusal) {
    const command = this.#pending.get(refusal.n);
    if (!command) return [];
    if (NOT_NOW.has(refusal.code)) {
      command.stage = 'held';
      return [{ do: 'wait', ms: refusal.retryAfterMs ?? RETRY_MS, n: refusal.n }];
    }
    if (refusal.code === 'not_found' && this.#pending.overtookCreate(command)) {
      command.stage = 'queued';
      return [];
    }
    if (refusal.code === 'exists' && command.body.type === 'create' && command.epoch !== this.#joined?.epoch) {
      // The journal it was sent to before had it, and so has this one: only its memory of our numbers is gone.
      command.dueSeq = 0;
      return this.#settleDue(this.live ? this.seq : -1);
    }
    return this.#fail(command, new RejectedError(refusal));
  }

  /** @param {AckMessage} ack @returns {Effect[]} */
  #ack({ n, seq }) {
    const command = this.#pending.get(n);
    if (!command) return [];
    command.dueSeq = seq;
    return this.#settleDue(this.#listen === false ? Infinity : this.live ? this.seq : -1);
  }

  /** @param {PendingCommand} command @param {unknown} error @returns {Effect[]} */
  #fail(command, error) {
    const failed = [command, ...this.#pending.dependentsOf(command)];
    const before = new Map(failed.flatMap(idsOf).map(id => [id, this.view(id)]));
    for (const each of failed) this.#pending.remove(each);
    const changed = this.#changed([...before.keys()], 'rollback');
    const reverted = new Set([...before.keys()].filter(id => !looksSame(before.get(id), this.view(id))));
    return [...changed, ...failed.map(each => /** @type {Effect} */ ({
      do: 'fail', command: each, error, reverted: idsOf(each).filter(id => reverted.has(id)),
    }))];
  }

  /** Commands known to have taken effect at or before a position we have reached. @param {number} seq @returns {Effect[]} */
  #settleDue(seq) {
    /** @type {PendingCommand[]} */
    const due = [];
    for (const command of this.#pending) if (command.dueSeq !== undefined && command.dueSeq <= seq) due.push(command);
    for (const command of due) {
      this.#pending.remove(command);
      this.#conflicts.wrote(command.ops, this.#now);
    }
    return [
      ...due.map(command => /** @type {Effect} */ ({ do: 'settle', command, ack: ackOf(command, command.dueSeq || this.seq) })),
      ...this.#changed(due.flatMap(idsOf), 'remote'),
    ];
  }

  /** @param {string[]} ids @param {Change['origin']} origin @param {string} [by] @returns {Effect[]} */
  #changed(ids, origin, by) {
    this.#views.forget(ids);
    return ids.length > 0 ? [{ do: 'change', change: { ids: [...new Set(ids)], origin, by, seq: this.seq } }] : [];
  }
}

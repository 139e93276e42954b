// @ts-check
/**
 * @import { AckMessage, Command, Delta, Item, Joined, JsonObject, Kept, ProjectEvent, Reject, SnapshotPart, StateMessage, UpdateOp, WireEntity } from './types.js'
 * @import { Effect } from './effects.js'
 * @import { Owner, PendingCommand } from './pending.js'
 */
import { Conflicts } from './conflicts.js';
import { ackOf, trouble } from './effects.js';
import { divided } from './divide.js';
import { Endings } from './endings.js';
import { opsOf } from './fold.js';
import { bytesOf, idsOf, Pending, textKeyOf } from './pending.js';
import { editOf } from './text-field.js';
import { TextEdits } from './text-edits.js';
import { looksSame, Views } from './views.js';
import { ProjectState } from './state.js';
import { StateCheck } from './state-check.js';


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
  #texts;
  #endings;
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
    this.#texts = new TextEdits(this.#pending, () => this.confirmed);
    this.#endings = new Endings({ pending: this.#pending, texts: this.#texts, views: this.#views, conflicts: this.#conflicts }, () => this.seq);
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
  /** All that is pending, in the order it was asked for. */
  get commands() { return this.#pending; }
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
    const ops = opsOf(body);
    const before = new Map(ops.map(op => [op.entity, this.view(op.entity)]));
    const { command, settled } = this.#pending.add(body, owner, now);
    return { command, effects: [...this.#endings.changed(idsOf(command), 'local'), ...this.#texts.submitted(ops, before), ...this.#endings.nothing(settled)] };
  }

  /**
   * Takes an edit of a text, made for what is seen of it, which there must be; one that is too much for a message goes as several. Throws `QueueFullError`.
   * @param {string} id @param {string} field @param {Delta} delta @param {Owner} owner of all of them @param {number} now
   * @param {'local' | 'undo'} [origin] @returns {Effect[]}
   */
  edit(id, field, delta, owner, now, origin = 'local') {
    /** @type {UpdateOp[]} */
    const bodies = divided(delta).map(part => ({ type: 'update', entity: id, edit: { field, delta: part } }));
    if (bodies.length > 1) this.#pending.room(bodies.length, bodies.reduce((sum, body) => sum + bytesOf(body), 0)); // all of it, or nothing
    /** @type {Effect[]} */
    const effects = [];
    const part = { resolve() {}, reject: owner.reject };
    for (const body of bodies) {
      const { settled } = this.#pending.add(body, body === bodies.at(-1) ? owner : part, now);
      effects.push(...this.#endings.nothing(settled));
    }
    return [...this.#endings.changed([id], 'local'), { do: 'text', text: { id, field, delta, origin, seq: this.seq } }, ...effects];
  }

  /** The next command to send, or undefined: none, or not now. */
  next() { return this.joined ? this.#pending.next(command => !editOf(command.body) || this.caughtUp && this.#texts.isConfirmed(command)) : undefined; }

  /** Our edits under way of a text that is confirmed, in order. @param {string} id @param {string} field */
  edits(id, field) { return this.#texts.editsOf(id, field); }

  /** An edit was sent: the text rests until `wake`. @param {PendingCommand} command @returns {string | undefined} what to wake; nothing: it is no edit */
  rest(command) {
    const key = textKeyOf(command);
    if (key !== undefined) this.#pending.rest(key);
    return key;
  }

  /** @param {string} key of `rest` */
  wake(key) { this.#pending.wake(key); }

  /** Of an edit, it is about the text as it is confirmed now. @param {PendingCommand} command */
  frame({ n = this.#pending.nextN, body }) {
    const { type, ...rest } = body;
    const edit = editOf(body);
    return { type, project: this.#project, n, ...rest, ...edit && { edit: { field: edit.field, base: this.seq, delta: edit.delta } } };
  }

  /** It is on its way; also if the line has just broken, for then the rejoin asks. @param {PendingCommand} command */
  sent(command) { this.#pending.sent(command, this.#joined?.epoch); }

  /** Gives up every command; what was sent may still take effect. @param {unknown} error */
  withdrawAll(error) { return this.#endings.failAll(error); }

  /** Forgets a command that was not sent, with what depends on it. @param {PendingCommand} command @param {unknown} error */
  withdraw(command, error) { return this.#endings.fail(command, error); }

  /**
   * Somebody waits no more. What nobody waits for is forgotten if it was not sent; what was, takes effect all the same.
   * @param {PendingCommand} command @param {Owner} owner @param {unknown} error
   */
  abandon(command, owner, error) {
    owner.gone = true;
    return command.stage !== 'sent' && command.owners.every(({ gone }) => gone) ? this.#endings.fail(command, error) : [];
  }

  /** What is to outlive the page. @returns {Kept} */
  kept() { return { session: this.#secret, epoch: this.#epoch, seq: this.seq, ...this.#pending.kept(this.#texts.kept(this.seq, this.#epoch)) }; }

  /** Takes over what an earlier page left. @param {Kept} kept */
  restore(kept) {
    this.#secret = kept.session;
    this.#texts.sleep(this.#pending.restore(kept));
    return this.#endings.changed(kept.ops.flatMap(({ body }) => opsOf(body).map(op => op.entity)), 'local');
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
    return this.#endings.empty();
  }

  /**
   * Takes what the server says about this project.
   * @param {Joined | SnapshotPart | ProjectEvent | Reject | AckMessage | StateMessage} message
   * @param {number} [now] by our clock, ms, to know what was a moment ago
   * @returns {Effect[]}
   */
  receive(message, now = 0) {
    this.#endings.now = this.#now = now;
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
    const settled = this.#listen === false ? this.#endings.due(Infinity) : this.#endings.due(this.seq);
    return [...settled, ...this.#endings.empty(), { do: 'live', mode: 'events', missed: resumed ? joined.seq - this.seq : 0 }];
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
    const texts = this.#texts.remember(({ dueSeq }) => dueSeq !== undefined && dueSeq <= last.seq,
      reason === 'behind' && last.seq < this.seq ? { seq: this.seq, epoch } : undefined);
    this.#confirmed = new ProjectState(last.seq, this.#entities, this.#fold);
    this.#entities = [];
    this.#toldSeq = this.#epoch === epoch ? Math.max(this.#toldSeq, last.seq) : last.seq;
    this.#epoch = epoch;
    this.#distrust = false;
    this.#phase = 'live';
    const settled = this.#endings.due(last.seq, true);
    const replaced = this.#texts.replaced(texts, reason === 'epoch', last.seq);
    const count = this.confirmed.size;
    this.#check.mended();
    return [
      ...settled,
      ...this.#endings.changed([...new Set([...before.items.keys(), ...this.confirmed.keys()])], 'snapshot'),
      ...replaced, ...this.#endings.wake(epoch), ...this.#endings.empty(),
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
    const was = new Map(touched.map(id => [id, this.confirmed.get(id)]));
    const hidden = touched.filter(id => this.#pending.opsOn(id).length > 0);
    const folded = this.#confirmed.apply(event);
    const conflicts = own ? [] : this.#conflicts.of(event, before, id => this.#pending.opsOn(id), this.confirmed, this.#now);
    const texts = this.#texts.happened(opsOf(event), command, was, event);
    if (command) this.#endings.done(command);
    const settled = [...this.#endings.due(event.seq), ...this.#endings.wake(this.#epoch), ...this.#endings.empty()];
    this.#views.forget(touched);
    const visible = touched.filter(id => !hidden.includes(id) || !looksSame(before.get(id), this.view(id)));
    return [
      ...command ? [/** @type {Effect} */ ({ do: 'settle', command, ack: ackOf(command, event.seq, event.at) })] : [],
      ...texts.effects,
      ...settled,
      ...this.#endings.changed(visible, 'remote', event.by),
      ...conflicts.map(conflict => /** @type {Effect} */ ({ do: 'conflict', conflict })),
      ...again ? [] : [/** @type {Effect} */ ({ do: 'event', event, own, kinds: folded.map(({ kind }) => kind) })],
      ...texts.fits ? [] : this.#stray(event.seq),
    ];
  }

  /** A text of ours is not the server's: a snapshot is taken in place of all that we have. @param {number} seq @returns {Effect[]} */
  #stray(seq) {
    this.doubt();
    return this.#check.stray(`A text is another one than the server's after ${seq}.`);
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
    return command ? this.#endings.refuse(command, refusal, { epoch: this.#joined?.epoch, live: this.live }) : [];
  }

  /** @param {AckMessage} ack @returns {Effect[]} */
  #ack({ n, seq }) {
    const command = this.#pending.get(n);
    if (!command) return [];
    command.dueSeq = seq;
    return this.#endings.due(this.#listen === false ? Infinity : this.live ? this.seq : -1);
  }
}

// @ts-check
/**
 * @import { Change, Reject } from './types.js'
 * @import { Conflicts } from './conflicts.js'
 * @import { Effect } from './effects.js'
 * @import { Pending, PendingCommand } from './pending.js'
 * @import { TextEdits } from './text-edits.js'
 * @import { Views } from './views.js'
 */
import { ackOf } from './effects.js';
import { RejectedError } from './errors.js';
import { idsOf } from './pending.js';
import { editOf } from './text-field.js';
import { looksSame } from './views.js';

/** A refusal of these means "not now": the replica tries again by itself. Other retryable ones are the caller's choice. */
const NOT_NOW = new Set(['rate_limited', 'unavailable']);
const RETRY_MS = 1000;
/** So often an edit is sent again at once, though the server could not move it. */
const REBASES = 3;

/** How commands end: they have taken effect, have failed, or have come to nothing. Takes them out of what is pending, and says what is to be told. */
export class Endings {
  #pending;
  #texts;
  #views;
  #conflicts;
  #seq;
  /** By our clock, ms. */
  now = 0;

  /** @param {{ pending: Pending, texts: TextEdits, views: Views, conflicts: Conflicts }} parts @param {() => number} seq where the replica stands */
  constructor({ pending, texts, views, conflicts }, seq) {
    this.#pending = pending;
    this.#texts = texts;
    this.#views = views;
    this.#conflicts = conflicts;
    this.#seq = seq;
  }

  /** It is in what is confirmed. @param {PendingCommand} command */
  done(command) {
    this.#pending.remove(command);
    this.#conflicts.wrote(command.ops, this.now);
  }

  /** Commands known to have taken effect at or before a position we have reached. @param {number} seq @param {boolean} [anew] a snapshot takes the place of what there was @returns {Effect[]} */
  due(seq, anew = false) {
    /** @type {PendingCommand[]} */
    const due = [];
    for (const command of this.#pending) if (command.dueSeq !== undefined && command.dueSeq <= seq) due.push(command);
    const texts = anew ? [] : this.#texts.settle(due, this.#seq());
    for (const command of due) this.done(command);
    return [
      ...due.map(command => /** @type {Effect} */ ({ do: 'settle', command, ack: ackOf(command, command.dueSeq || this.#seq()) })),
      ...this.changed(due.flatMap(idsOf), 'remote'),
      ...texts,
    ];
  }

  /** Commands that have come to nothing. @param {readonly PendingCommand[]} commands @returns {Effect[]} */
  nothing(commands) { return commands.map(command => ({ do: 'settle', command, ack: ackOf(command, this.#seq()) })); }

  /** We stand where edits of a text that lay before us are about: they are seen, and may be sent. @param {string | undefined} epoch @returns {Effect[]} */
  wake(epoch) {
    const { sleeping } = this.#texts;
    const texts = sleeping.length > 0 ? this.#texts.wake(this.#seq(), epoch) : [];
    return [...this.changed(sleeping, 'remote'), ...texts];
  }

  /** Edits of which others have left nothing need not be sent. @returns {Effect[]} */
  empty() {
    const { empty } = this.#texts;
    for (const command of empty) this.#pending.remove(command);
    return this.nothing(empty);
  }

  /**
   * The server refuses it: for now, or for good.
   * @param {PendingCommand} command @param {Reject} refusal @param {{ epoch: string | undefined, live: boolean, doubt: () => void }} replica @returns {Effect[]}
   */
  refuse(command, refusal, { epoch, live, doubt }) {
    if (NOT_NOW.has(refusal.code)) {
      command.stage = 'held';
      return [{ do: 'wait', ms: refusal.retryAfterMs ?? RETRY_MS, n: refusal.n }];
    }
    if (refusal.code === 'not_found' && this.#pending.overtookCreate(command)) {
      command.stage = 'queued';
      return [];
    }
    if (refusal.code === 'exists' && command.body.type === 'create' && command.epoch !== epoch) {
      // The journal it was sent to before had it, and so has this one: only its memory of our numbers is gone.
      command.dueSeq = 0;
      return this.due(live ? this.#seq() : -1);
    }
    return refusal.code === 'rebase' && editOf(command.body) ? this.#rebase(command, refusal.n, doubt) : this.fail(command, new RejectedError(refusal));
  }

  /**
   * The server cannot move this edit from where it was made. We can, and have: it goes once more with the same n, about where we stand. If that does not
   * help it pauses, and a snapshot is taken.
   * @param {PendingCommand} command @param {number} n @param {() => void} doubt @returns {Effect[]}
   */
  #rebase(command, n, doubt) {
    command.rebased = (command.rebased ?? 0) + 1;
    if (command.rebased < REBASES) {
      command.stage = 'queued';
      return this.empty();
    }
    command.rebased = 0;
    command.stage = 'held';
    doubt();
    return [{ do: 'wait', ms: RETRY_MS, n }, { do: 'rejoin' }];
  }

  /** It has no effect, and neither has what depends on it. @param {PendingCommand} command @param {unknown} error @returns {Effect[]} */
  fail(command, error) {
    const failed = [command, ...this.#pending.dependentsOf(command)];
    const before = new Map(failed.flatMap(idsOf).map(id => [id, this.#views.get(id)]));
    const texts = this.#texts.fail(failed, error, this.#seq());
    const changed = this.changed([...before.keys()], 'rollback');
    const reverted = new Set([...before.keys()].filter(id => !looksSame(before.get(id), this.#views.get(id))));
    return [...changed, ...texts, ...this.empty(), ...failed.map(each => /** @type {Effect} */ ({
      do: 'fail', command: each, error, reverted: idsOf(each).filter(id => reverted.has(id)),
    }))];
  }

  /** Every command is given up; what was sent may still take effect. @param {unknown} error @returns {Effect[]} */
  failAll(error) {
    const commands = [...this.#pending];
    const texts = this.#texts.fail(commands, error, this.#seq());
    return [...this.changed(commands.flatMap(idsOf), 'rollback'), ...texts,
      ...commands.map(command => /** @type {Effect} */ ({ do: 'fail', command, error, reverted: [] }))];
  }

  /** @param {string[]} ids @param {Change['origin']} origin @param {string} [by] @returns {Effect[]} */
  changed(ids, origin, by) {
    this.#views.forget(ids);
    return ids.length > 0 ? [{ do: 'change', change: { ids: [...new Set(ids)], origin, by, seq: this.#seq() } }] : [];
  }
}

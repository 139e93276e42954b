// @ts-check
/** @import { Ack, Command, Op, Outcome } from './types.js' */
import { opsOf } from './fold.js';

/** A server judges numbers down to 63 below a session's highest, so what is unanswered must lie that close together. */
const SPREAD = 64;

/**
 * @typedef {object} Owner who waits for the outcome
 * @property {(ack: Ack) => void} resolve
 * @property {(error: unknown) => void} reject
 *
 * @typedef {object} PendingCommand
 * @property {number} n
 * @property {Command} body
 * @property {readonly Op[]} ops
 * @property {Owner} owner
 * @property {number} since when it was asked for, ms
 * @property {'queued' | 'sent' | 'held'} stage held: refused for now, to be queued again after a pause
 * @property {number} turn when it was last sent, as a count: sending again breaks the order of n
 * @property {number} [dueSeq] took effect: settled, at the latest, when the replica stands here
 */

/**
 * The commands whose outcome is not known, in the order they were asked for. Numbers them, keeps the window, and knows
 * which entities they touch.
 *
 *   queued ──sent──▶ sent ──event, ack, reject──▶ gone
 *     ▲ ▲             │ │
 *     │ └──unknown────┘ └──reject, retryable──▶ held ──pause over──▶ queued
 */
export class Pending {
  /** Map keeps insertion order, which is the order of n. @type {Map<number, PendingCommand>} */
  #byN = new Map();
  /** @type {Map<string, PendingCommand[]>} */
  #byId = new Map();
  #lastN = 0;
  #lastTurn = 0;
  #window;

  /** @param {number} window commands that may be unanswered at once */
  constructor(window = SPREAD) { this.#window = Math.min(window, SPREAD); }

  get size() { return this.#byN.size; }

  /** When the oldest was asked for. */
  get since() { return this.#byN.values().next().value?.since; }

  [Symbol.iterator]() { return this.#byN.values(); }

  /** @param {number} n */
  get(n) { return this.#byN.get(n); }

  /** Ids that pending commands touch. */
  get ids() { return this.#byId.keys(); }

  /** Pending operations on an entity, oldest first. @param {string} id */
  opsOn(id) {
    return (this.#byId.get(id) ?? []).flatMap(command => command.ops.filter(op => op.entity === id));
  }

  /** @param {Command} body @param {Owner} owner @param {number} since */
  add(body, owner, since) {
    /** @type {PendingCommand} */
    const command = { n: ++this.#lastN, body, ops: opsOf(body), owner, since, stage: 'queued', turn: 0 };
    this.#byN.set(command.n, command);
    for (const id of idsOf(command)) this.#byId.set(id, [...this.#byId.get(id) ?? [], command]);
    return command;
  }

  /** @param {PendingCommand} command */
  remove(command) {
    this.#byN.delete(command.n);
    for (const id of idsOf(command)) {
      const rest = (this.#byId.get(id) ?? []).filter(other => other !== command);
      if (rest.length > 0) this.#byId.set(id, rest);
      else this.#byId.delete(id);
    }
  }

  /**
   * The next command to send, if the window allows one. A held command holds back those behind it: a later one may
   * depend on it, and numbers must not run away from it.
   */
  next() {
    let unanswered = 0;
    let oldest = 0;
    for (const command of this.#byN.values()) {
      if (command.stage === 'held') return undefined;
      if (command.stage === 'queued')
        return unanswered < this.#window && (unanswered === 0 || command.n - oldest < SPREAD) ? command : undefined;
      if (unanswered++ === 0) oldest = command.n;
    }
    return undefined;
  }

  /** @param {PendingCommand} command */
  sent(command) {
    command.stage = 'sent';
    command.turn = ++this.#lastTurn;
  }

  /** Numbers whose fate only the server knows. */
  get unanswered() { return [...this].filter(command => command.stage === 'sent').map(command => command.n); }

  /**
   * Takes the server's word after a rejoin. What it does not mention is treated as unknown: sending twice is harmless,
   * forgetting is not.
   * @param {readonly Outcome[]} outcomes
   * @param {number} headSeq by which all that is `coming` has come
   */
  answer(outcomes, headSeq) {
    const said = new Map(outcomes.map(({ n, outcome }) => [n, outcome]));
    for (const command of this) {
      if (command.stage !== 'sent') continue;
      const outcome = said.get(command.n);
      command.dueSeq = outcome === 'done' ? 0 : outcome === 'coming' ? headSeq : undefined;
      if (command.dueSeq === undefined) command.stage = 'queued';
    }
  }

  /**
   * Did this command overtake the create of an entity that it needs? The create was refused for now, and has not been sent
   * again, or only after this one.
   * @param {PendingCommand} later
   */
  overtookCreate(later) {
    const needs = new Set(idsOf(later));
    for (const command of this) {
      if (command.n >= later.n) return false;
      if ((command.stage !== 'sent' || command.turn > later.turn) && createdBy(command).some(id => needs.has(id))) return true;
    }
    return false;
  }

  /** Later commands that make no sense without this one, because it creates what they touch. @param {PendingCommand} failed */
  dependentsOf(failed) {
    const missing = new Set(createdBy(failed));
    const dependents = [];
    for (const command of this) {
      if (command.n <= failed.n || !command.ops.some(op => missing.has(op.entity))) continue;
      dependents.push(command);
      for (const id of createdBy(command)) missing.add(id);
    }
    return dependents;
  }
}

/** @param {PendingCommand} command */
export function idsOf(command) { return [...new Set(command.ops.map(op => op.entity))]; }

/** @param {PendingCommand} command */
function createdBy(command) { return command.ops.filter(op => op.type === 'create').map(op => op.entity); }

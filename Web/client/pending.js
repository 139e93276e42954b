// @ts-check
/** @import { Ack, Command, Delta, Edit, Kept, KeptText, Op, Outcome, UpdateOp } from './types.js' */
import { coalesce } from './coalesce.js';
import { QueueFullError } from './errors.js';
import { opsOf } from './fold.js';
import { editOf, fieldsBegun, keyOf, touches } from './text-field.js';

/** A server judges numbers down to 63 below a session's highest, so what is unanswered must lie that close together. */
const SPREAD = 64;
/** What several commands have become together must not grow to a message that the server does not take: each alone may have been small enough. */
const COALESCED_BYTES_MAX = 16_384;
const utf8 = new TextEncoder();

/**
 * @typedef {object} Owner who waits for the outcome
 * @property {(ack: Ack) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {boolean} [gone] waits no more
 * @property {() => void} [failed] the command has no effect
 *
 * @typedef {object} PendingCommand
 * @property {number} [n] given when it is first sent, so that one that never is uses up none
 * @property {Command} body
 * @property {readonly Op[]} ops
 * @property {number} bytes of the body as JSON
 * @property {Owner[]} owners several where it was coalesced
 * @property {number} since when it was asked for, ms
 * @property {'queued' | 'sent' | 'held'} stage held: refused for now, to be queued again after a pause
 * @property {number} turn when it was last sent, as a count: sending again breaks the order of n
 * @property {string} [epoch] of the journal it was first sent to
 * @property {number} [rebased] how often the server could not move this edit to where it stands
 * @property {boolean} [loose] an edit that was moved over a snapshot: what the server makes of it may read otherwise
 * @property {KeptText} [asleep] an edit of this text, which lies before us: neither seen nor sent until we stand there
 * @property {number} [dueSeq] took effect: settled, at the latest, when the replica stands here
 */

/** Who asked for what an earlier page left is not there any more, and does not take it back either. @type {Owner} */
export const NOBODY = { resolve() {}, reject() {} };

/**
 * The commands whose outcome is not known, in the order they were asked for, which is the order of n. Numbers them, keeps the window and the
 * bounds, makes one of several while they wait, and knows which entities they touch.
 *
 *   queued ──sent──▶ sent ──event, ack, reject──▶ gone
 *     ▲ ▲             │ │
 *     │ └──unknown────┘ └──reject, retryable──▶ held ──pause over──▶ queued
 */
export class Pending {
  /** @type {Set<PendingCommand>} */
  #all = new Set();
  /** Those that have a number. @type {Map<number, PendingCommand>} */
  #byN = new Map();
  /** @type {Map<string, PendingCommand[]>} */
  #byId = new Map();
  /** Texts of which an edit was sent a moment ago. @type {Set<string>} */
  #resting = new Set();
  #bytes = 0;
  #lastN = 0;
  #lastTurn = 0;
  /** Moves with whatever `kept` would tell. */
  revision = 0;
  #window;
  #max;
  #maxBytes;
  #coalesces;

  /**
   * @param {object} [bounds]
   * @param {number} [bounds.window] commands that may be unanswered at once
   * @param {number} [bounds.queueMax] commands @param {number} [bounds.queueMaxBytes] of all of them
   * @param {boolean} [bounds.coalesces] false: every command stays one of its own
   */
  constructor({ window = SPREAD, queueMax = Infinity, queueMaxBytes = Infinity, coalesces = true } = {}) {
    this.#window = Math.min(window, SPREAD);
    this.#max = queueMax;
    this.#maxBytes = queueMaxBytes;
    this.#coalesces = coalesces;
  }

  get size() { return this.#all.size; }

  /** Of all commands, as JSON. */
  get bytes() { return this.#bytes; }

  /** The number of the next command that is sent for the first time. */
  get nextN() { return this.#lastN + 1; }

  /** When the oldest was asked for. */
  get since() { return this.#all.values().next().value?.since; }

  [Symbol.iterator]() { return this.#all.values(); }

  /** Is it still under way? @param {PendingCommand} command */
  has(command) { return this.#all.has(command); }

  /** @param {number} n */
  get(n) { return this.#byN.get(n); }

  /** Ids that pending commands touch. */
  get ids() { return this.#byId.keys(); }

  /** Commands about an entity, oldest first. @param {string} id @returns {readonly PendingCommand[]} */
  on(id) { return this.#byId.get(id) ?? []; }

  /** Pending operations on an entity, oldest first. @param {string} id */
  opsOn(id) {
    return this.on(id).flatMap(({ asleep, ops }) => asleep ? [] : ops.filter(op => op.entity === id));
  }

  /**
   * Takes a command. What was not sent yet and is about the same entity may become one with it, or, a create and its delete, nothing at all.
   * @param {Command} body @param {Owner} owner @param {number} since
   * @returns {{ command: PendingCommand, settled: PendingCommand[] }} settled: what has come to nothing, the command included
   */
  add(body, owner, since) {
    const bytes = bytesOf(body);
    /** @type {PendingCommand} */
    const command = { body, ops: opsOf(body), bytes, owners: [owner], since, stage: 'queued', turn: 0 };
    const waiting = this.#coalesces ? this.#unsentOn(body) : [];
    const made = waiting.slice(waiting.map(each => each.body.type).lastIndexOf('delete') + 1);
    if (body.type === 'delete' && made[0]?.body.type === 'create' && body.ifVersion === undefined) {
      for (const each of made) this.remove(each);
      return { command, settled: [...made, command] };
    }
    const last = editOf(body) ? this.#lastEdit(/** @type {UpdateOp} */ (body)) : waiting.at(-1);
    const both = last && coalesce(last.body, body);
    if (both && this.#become(last, both)) {
      last.owners.push(owner);
      if (editOf(both)?.delta.length !== 0) return { command: last, settled: [] };
      this.remove(last);
      return { command: last, settled: [last] };
    }
    this.room(1, bytes);
    this.#put(command);
    return { command, settled: [] };
  }

  /** Is there room for so much more? @param {number} commands @param {number} bytes @throws {QueueFullError} */
  room(commands, bytes) {
    if (this.size + commands > this.#max) throw new QueueFullError(this.#max);
    if (this.#bytes + bytes > this.#maxBytes) throw new QueueFullError(this.#maxBytes, 'bytes');
  }

  /** The edit that another one of the same text may become one with: nothing stands between them, and it was never sent, for what was sent is frozen. @param {UpdateOp} body */
  #lastEdit({ entity, edit }) {
    const { field } = /** @type {Edit} */ (edit);
    const last = this.on(entity).filter(({ body, ops }) => editOf(body)?.field === field || ops.some(op => touches(op, entity, field))).at(-1);
    return this.#coalesces && last && editOf(last.body) && last.n === undefined && !last.asleep ? last : undefined;
  }

  /** An edit reads otherwise now, because others have edited the text before it. @param {PendingCommand} command @param {Delta} delta */
  rewrite(command, delta) {
    const body = /** @type {UpdateOp} */ (command.body);
    command.body = { ...body, edit: { .../** @type {Edit} */ (body.edit), delta } };
    command.ops = opsOf(command.body);
    this.rewritten();
  }

  /** The text that an edit is about reads otherwise now. */
  rewritten() { this.revision++; }

  /** What waits to be sent about the entity of a command, oldest first; none where something else about it is under way. @param {Command} body */
  #unsentOn(body) {
    const all = body.type === 'batch' ? [] : this.#byId.get(body.entity) ?? [];
    let first = all.length;
    while (first > 0 && all[first - 1].n === undefined && all[first - 1].body.type !== 'batch') first--;
    return all.slice(first);
  }

  /** @param {PendingCommand} command @param {Command} body of the same entity @returns {boolean} false: that would be too much */
  #become(command, body) {
    const bytes = bytesOf(body);
    const grown = bytes - command.bytes;
    if (grown > 0 && (bytes > COALESCED_BYTES_MAX || this.#bytes + grown > this.#maxBytes)) return false;
    this.#bytes += grown;
    this.revision++;
    Object.assign(command, { body, bytes, ops: opsOf(body) });
    return true;
  }

  /** @param {PendingCommand} command */
  #put(command) {
    this.#all.add(command);
    this.revision++;
    this.#bytes += command.bytes;
    if (command.n !== undefined) this.#byN.set(command.n, command);
    for (const id of idsOf(command)) this.#byId.set(id, [...this.#byId.get(id) ?? [], command]);
  }

  /** @param {PendingCommand} command */
  remove(command) {
    if (!this.#all.delete(command)) return;
    this.revision++;
    this.#bytes -= command.bytes;
    if (command.n !== undefined) this.#byN.delete(command.n);
    for (const id of idsOf(command)) {
      const rest = (this.#byId.get(id) ?? []).filter(other => other !== command);
      if (rest.length > 0) this.#byId.set(id, rest);
      else this.#byId.delete(id);
    }
  }

  /**
   * The next command to send, if the window allows one. A held command holds back those behind it: a later one may
   * depend on it, and numbers must not run away from it. An edit waits for the one of the same text that is unanswered, and for the text itself;
   * what waits holds back what is behind it about the same entity, and nothing else.
   * @param {(command: PendingCommand) => boolean} [isReady]
   */
  next(isReady = () => true) {
    let unanswered = 0;
    let oldest = Infinity;
    for (const { n = 0, stage } of this.#byN.values()) {
      if (stage === 'sent') unanswered++;
      oldest = Math.min(oldest, n);
    }
    /** @type {Set<string>} */
    const waiting = new Set();
    /** @type {Set<string>} */
    const flying = new Set(this.#resting);
    for (const command of this) {
      const { stage, n = this.nextN } = command;
      const key = textKeyOf(command);
      if (stage === 'held' || unanswered >= this.#window) return undefined;
      if (stage === 'sent') {
        if (key !== undefined) flying.add(key);
        continue;
      }
      const ids = idsOf(command);
      const mustWait = ids.some(id => waiting.has(id)) || key !== undefined && (flying.has(key) || !isReady(command));
      if (!mustWait) return oldest === Infinity || n - oldest < SPREAD ? command : undefined;
      for (const id of ids) waiting.add(id);
    }
    return undefined;
  }

  /** The text of an edit rests: what is typed until it is woken goes in one. @param {string} key */
  rest(key) { this.#resting.add(key); }

  /** @param {string} key */
  wake(key) { this.#resting.delete(key); }

  /** @param {PendingCommand} command @param {string} [epoch] of the journal it goes to */
  sent(command, epoch) {
    if (command.n === undefined) this.#byN.set(command.n = ++this.#lastN, command);
    this.revision++;
    command.epoch ??= epoch;
    command.stage = 'sent';
    command.turn = ++this.#lastTurn;
  }

  /** What is to outlive the page. @param {ReadonlyMap<PendingCommand, KeptText>} bases what edits are about */
  kept(bases) {
    const texts = [...new Set(bases.values())];
    const ops = [...this].map(command => {
      const { n, epoch, since, body } = command;
      const base = bases.get(command);
      return { n, epoch, since, body, ...base && { text: texts.indexOf(base) } };
    });
    return { c: this.nextN, ops, ...texts.length > 0 && { texts } };
  }

  /**
   * Takes over what an earlier page left: it comes before all that this one has. What has a number may have been sent.
   * @param {Kept} kept @returns {Map<PendingCommand, KeptText>} what edits are about
   */
  restore({ c, ops, texts = [] }) {
    /** @type {Map<PendingCommand, KeptText>} */
    const bases = new Map();
    const mine = [...this];
    for (const command of mine) this.remove(command);
    this.#lastN = c - 1;
    for (const { n, epoch, since, body, text } of ops) {
      const bytes = bytesOf(body);
      /** @type {PendingCommand} */
      const command = { n, epoch, since, body, ops: opsOf(body), bytes, owners: [NOBODY], stage: n === undefined ? 'queued' : 'sent', turn: 0 };
      if (text !== undefined && texts[text]) bases.set(command, texts[text]);
      this.#put(command);
    }
    for (const command of mine) this.#put(command);
    return bases;
  }

  /** Another session begins to count. */
  renew() {
    this.#lastN = 0;
    this.revision++;
  }

  /** Numbers whose fate only the server knows. */
  get unanswered() { return [...this].filter(command => command.stage === 'sent').map(command => /** @type {number} */ (command.n)); }

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
      const outcome = said.get(/** @type {number} */ (command.n));
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
      if (command === later) return false;
      if ((command.stage !== 'sent' || command.turn > later.turn) && createdBy(command).some(id => needs.has(id))) return true;
    }
    return false;
  }

  /** Later commands that make no sense without this one, because it creates what they touch. @param {PendingCommand} failed */
  dependentsOf(failed) {
    const missing = new Set(createdBy(failed));
    const without = new Set([failed]);
    let later = false;
    for (const command of this) {
      const before = !later;
      later ||= command === failed;
      if (before || !command.ops.some(op => missing.has(op.entity)) && !this.#editsTextOf(command, without)) continue;
      without.add(command);
      for (const id of createdBy(command)) missing.add(id);
    }
    without.delete(failed);
    return [...without];
  }

  /** Is this an edit of a text that one of these begins? @param {PendingCommand} command @param {Set<PendingCommand>} makers */
  #editsTextOf({ body, ops: [op] }, makers) {
    const field = editOf(body)?.field;
    if (field === undefined) return false;
    const all = this.on(op.entity);
    const last = all.slice(0, all.findIndex(each => each.body === body)).filter(each => each.ops.some(other => touches(other, op.entity, field))).at(-1);
    return last !== undefined && makers.has(last) && last.ops.some(each => fieldsBegun(each).includes(field));
  }
}

/** @param {PendingCommand} command */
export function idsOf(command) { return [...new Set(command.ops.map(op => op.entity))]; }

/** Of an edit, the text that it is about. @param {PendingCommand} command */
export function textKeyOf({ body, ops: [op] }) {
  const edit = editOf(body);
  return edit && keyOf(op.entity, edit.field);
}

/** @param {PendingCommand} command */
function createdBy(command) { return command.ops.filter(op => op.type === 'create').map(op => op.entity); }

/** What it takes of the queue's room. @param {Command} body */
export function bytesOf(body) { return utf8.encode(JSON.stringify(body)).length; }

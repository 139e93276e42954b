// @ts-check
/** @import { Command, Item, Json, JsonObject, Op } from './types.js' */
import { fold, opsOf } from './fold.js';
import { written } from './text-field.js';
import { textIn } from './text-marker.js';

/** Steps that are remembered; an older one is forgotten. */
const STEPS_MAX = 100;

/**
 * What takes a command back, oldest operation last: from the entities as they are seen before it.
 * @param {Command} command @param {(id: string) => Item | undefined} view @returns {Op[]}
 */
export function inverseOf(command, view) {
  /** @type {Map<string, Item | undefined>} */
  const seen = new Map();
  /** @type {Op[]} */
  const inverse = [];
  for (const op of opsOf(command)) {
    const before = seen.has(op.entity) ? seen.get(op.entity) : view(op.entity);
    const back = inverseOfOne(op, before);
    if (back) inverse.unshift(back);
    seen.set(op.entity, fold(before, op));
  }
  return inverse;
}

/** @param {Op} op @param {Item | undefined} before @returns {Op | undefined} nothing, where it does nothing */
function inverseOfOne(op, before) {
  if (op.type === 'create') return before ? undefined : { type: 'delete', entity: op.entity };
  if (!before) return undefined;
  if (op.type === 'delete') return { type: 'create', entity: op.entity, kind: before.kind, data: written(before) };
  if (op.patch) return { type: 'update', entity: op.entity, patch: unpatch(written(before), op.patch) };
  if (!op.increment) return undefined;
  return { type: 'update', entity: op.entity, increment: Object.fromEntries(Object.entries(op.increment).map(([field, by]) => [field, -by])) };
}

/** The patch that takes a patch back: it names what that one names and nothing else, so that others' changes stay. @param {JsonObject} before @param {JsonObject} patch @param {boolean} [inner] a text begins only in a field of the entity itself @returns {JsonObject} */
function unpatch(before, patch, inner = false) {
  /** @type {JsonObject} */
  const back = {};
  for (const [key, value] of Object.entries(patch)) {
    const old = Object.hasOwn(before, key) ? before[key] : null;
    const isWhole = !inner && (textIn(old) !== undefined || textIn(value) !== undefined);
    back[key] = isObject(old) && isObject(value) && !isWhole ? unpatch(old, value, true) : old;
  }
  return back;
}

/**
 * @typedef {object} Step
 * @property {string} [label]
 * @property {Op[][]} parts what takes back each of its commands, the last command first
 *
 * @typedef {'change' | 'undo' | 'redo'} Role of a command: it clears what could be redone; it takes a step back; it makes one again
 */

/**
 * What we did, so that it can be taken back, and what we took back. The way back from an undo is made when the undo happens, of what is there
 * then: so n undos and n redos leave a document as it was.
 */
export class UndoStacks {
  /** @type {Step[]} */
  #undo = [];
  /** @type {Step[]} */
  #redo = [];
  /** @type {Step | undefined} */
  #group;

  get canUndo() { return this.#undo.length > 0; }
  get canRedo() { return this.#redo.length > 0; }

  /** What is taken while `fn` runs is one step. @template T @param {string} label @param {() => T} fn @returns {T} */
  group(label, fn) {
    if (this.#group) return fn(); // a group in a group is part of it
    this.#group = { label, parts: [] };
    try {
      return fn();
    } finally {
      this.#group = undefined;
    }
  }

  /**
   * A command was taken.
   * @param {Op[]} inverse made before @param {Role} role @param {string} [label]
   * @returns {() => void} it has failed: there is nothing to take back
   */
  taken(inverse, role, label) {
    if (inverse.length === 0) return () => {};
    const stack = role === 'undo' ? this.#redo : this.#undo;
    if (role === 'change') this.#redo = [];
    const grouped = role === 'change' ? this.#group : undefined;
    const step = grouped ?? { label, parts: [] };
    if (step.parts.length === 0 || !stack.includes(step)) stack.push(step);
    if (stack.length > STEPS_MAX) stack.shift();
    step.parts.unshift(inverse);
    return () => {
      step.parts = step.parts.filter(part => part !== inverse);
      if (step.parts.length > 0) return;
      this.#undo = this.#undo.filter(each => each !== step);
      this.#redo = this.#redo.filter(each => each !== step);
    };
  }

  /**
   * Takes the newest step from a stack that still fits what is seen.
   * @param {'undo' | 'redo'} role @param {(id: string) => Item | undefined} view
   * @returns {{ command: Command | undefined, label: string | undefined, skipped: string[] }} no command: there is none; skipped: ids whose part of
   *   it, or of newer steps, is lost, because somebody else has deleted them, or made them again
   */
  take(role, view) {
    const stack = role === 'undo' ? this.#undo : this.#redo;
    /** @type {Set<string>} */
    const skipped = new Set();
    for (let step = stack.pop(); step; step = stack.pop()) {
      const ops = fitting(step.parts.flat(), view, skipped);
      if (ops.length > 0) return { command: ops.length === 1 ? ops[0] : { type: 'batch', ops }, label: step.label, skipped: [...skipped] };
    }
    return { command: undefined, label: undefined, skipped: [...skipped] };
  }

  /** The journal is another one: what we did is not in it. */
  clear() {
    this.#undo = [];
    this.#redo = [];
  }
}

/** @param {Op[]} ops @param {(id: string) => Item | undefined} view @param {Set<string>} skipped gets the ids of the others @returns {Op[]} */
function fitting(ops, view, skipped) {
  /** @type {Map<string, Item | undefined>} */
  const seen = new Map();
  return ops.filter(op => {
    const before = seen.has(op.entity) ? seen.get(op.entity) : view(op.entity);
    const fits = (op.type === 'create') === (before === undefined);
    if (fits) seen.set(op.entity, fold(before, op));
    else skipped.add(op.entity);
    return fits;
  });
}

/** @param {Json} value @returns {value is JsonObject} */
function isObject(value) { return typeof value === 'object' && value !== null && !Array.isArray(value); }

// @ts-check
/** @import { Delta } from './types.js' */
import { compose, invert, transform, transformPosition } from './delta.js';

/** Steps that are remembered; an older one is forgotten. */
const STEPS_MAX = 100;
/** Typing that goes on at its place within so many ms is one step. */
const TYPING_MS = 1000;

/** @typedef {'change' | 'undo' | 'redo'} TextRole of an edit of ours */

/**
 * What we did to one text, as the edits that take it back, moved by what others do: so undo never takes back what they wrote. Pure.
 */
export class TextUndo {
  /** The newest last. @type {Delta[]} */
  #undo = [];
  /** @type {Delta[]} */
  #redo = [];
  /** Where typing would go on, and until when. @type {{ kind: 'insert' | 'delete', at: number, until: number } | undefined} */
  #typing;

  get canUndo() { return this.#undo.length > 0; }
  get canRedo() { return this.#redo.length > 0; }

  /** The edit that takes our last step back, or makes it again. @param {'undo' | 'redo'} role @returns {Delta | undefined} */
  next(role) { return (role === 'undo' ? this.#undo : this.#redo).at(-1); }

  /** An edit of ours was made; of `undo` and `redo` it is what `next` gave. @param {Delta} delta @param {string} before the text it was made to @param {TextRole} role @param {number} now ms */
  taken(delta, before, role, now) {
    const back = invert(delta, before);
    if (role !== 'change') {
      (role === 'undo' ? this.#undo : this.#redo).pop();
      (role === 'undo' ? this.#redo : this.#undo).push(back);
      this.#typing = undefined;
      return;
    }
    this.#redo = [];
    const top = this.#undo.at(-1);
    if (top && this.#continues(delta, now)) this.#undo[this.#undo.length - 1] = compose(back, top);
    else this.#undo.push(back);
    if (this.#undo.length > STEPS_MAX) this.#undo.shift();
    const change = changeOf(delta);
    this.#typing = change && { kind: change.kind, at: change.kind === 'insert' ? change.end : change.start, until: now + TYPING_MS };
  }

  /** What is seen was changed by somebody else. @param {Delta} delta */
  passed(delta) {
    this.#undo = moved(this.#undo, delta);
    this.#redo = moved(this.#redo, delta);
    if (this.#typing) this.#typing.at = transformPosition(this.#typing.at, delta, -1);
  }

  /** The text was replaced, or something of ours was refused: what we did is not there as it was. */
  clear() {
    this.#undo = [];
    this.#redo = [];
    this.#typing = undefined;
  }

  /** @param {Delta} delta @param {number} now */
  #continues(delta, now) {
    const change = changeOf(delta);
    if (!change || !this.#typing || change.kind !== this.#typing.kind || now > this.#typing.until) return false;
    return change.start === this.#typing.at || change.kind === 'delete' && change.end === this.#typing.at;
  }
}

/** What typing does: something is put in, or taken away, at one place. @param {Delta} delta @returns {{ kind: 'insert' | 'delete', start: number, end: number } | undefined} */
function changeOf(delta) {
  const start = delta[0]?.retain ?? 0;
  const [part, ...more] = start > 0 ? delta.slice(1) : delta;
  if (!part || more.length > 0) return undefined;
  return part.insert !== undefined ? { kind: 'insert', start, end: start + part.insert.length }
    : { kind: 'delete', start, end: start + /** @type {number} */ (part.delete) };
}

/** From the newest to the oldest, each as it must read now; those of which nothing is left are dropped. @param {Delta[]} steps @param {Delta} change */
function moved(steps, change) {
  const after = [];
  for (const step of [...steps].reverse()) {
    const now = transform(step, change, 'left');
    change = transform(change, step, 'right');
    if (now.length > 0) after.unshift(now);
  }
  return after;
}

// @ts-check
/**
 * @import { Ack, Delta, TextChange, TextGone, TextRefused } from './types.js'
 * @import { TextRole } from './text-undo.js'
 * @import { TextUndo } from './text-undo.js'
 */
import { Emitter } from './emitter.js';
import { need, refusal, replace, splitsPair } from './delta.js';
import { RejectedError } from './errors.js';

/**
 * What a shared text does through its project.
 * @typedef {object} TextShell
 * @property {string} id
 * @property {string} field
 * @property {TextUndo} undo of all who have it open here
 * @property {() => string} value
 * @property {() => boolean} isPending
 * @property {(delta: Delta, role: TextRole) => Promise<Ack | undefined>} edit
 * @property {() => { seq: number, n: number } | undefined} mark
 * @property {(position: number, assoc: number) => number} place
 * @property {() => boolean} readonly
 * @property {() => number} unitsMax
 * @property {(text: SharedText) => void} closed
 */

/**
 * A text that several write in at once: made by `client.text`. What is edited is in `value` at once and goes when it may; what others write arrives
 * around it. It is one life of the field: where that is deleted, or given another value, it is `gone`.
 */
export class SharedText {
  #shell;
  #emitter = new Emitter();
  /** @type {string | undefined} */
  #last;
  #isOpen = true;

  /** Made by `client.text`. @internal @param {TextShell} shell */
  constructor(shell) { this.#shell = shell; }

  /** The entity it is in. */
  get id() { return this.#shell.id; }
  /** The field it is in. */
  get field() { return this.#shell.field; }
  /** The text as it is seen here, with what is still under way; after `gone`, what it was last. */
  get value() { return this.#last ?? this.#shell.value(); }
  /** UTF-16 units of `value`. */
  get length() { return this.value.length; }
  /** The most units the server takes; Infinity before it has said so. */
  get unitsMax() { return this.#shell.unitsMax(); }
  /** Is something of ours not acknowledged yet? */
  get pending() { return !this.gone && this.#shell.isPending(); }
  /** Is there no such text any more? */
  get gone() { return this.#last !== undefined; }
  /** May it not be edited here: is it gone, or may we only read? */
  get readonly() { return this.gone || this.#shell.readonly(); }
  /** Is there something of ours to take back? */
  get canUndo() { return this.#shell.undo.canUndo; }
  /** Is there something taken back to make again? */
  get canRedo() { return this.#shell.undo.canRedo; }

  /** Puts something in. @param {number} at @param {string} inserted @returns {Promise<Ack | undefined>} as of `edit` */
  insert(at, inserted) { return this.replace(at, 0, inserted); }

  /** Takes units away. @param {number} at @param {number} removed @returns {Promise<Ack | undefined>} as of `edit` */
  delete(at, removed) { return this.replace(at, removed, ''); }

  /** Puts something in the place of something else. @param {number} at @param {number} removed units @param {string} inserted @returns {Promise<Ack | undefined>} as of `edit` */
  replace(at, removed, inserted) {
    if (!(at >= 0 && removed >= 0 && at + removed <= this.length)) throw new RangeError(`There are ${this.length} units, not ${at} and ${removed} more.`);
    return at + removed > at || inserted !== '' ? this.edit(replace(at, removed, inserted)) : Promise.resolve(undefined);
  }

  /**
   * Changes the text as it is seen: at once here, and for all when it is acknowledged.
   * @param {Delta} delta in normal form @returns {Promise<Ack | undefined>} rejects as commands do; it need not be caught, for `refused` tells as well
   * @throws {RangeError | RejectedError} a delta that cannot be, or a text that is gone; `QueueFullError`
   */
  edit(delta) { return this.#submit(delta, 'change'); }

  /** Takes our last step back: what was typed without a pause is one. Others' words stay. @returns {Promise<Ack | undefined>} undefined: there was nothing */
  undo() { return this.#step('undo'); }

  /** Makes again what was taken back, unless we have written something else since. @returns {Promise<Ack | undefined>} */
  redo() { return this.#step('redo'); }

  /**
   * Listens: `change` with `{delta, origin, by, seq}` for all that changes `value`, ours as well; `refused` with `{code, delta, text}` for what we wrote
   * and could not stay; `gone` with the last `{text}`.
   * @template {keyof TextEvents} T @param {T} type @param {(value: TextEvents[T]) => void} fn @param {{ signal?: AbortSignal, once?: boolean }} [options]
   * @returns {() => void} stops listening
   */
  on(type, fn, options) { return this.#emitter.on(/** @type {any} */ (type), /** @type {any} */ (fn), options); }

  /** What a caret of ours in `value` refers to, as others see it: the seq, and the edit that is under way; undefined while more than one is. */
  get mark() { return this.gone ? undefined : this.#shell.mark(); }

  /** Where a place of the confirmed text is in `value`. @param {number} position @param {number} assoc as of carets: above zero it goes behind what is put in there */
  place(position, assoc) { return this.#shell.place(position, assoc); }

  /** It is not needed any more: with the last one of a text what could be undone is forgotten. */
  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#last ??= this.#shell.value();
    this.#shell.closed(this);
  }

  /** @internal @template {keyof TextEvents} T @param {T} type @param {TextEvents[T]} value @param {(error: unknown) => void} report */
  tell(type, value, report) {
    if (type === 'gone') this.#last = /** @type {TextGone} */ (value).text;
    this.#emitter.report = report;
    this.#emitter.emit(/** @type {any} */ (type), /** @type {any} */ (value));
  }

  /** @param {'undo' | 'redo'} role */
  #step(role) {
    const delta = this.gone ? undefined : this.#shell.undo.next(role);
    return delta ? this.#submit(delta, role) : Promise.resolve(undefined);
  }

  /** @param {Delta} delta @param {TextRole} role */
  #submit(delta, role) {
    if (this.gone) throw new RejectedError({ code: 'gone', message: 'The text is not there any more.' });
    const detail = refusal(delta) ?? (need(delta) > this.length ? 'out_of_range' : splitsPair(this.value, delta) ? 'splits_pair' : undefined);
    if (detail) throw new RejectedError({ code: 'invalid', detail, message: 'The delta is none, or not one of this text.' });
    return this.#shell.edit(delta, role);
  }
}

/** @typedef {{ change: TextChange, refused: TextRefused, gone: TextGone }} TextEvents */

// @ts-check
/**
 * @import { Ack, Delta, TextChange, TextGone, TextRefused } from './types.js'
 * @import { Replica } from './replica.js'
 * @import { TextRole } from './text-undo.js'
 */
import { transformPosition } from './delta.js';
import { RejectedError } from './errors.js';
import { editOf, keyOf, textOf } from './text-field.js';
import { SharedText } from './shared-text.js';
import { TextUndo } from './text-undo.js';

/** The texts of a project that somebody has open here, with what each could take back. */
export class OpenTexts {
  /** @type {Map<string, { undo: TextUndo, open: Set<SharedText> }>} */
  #texts = new Map();
  #replica;
  #shell;

  /**
   * @param {Replica} replica
   * @param {object} shell
   * @param {(id: string, field: string, delta: Delta, origin: 'local' | 'undo', taken: () => void) => Promise<Ack>} shell.edit calls `taken` once it is in the view
   * @param {() => number} shell.now @param {() => boolean} shell.readonly @param {() => number} shell.unitsMax @param {(error: unknown) => void} shell.report
   */
  constructor(replica, shell) {
    this.#replica = replica;
    this.#shell = shell;
  }

  /** @param {string} id @param {string} field @returns {SharedText} */
  open(id, field) {
    const item = this.#replica.view(id);
    if (textOf(item, field) === undefined) throw new RejectedError({ code: item ? 'gone' : 'not_found', message: `There is no shared text \`${field}\` in ${id}.` });
    const key = keyOf(id, field);
    const entry = this.#texts.get(key) ?? { undo: new TextUndo(), open: new Set() };
    this.#texts.set(key, entry);
    const value = () => textOf(this.#replica.view(id), field) ?? '';
    const text = new SharedText({
      id, field, undo: entry.undo, value,
      isPending: () => this.#replica.isPending(id, field),
      edit: (delta, role) => this.#edit(id, field, delta, role, entry.undo, value()),
      mark: () => this.#mark(id, field),
      place: (position, assoc) => this.#replica.edits(id, field).reduce((at, { body }) => transformPosition(at, editOf(body)?.delta ?? [], assoc), position),
      readonly: this.#shell.readonly,
      unitsMax: this.#shell.unitsMax,
      closed: closed => {
        entry.open.delete(closed);
        if (entry.open.size === 0 && this.#texts.get(key) === entry) this.#texts.delete(key);
      },
    });
    entry.open.add(text);
    return text;
  }

  /** @param {string} id @param {string} field @param {Delta} delta @param {TextRole} role @param {TextUndo} undo @param {string} before */
  #edit(id, field, delta, role, undo, before) {
    return this.#shell.edit(id, field, delta, role === 'change' ? 'local' : 'undo', () => undo.taken(delta, before, role, this.#shell.now()));
  }

  /** @param {string} id @param {string} field */
  #mark(id, field) {
    const edits = this.#replica.edits(id, field);
    if (edits.length > 1 || edits[0] && edits[0].stage !== 'sent') return undefined;
    return { seq: this.#replica.seq, n: edits[0]?.n ?? 0 };
  }

  /** @param {TextChange} change */
  changed(change) {
    const entry = this.#texts.get(keyOf(change.id, change.field));
    if (change.origin === 'remote') entry?.undo.passed(change.delta);
    else if (change.origin === 'refused' || change.origin === 'snapshot') entry?.undo.clear();
    this.#tell(change, 'change');
  }

  /** A snapshot took the place of what there was. */
  replaced() { for (const { undo } of this.#texts.values()) undo.clear(); }

  /** @param {TextRefused} refused */
  refused(refused) {
    this.#texts.get(keyOf(refused.id, refused.field))?.undo.clear(); // a step of it would bring back what may not be
    this.#tell(refused, 'refused');
  }

  /** @param {TextGone} gone */
  gone(gone) {
    const entry = this.#texts.get(keyOf(gone.id, gone.field));
    this.#texts.delete(keyOf(gone.id, gone.field)); // a text that is begun anew has nothing of this one
    entry?.undo.clear();
    for (const text of entry?.open ?? []) text.tell('gone', gone, this.#shell.report);
  }

  /** @param {any} value @param {'change' | 'refused'} type */
  #tell(value, type) {
    for (const text of [...this.#texts.get(keyOf(value.id, value.field))?.open ?? []]) text.tell(type, value, this.#shell.report);
  }
}

// @ts-check
/**
 * @import { Delta, Edit, Item } from './types.js'
 * @import { Pending, PendingCommand } from './pending.js'
 */
import { apply, between, invert, need, transform } from './delta.js';
import { editOf, fieldsBegun, textBegun, textOf, touches } from './text-field.js';

/**
 * What there is of a text field, from what is confirmed through what is pending: each operation that ends the text, or begins it anew, opens a chapter,
 * and what is edited behind it is edited in that chapter.
 * @typedef {object} Chapter
 * @property {string} [text] at its begin; undefined: no text is there
 * @property {PendingCommand} [maker] undefined: what is confirmed
 * @property {PendingCommand[]} edits each is about the text after the ones before it
 */

/** The chapters of texts, and how a change passes through the edits of one. */
export class Chapters {
  #pending;
  #confirmed;

  /** @param {Pending} pending @param {() => ReadonlyMap<string, Item>} confirmed */
  constructor(pending, confirmed) {
    this.#pending = pending;
    this.#confirmed = confirmed;
  }

  /** @param {string} id @param {string} field @returns {Chapter[]} */
  of(id, field) { return this.from(textOf(this.#confirmed().get(id), field), id, field); }

  /** @param {string | undefined} text @param {string} id @param {string} field @param {boolean} [exists] the entity does, so that to create it does nothing @returns {[Chapter, ...Chapter[]]} */
  from(text, id, field, exists = this.#confirmed().has(id)) {
    /** @type {[Chapter, ...Chapter[]]} */
    const chapters = [{ text, edits: [] }];
    for (const command of this.#pending.on(id)) {
      if (command.asleep) continue;
      if (editOf(command.body)?.field === field) chapters[chapters.length - 1].edits.push(command);
      else for (const op of command.ops.filter(each => touches(each, id, field))) {
        if (op.type !== 'create' || !exists) chapters.push({ text: exists || op.type === 'create' ? textBegun(op, field) : undefined, maker: command, edits: [] });
        exists = op.type === 'create' || exists && op.type !== 'delete';
      }
    }
    return chapters;
  }

  /** Lets a change pass: it becomes what it is behind the edits, and they what they are behind it. Theirs, being later, go left. @param {readonly PendingCommand[]} edits @param {Delta} change */
  through(edits, change) {
    for (const command of edits) {
      const delta = deltaOf(command);
      this.#pending.rewrite(command, transform(delta, change, 'left'));
      change = transform(change, delta, 'right');
    }
    return change;
  }

  /** Takes an edit out from among the others. @param {Chapter} chapter @param {PendingCommand} command @returns {Delta} what that does to what is seen */
  retract({ text = '', edits }, command) {
    const at = edits.indexOf(command);
    const back = invert(deltaOf(command), after(text, edits.slice(0, at)));
    return this.through(edits.slice(at + 1), back);
  }

  /** Edits of one text become edits of another one; what was sent of them is moved as the server would not. @param {PendingCommand[]} edits @param {string} from @param {string} to */
  moved(edits, from, to) {
    const change = between(from, to);
    for (const edit of edits) edit.loose ||= change.length > 0 && edit.n !== undefined;
    return this.through(edits, change);
  }
}

/** @param {PendingCommand} command an edit */
export const deltaOf = command => /** @type {Edit} */ (editOf(command.body)).delta;

/** Texts that a command begins. @param {PendingCommand} command */
export const begunBy = ({ ops }) => ops.flatMap(op => fieldsBegun(op).map(field => ({ id: op.entity, field })));

/** @param {string} text @param {readonly PendingCommand[]} edits */
export const after = (text, edits) => edits.map(deltaOf).reduce((now, delta) => need(delta) <= now.length ? apply(now, delta) : now, text);

// @ts-check
/**
 * @import { Delta, Edit, Item, KeptText, Op } from './types.js'
 * @import { Effect } from './effects.js'
 * @import { Pending, PendingCommand } from './pending.js'
 */
import { apply, between, compose, invert, need, transform } from './delta.js';
import { RejectedError } from './errors.js';
import { textKeyOf } from './pending.js';
import { editOf, fieldsBegun, keyOf, textBegun, textOf, touches } from './text-field.js';

/**
 * What there is of a text field, from what is confirmed through what is pending: each operation that ends the text, or begins it anew, opens a chapter,
 * and what is edited behind it is edited in that chapter.
 * @typedef {object} Chapter
 * @property {string} [text] at its begin; undefined: no text is there
 * @property {PendingCommand} [maker] undefined: what is confirmed
 * @property {PendingCommand[]} edits each is about the text after the ones before it
 *
 * @typedef {object} Remembered a text before a snapshot
 * @property {string} id
 * @property {string} field
 * @property {string} [base] what the edits that remain are about
 * @property {number} [born] of the base; undefined: it was begun by what the snapshot contains
 * @property {PendingCommand[]} rest edits that remain
 * @property {PendingCommand[]} stale edits of a text that what the snapshot contains has ended
 * @property {string} [seen] undefined: something of ours that is still under way stands in front of it
 */

/**
 * Our edits that are under way, and how others' events move them. The edits of a text always stand behind each other over what is confirmed, so that
 * the fold shows them; an event of somebody else passes through them, earlier ones first, and comes out as the change of what is seen.
 */
export class Texts {
  #pending;
  #confirmed;
  /** What an earlier page's edits are about, until there is a state. @type {Map<string, KeptText>} */
  #bases = new Map();

  /** @param {Pending} pending @param {() => ReadonlyMap<string, Item>} confirmed */
  constructor(pending, confirmed) {
    this.#pending = pending;
    this.#confirmed = confirmed;
  }

  /** Edits of a text that is confirmed: the rest is about one that is not there yet. @param {string} id @param {string} field */
  editsOf(id, field) { return this.#chapters(id, field)[0].edits; }

  /** May an edit be sent: is the text confirmed that it is about? @param {PendingCommand} command */
  isConfirmed(command) {
    const edit = editOf(command.body);
    if (!edit) return true;
    const id = command.ops[0].entity;
    return Boolean(this.#confirmed().get(id)?.texts?.[edit.field]) && this.editsOf(id, edit.field).includes(command);
  }

  /** What edits under way are about, to outlive the page. @returns {KeptText[]} */
  get kept() {
    /** @type {Map<string, KeptText>} */
    const kept = new Map();
    for (const { ops: [op] } of this.#pending) {
      const edit = op && editOf(op);
      if (!edit) continue;
      const { entity: id } = op;
      const text = this.#confirmed().get(id);
      const born = text?.texts?.[edit.field]?.born;
      if (born !== undefined) kept.set(keyOf(id, edit.field), { id, field: edit.field, text: String(text?.data[edit.field]), born });
    }
    return [...new Map([...this.#bases, ...kept]).values()];
  }

  /** @param {readonly KeptText[]} texts */
  restore(texts) { for (const text of texts) this.#bases.set(keyOf(text.id, text.field), text); }

  /**
   * An operation of ours is in the view: texts that it ends, or begins anew, are not seen any more.
   * @param {readonly Op[]} ops @param {Map<string, Item | undefined>} before what was seen @returns {Effect[]}
   */
  submitted(ops, before) {
    return touchedBy(ops, before).map(({ id, field, text }) => ({ do: 'textGone', gone: { id, field, text } }));
  }

  /**
   * An event is in the confirmed state; its command, if it is ours, is still pending.
   * @param {readonly Op[]} ops @param {PendingCommand | undefined} command @param {Map<string, Item | undefined>} before what was confirmed
   * @param {{ by: string, seq: number }} stamp
   * @returns {{ effects: Effect[], fits: boolean }} fits not: what we have is not what the server has
   */
  happened(ops, command, before, { by, seq }) {
    const ended = touchedBy(ops, before).flatMap(({ id, field, text }) => this.#ended(id, field, text, command));
    const [op] = ops;
    const edit = op && editOf(op);
    if (!edit) return { effects: ended, fits: true };
    const { entity: id } = op;
    const { field } = edit;
    const was = textOf(before.get(id), field);
    if (was === undefined) return { effects: [], fits: true }; // it is refused by the fold as well
    const isLong = edit.len === textOf(this.#confirmed().get(id), field)?.length;
    const own = command && editOf(command.body);
    if (own) this.#pending.rewritten();
    if (own && same(own.delta, edit.delta)) return { effects: [], fits: isLong };
    const taken = own ? this.#retract(this.#chaptersFrom(was, id, field)[0], /** @type {PendingCommand} */ (command)) : [];
    const passed = this.#through(this.editsOf(id, field).filter(each => each !== command), edit.delta);
    return { effects: this.#told(id, field, compose(taken, passed), { origin: 'remote', by, seq }), fits: isLong && (!own || command?.loose === true) };
  }

  /** A text is not there any more, or another one. @param {string} id @param {string} field @param {string} text as it was confirmed @param {PendingCommand | undefined} command whose event it was @returns {Effect[]} */
  #ended(id, field, text, command) {
    const [{ edits }, ...later] = this.#chaptersFrom(text, id, field);
    const seen = after(text, edits);
    const stale = edits.filter(each => each !== command);
    return [
      ...later.length === 0 ? [/** @type {Effect} */ ({ do: 'textGone', gone: { id, field, text: seen } })] : [],
      ...this.#lost(id, field, seen, stale, gone()),
    ];
  }

  /** Edits mean nothing any more: what they made is handed back. @param {string} id @param {string} field @param {string} text @param {PendingCommand[]} edits @param {unknown} error @returns {Effect[]} */
  #lost(id, field, text, edits, error) {
    if (edits.length === 0) return [];
    const delta = edits.map(deltaOf).reduce(compose);
    for (const each of edits) this.#pending.remove(each);
    return [
      { do: 'textRefused', refused: { id, field, code: codeOf(error), delta, text } },
      ...edits.map(each => /** @type {Effect} */ ({ do: 'fail', command: each, error, reverted: [] })),
    ];
  }

  /**
   * Takes out what has failed; what was written in texts is handed back.
   * @param {readonly PendingCommand[]} failed with all that depends on it @param {unknown} error @param {number} seq @returns {Effect[]}
   */
  fail(failed, error, seq) {
    const texts = failed.flatMap(command => command.ops.flatMap(op => fieldsBegun(op).map(field => ({ id: op.entity, field, command }))));
    const begun = texts.flatMap(({ id, field, command }) => this.#failText(id, field, command, error)); // with their edits
    /** @type {Map<string, PendingCommand>} */
    const edited = new Map();
    for (const command of failed) if (editOf(command.body) && this.#pending.has(command)) edited.set(String(textKeyOf(command)), command);
    const edits = [...edited.values()].flatMap(({ ops: [op] }) => {
      const { field } = /** @type {Edit} */ (editOf(op));
      return this.#chapters(op.entity, field).flatMap(chapter => this.#failEdits(op.entity, field, chapter, failed, error, seq));
    });
    for (const command of failed) this.#pending.remove(command);
    return [...begun, ...edits];
  }

  /** The last one first, so that little has to be moved. @param {string} id @param {string} field @param {Chapter} chapter @param {readonly PendingCommand[]} failed @param {unknown} error @param {number} seq @returns {Effect[]} */
  #failEdits(id, field, { text, edits }, failed, error, seq) {
    const failing = edits.filter(edit => failed.includes(edit));
    if (failing.length === 0) return [];
    const seen = after(text ?? '', edits);
    const delta = failing.map(deltaOf).reduce(compose);
    /** @type {Delta} */
    let back = [];
    for (const command of [...failing].reverse()) {
      back = compose(back, this.#retract({ text, edits }, command));
      edits = edits.filter(edit => edit !== command);
    }
    return [...this.#told(id, field, back, { origin: 'refused', seq }), { do: 'textRefused', refused: { id, field, code: codeOf(error), delta, text: seen } }];
  }

  /** A command that was to begin a text has failed. @param {string} id @param {string} field @param {PendingCommand} maker @param {unknown} error @returns {Effect[]} */
  #failText(id, field, maker, error) {
    const chapters = this.#chapters(id, field);
    const chapter = chapters.find(each => each.maker === maker);
    if (chapter?.text === undefined) return [];
    const text = after(chapter.text, chapter.edits);
    return [
      ...chapter === chapters.at(-1) ? [/** @type {Effect} */ ({ do: 'textGone', gone: { id, field, text } })] : [],
      ...this.#lost(id, field, text, chapter.edits, error).filter(effect => effect.do !== 'fail'), // that is told with the command
    ];
  }

  /** Edits that are known to be in what is confirmed are not under way any more. @param {readonly PendingCommand[]} due @param {number} seq @returns {Effect[]} */
  settle(due, seq) {
    return due.flatMap(command => {
      const edit = editOf(command.body);
      const id = command.ops[0].entity;
      const chapter = edit && this.#chapters(id, edit.field).find(({ edits }) => edits.includes(command));
      return chapter ? this.#told(id, edit.field, this.#retract(chapter, command), { origin: 'remote', seq }) : [];
    });
  }

  /** All texts, and what is under way in them, before a snapshot takes the place of what is confirmed. @param {(command: PendingCommand) => boolean} isIn the snapshot contains it @returns {Remembered[]} */
  remember(isIn) {
    const known = [...this.#confirmed().values()].flatMap(item => Object.keys(item.texts ?? {}).map(field => ({ id: item.id, field })));
    const edited = [...this.#pending].flatMap(({ ops: [op] }) => op && editOf(op) ? [{ id: op.entity, field: /** @type {Edit} */ (editOf(op)).field }] : []);
    const texts = new Map([...known, ...edited].map(text => [keyOf(text.id, text.field), text]));
    return [...texts.values()].map(({ id, field }) => this.#remembered(id, field, isIn));
  }

  /** @param {string} id @param {string} field @param {(command: PendingCommand) => boolean} isIn @returns {Remembered} */
  #remembered(id, field, isIn) {
    const [first, ...later] = this.#chapters(id, field);
    let base = this.#start(first, id, field);
    /** @type {number | undefined} */
    let born = this.#confirmed().get(id)?.texts?.[field]?.born ?? this.#bases.get(keyOf(id, field))?.born;
    let rest = first.edits.filter(edit => !isIn(edit));
    if (base !== undefined) base = after(base, first.edits.filter(isIn));
    /** @type {PendingCommand[]} */
    const stale = [];
    let isSeen = first.text !== undefined || later.length > 0; // else an earlier page saw it
    for (const { text, maker, edits } of later) {
      isSeen = isIn(/** @type {PendingCommand} */ (maker));
      if (!isSeen) break;
      stale.push(...rest);
      rest = edits.filter(edit => !isIn(edit));
      base = text === undefined ? undefined : after(text, edits.filter(isIn));
      born = undefined;
    }
    return { id, field, base, born, rest, stale, seen: isSeen && base !== undefined ? after(base, rest) : undefined };
  }

  /** The snapshot is what is confirmed now, and what it contains is not pending any more. @param {Remembered[]} remembered @param {boolean} anew of another journal @param {number} seq @returns {Effect[]} */
  replaced(remembered, anew, seq) {
    this.#bases.clear();
    return remembered.flatMap(({ id, field, base, born, rest, stale, seen }) => {
      const item = this.#confirmed().get(id);
      const now = textOf(item, field);
      const isSame = now !== undefined && base !== undefined && !anew && (born === undefined || born === item?.texts?.[field].born);
      if (isSame) {
        for (const edit of rest) edit.loose = edit.n !== undefined;
        const passed = this.#through(rest, between(base, now));
        return [...this.#lost(id, field, after(base, stale), stale, gone()),
          ...seen === undefined ? [] : this.#told(id, field, passed, { origin: 'snapshot', seq })];
      }
      const text = seen ?? after(base ?? '', rest);
      return [
        ...seen === undefined ? [] : [/** @type {Effect} */ ({ do: 'textGone', gone: { id, field, text } })],
        ...this.#lost(id, field, text, [...stale, ...rest], gone()),
      ];
    });
  }

  /** Edits that would be sent, and of which nothing is left: others did the same. */
  get empty() { return [...this.#pending].filter(command => command.stage === 'queued' && editOf(command.body)?.delta.length === 0); }

  /** @param {string} id @param {string} field @returns {Chapter[]} */
  #chapters(id, field) { return this.#chaptersFrom(textOf(this.#confirmed().get(id), field), id, field); }

  /** @param {string | undefined} text @param {string} id @param {string} field @returns {[Chapter, ...Chapter[]]} */
  #chaptersFrom(text, id, field) {
    /** @type {[Chapter, ...Chapter[]]} */
    const chapters = [{ text, edits: [] }];
    for (const command of this.#pending.on(id)) {
      if (editOf(command.body)?.field === field) chapters[chapters.length - 1].edits.push(command);
      else for (const op of command.ops) if (touches(op, id, field)) chapters.push({ text: textBegun(op, field), maker: command, edits: [] });
    }
    return chapters;
  }

  /** @param {Chapter} chapter @param {string} id @param {string} field */
  #start({ text, maker }, id, field) { return text ?? (maker ? undefined : this.#bases.get(keyOf(id, field))?.text); }

  /** Lets a change pass: it becomes what it is behind the edits, and they what they are behind it. Theirs, being later, go left. @param {readonly PendingCommand[]} edits @param {Delta} change */
  #through(edits, change) {
    for (const command of edits) {
      const delta = deltaOf(command);
      this.#pending.rewrite(command, transform(delta, change, 'left'));
      change = transform(change, delta, 'right');
    }
    return change;
  }

  /** Takes an edit out from among the others. @param {Chapter} chapter @param {PendingCommand} command @returns {Delta} what that does to what is seen */
  #retract({ text = '', edits }, command) {
    const at = edits.indexOf(command);
    const back = invert(deltaOf(command), after(text, edits.slice(0, at)));
    return this.#through(edits.slice(at + 1), back);
  }

  /** @param {string} id @param {string} field @param {Delta} delta @param {{ origin: 'remote' | 'refused' | 'snapshot', by?: string, seq: number }} about @returns {Effect[]} */
  #told(id, field, delta, about) {
    const isHidden = this.#chapters(id, field).length > 1;
    return delta.length === 0 || isHidden ? [] : [{ do: 'text', text: { id, field, delta, ...about } }];
  }
}

/** @param {PendingCommand} command an edit */
const deltaOf = command => /** @type {Edit} */ (editOf(command.body)).delta;

/** @param {string} text @param {readonly PendingCommand[]} edits */
const after = (text, edits) => edits.map(deltaOf).reduce((now, delta) => need(delta) <= now.length ? apply(now, delta) : now, text);

/** @param {Delta} a @param {Delta} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const gone = () => new RejectedError({ code: 'gone', message: 'The text is not there any more.' });

/** @param {unknown} error @returns {string} */
const codeOf = error => String(/** @type {{ code?: unknown } | undefined} */ (error)?.code ?? 'cancelled');

/** Texts that operations end, or begin anew, each once. @param {readonly Op[]} ops @param {Map<string, Item | undefined>} before */
function touchedBy(ops, before) {
  /** @type {Map<string, { id: string, field: string, text: string }>} */
  const touched = new Map();
  for (const op of ops) {
    const item = before.get(op.entity);
    for (const field of Object.keys(item?.texts ?? {})) {
      if (op.type !== 'create' && touches(op, op.entity, field)) touched.set(keyOf(op.entity, field), { id: op.entity, field, text: textOf(item, field) ?? '' });
    }
  }
  return [...touched.values()];
}

// @ts-check
/**
 * @import { Delta, Edit, Item, KeptText, Op } from './types.js'
 * @import { Chapter } from './chapters.js'
 * @import { Effect } from './effects.js'
 * @import { Pending, PendingCommand } from './pending.js'
 */
import { after, begunBy, Chapters, deltaOf } from './chapters.js';
import { between, compose } from './delta.js';
import { RejectedError } from './errors.js';
import { textKeyOf } from './pending.js';
import { editOf, fieldsBegun, keyOf, textOf, touches } from './text-field.js';

/**
 * @typedef {object} Remembered a text before a snapshot
 * @property {string} id
 * @property {string} field
 * @property {string} [base] what the edits that remain are about
 * @property {number} [born] of the base; undefined: it was begun by what the snapshot contains
 * @property {boolean} absent the entity was not confirmed
 * @property {PendingCommand[]} rest edits that remain
 * @property {PendingCommand[]} stale edits of a text that what the snapshot contains has ended
 * @property {string} [seen] undefined: something of ours that is still under way stands in front of it
 */

/**
 * Our edits that are under way, and how others' events move them. The edits of a text always stand behind each other over what is confirmed, so that
 * the fold shows them; an event of somebody else passes through them, earlier ones first, and comes out as the change of what is seen.
 */
export class TextEdits {
  #pending;
  #confirmed;
  #chapters;
  /** What edits are about that sleep: it lies before us, for the snapshot we got is older than what was known here, or on an earlier page. @type {Set<KeptText>} */
  #bases = new Set();

  /** @param {Pending} pending @param {() => ReadonlyMap<string, Item>} confirmed */
  constructor(pending, confirmed) {
    this.#pending = pending;
    this.#confirmed = confirmed;
    this.#chapters = new Chapters(pending, confirmed);
  }

  /** Edits of a text that is confirmed: the rest is about one that is not there yet. @param {string} id @param {string} field */
  editsOf(id, field) { return this.#chapters.of(id, field)[0].edits; }

  /** May an edit be sent: is the text confirmed that it is about? @param {PendingCommand} command */
  isConfirmed(command) {
    const edit = editOf(command.body);
    if (!edit) return true;
    const id = command.ops[0].entity;
    return Boolean(this.#confirmed().get(id)?.texts?.[edit.field]) && this.editsOf(id, edit.field).includes(command);
  }

  /** What each edit is about, to outlive the page. @param {number} seq @param {string | undefined} epoch @returns {Map<PendingCommand, KeptText>} */
  kept(seq, epoch) {
    /** @type {Map<PendingCommand, KeptText>} */
    const kept = new Map();
    for (const base of this.#bases) for (const edit of this.#asleep(base)) kept.set(edit, base);
    for (const { id, field } of this.#edited()) {
      const item = this.#confirmed().get(id);
      const born = item?.texts?.[field]?.born;
      if (born === undefined) continue;
      const base = { id, field, text: String(item?.data[field]), born, seq, epoch };
      for (const edit of this.editsOf(id, field)) kept.set(edit, base);
    }
    return kept;
  }

  /** These edits sleep until we stand where what they are about was. @param {ReadonlyMap<PendingCommand, KeptText>} kept */
  sleep(kept) {
    for (const [edit, base] of kept) {
      edit.asleep = base;
      this.#bases.add(base);
    }
  }

  /** Texts of which edits are awake. @returns {{ id: string, field: string }[]} */
  #edited() {
    return [...this.#pending].flatMap(({ asleep, ops: [op] }) => {
      const edit = op && editOf(op);
      return edit && !asleep ? [{ id: op.entity, field: edit.field }] : [];
    });
  }

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
    for (const op of ops) if (op.type === 'create' && !before.get(op.entity)) ended.push(...this.#overtaken(op.entity, command));
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
    const taken = own ? this.#chapters.retract(this.#chapters.from(was, id, field)[0], /** @type {PendingCommand} */ (command)) : [];
    const passed = this.#chapters.through(this.editsOf(id, field).filter(each => each !== command), edit.delta);
    return { effects: this.#told(id, field, compose(taken, passed), { origin: 'remote', by, seq }), fits: isLong && (!own || command?.loose === true) };
  }

  /** A text is not there any more, or another one. @param {string} id @param {string} field @param {string} text as it was confirmed @param {PendingCommand | undefined} command whose event it was @returns {Effect[]} */
  #ended(id, field, text, command) {
    const chapters = this.#chapters.from(text, id, field, true);
    const [first] = chapters;
    const closed = this.#closed(id, field, chapters, { ...first, edits: first.edits.filter(each => each !== command) }, goneError());
    return this.#confirmed().has(id) ? closed : [...closed, ...this.#vanished(id, field)];
  }

  /** The entity is not there any more: a text that we are about to begin in it will not be, unless we make the entity as well. @param {string} id @param {string} field @returns {Effect[]} */
  #vanished(id, field) {
    const chapters = this.#chapters.from(undefined, id, field, true);
    const until = chapters.findIndex(({ maker }) => maker?.ops.some(op => op.type === 'create' && op.entity === id));
    return chapters.slice(1, until < 0 ? undefined : until).flatMap(chapter => chapter.text === undefined ? [] : this.#closed(id, field, chapters, chapter, goneError()));
  }

  /** Somebody else has made an entity that we are about to make: ours will be refused, and what we wrote in it is not what is seen now. @param {string} id @param {PendingCommand} [command] whose event it was @returns {Effect[]} */
  #overtaken(id, command) {
    const maker = this.#pending.on(id).find(({ ops }) => ops.some(op => op.type === 'create' && op.entity === id));
    if (!maker || maker === command) return [];
    return maker.ops.filter(op => op.entity === id).flatMap(fieldsBegun).flatMap(field => {
      const chapters = this.#chapters.from(undefined, id, field, false);
      const chapter = chapters.find(each => each.maker === maker);
      return chapter?.text === undefined ? [] : this.#closed(id, field, chapters, chapter, goneError());
    });
  }

  /** A chapter is at its end: what is seen of it is gone, and its edits are handed back. @param {string} id @param {string} field @param {Chapter[]} chapters @param {Chapter} chapter @param {unknown} error @returns {Effect[]} */
  #closed(id, field, chapters, chapter, error) {
    const text = after(chapter.text ?? '', chapter.edits);
    return [
      ...this.#lost(id, field, text, chapter.edits, error),
      ...chapter.maker === chapters.at(-1)?.maker ? [/** @type {Effect} */ ({ do: 'textGone', gone: { id, field, text } })] : [],
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
    const begun = failed.flatMap(command => begunBy(command).flatMap(({ id, field }) => this.#failText(id, field, command, error))); // with their edits
    /** @type {Map<string, PendingCommand>} */
    const edited = new Map();
    for (const command of failed) if (editOf(command.body) && this.#pending.has(command)) edited.set(String(textKeyOf(command)), command);
    const edits = [...edited.values()].flatMap(({ ops: [op] }) => {
      const { field } = /** @type {Edit} */ (editOf(op));
      const sleepers = [...this.#bases].map(base => ({ text: base.text, edits: base.id === op.entity && base.field === field ? this.#asleep(base) : [] }));
      return [...this.#chapters.of(op.entity, field), ...sleepers].flatMap(chapter => this.#failEdits(op.entity, field, chapter, failed, error, seq));
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
      back = compose(back, this.#chapters.retract({ text, edits }, command));
      edits = edits.filter(edit => edit !== command);
    }
    const told = failing[0].asleep ? [] : this.#told(id, field, back, { origin: 'refused', seq });
    return [...told, { do: 'textRefused', refused: { id, field, code: codeOf(error), delta, text: seen } }];
  }

  /** A command that was to begin a text has failed. @param {string} id @param {string} field @param {PendingCommand} maker @param {unknown} error @returns {Effect[]} */
  #failText(id, field, maker, error) {
    const chapters = this.#chapters.of(id, field);
    const chapter = chapters.find(each => each.maker === maker);
    if (chapter?.text === undefined) return [];
    return this.#closed(id, field, chapters, chapter, error).filter(effect => effect.do !== 'fail'); // that is told with the command
  }

  /** Takes out commands that are known to be in what is confirmed, though their events were not seen as ours. @param {readonly PendingCommand[]} due in order @param {number} seq @returns {Effect[]} */
  settle(due, seq) {
    return due.flatMap(command => {
      const ids = new Set(command.ops.map(op => op.entity));
      const texts = new Map([...this.#edited(), ...begunBy(command)].filter(({ id }) => ids.has(id)).map(text => [keyOf(text.id, text.field), text]));
      const effects = [...texts.values()].flatMap(({ id, field }) => this.#settled(id, field, command, seq));
      this.#pending.remove(command);
      return effects;
    });
  }

  /** @param {string} id @param {string} field @param {PendingCommand} command @param {number} seq @returns {Effect[]} */
  #settled(id, field, command, seq) {
    const chapters = this.#chapters.of(id, field);
    const edited = chapters.find(({ edits }) => edits.includes(command));
    if (edited) return this.#told(id, field, this.#chapters.retract(edited, command), { origin: 'remote', seq });
    const at = chapters.findIndex(({ maker }) => maker === command);
    if (at < 0) return [];
    const stale = chapters.slice(0, at).flatMap(({ text = '', edits }) => this.#lost(id, field, after(text, edits), edits, goneError()));
    const [chapter, now] = [chapters[at], textOf(this.#confirmed().get(id), field)];
    if (chapter.text === undefined) return stale;
    if (now === undefined) return [...stale, ...this.#closed(id, field, chapters, chapter, goneError())];
    const delta = this.#chapters.moved(chapter.edits, chapter.text, now);
    return at < chapters.length - 1 || delta.length === 0 ? stale : [...stale, { do: 'text', text: { id, field, delta, origin: 'remote', seq } }];
  }

  /**
   * All texts, and what is under way in them, before a snapshot takes the place of what is confirmed.
   * @param {(command: PendingCommand) => boolean} isIn the snapshot contains it
   * @param {{ seq: number, epoch?: string }} [ahead] where we stand, if the snapshot is older: until we stand there again the edits sleep
   * @returns {Remembered[]}
   */
  remember(isIn, ahead) {
    const known = [...this.#confirmed().values()].flatMap(item => Object.keys(item.texts ?? {}).map(field => ({ id: item.id, field })));
    const made = [...this.#pending].flatMap(begunBy);
    const texts = [...new Map([...known, ...made, ...this.#edited()].map(text => [keyOf(text.id, text.field), text])).values()];
    for (const base of this.#bases) base.text = after(base.text, this.#asleep(base).filter(isIn));
    const remembered = texts.map(({ id, field }) => this.#remembered(id, field, isIn));
    if (!ahead) return remembered;
    this.sleep(this.kept(ahead.seq, ahead.epoch));
    return remembered.map(each => ({ ...each, rest: each.rest.filter(edit => !edit.asleep) }));
  }

  /** @param {string} id @param {string} field @param {(command: PendingCommand) => boolean} isIn @returns {Remembered} */
  #remembered(id, field, isIn) {
    const [first, ...later] = this.#chapters.of(id, field);
    let base = first.text === undefined ? undefined : after(first.text, first.edits.filter(isIn));
    /** @type {number | undefined} */
    let born = this.#confirmed().get(id)?.texts?.[field]?.born;
    let rest = first.edits.filter(edit => !isIn(edit));
    /** @type {PendingCommand[]} */
    const stale = [];
    let isSeen = true;
    for (const { text, maker, edits } of later) {
      isSeen = isIn(/** @type {PendingCommand} */ (maker));
      if (!isSeen) break;
      stale.push(...rest);
      rest = edits.filter(edit => !isIn(edit));
      base = text === undefined ? undefined : after(text, edits.filter(isIn));
      born = undefined;
    }
    return { id, field, base, born, rest, stale, absent: !this.#confirmed().has(id), seen: isSeen && base !== undefined ? after(base, rest) : undefined };
  }

  /** The snapshot is what is confirmed now, and what it contains is not pending any more. @param {Remembered[]} remembered @param {boolean} anew of another journal @param {number} seq @returns {Effect[]} */
  replaced(remembered, anew, seq) {
    const overtaken = [...new Set(remembered.filter(({ absent }) => absent).map(({ id }) => id))].filter(id => this.#confirmed().has(id)).flatMap(id => this.#overtaken(id));
    const vanished = remembered.filter(({ absent, id }) => !absent && !this.#confirmed().has(id)).flatMap(({ id, field }) => this.#vanished(id, field));
    return [...overtaken, ...vanished].concat(remembered.flatMap(({ id, field, base, born, rest, stale, seen }) => {
      const item = this.#confirmed().get(id);
      const now = textOf(item, field);
      const text = seen ?? after(base ?? '', rest);
      if (now === undefined || base === undefined || anew || born !== undefined && born !== item?.texts?.[field].born) {
        const gone = seen === undefined ? [] : [/** @type {Effect} */ ({ do: 'textGone', gone: { id, field, text } })];
        return [...this.#lost(id, field, text, [...stale, ...rest], goneError()), ...gone];
      }
      const about = /** @type {const} */ ({ origin: 'snapshot', seq });
      const passed = this.#chapters.moved(rest, base, now);
      const told = seen === undefined ? [] : this.#told(id, field, rest.length === 0 ? between(seen, now) : passed, about);
      return [...this.#lost(id, field, after(base, stale), stale, goneError()), ...told];
    }));
  }

  /** Entities of which edits sleep. */
  get sleeping() { return [...this.#bases].map(({ id }) => id); }

  /** We stand where edits sleep for: they are about what is confirmed now. @param {number} seq @param {string | undefined} epoch @returns {Effect[]} */
  wake(seq, epoch) {
    return [...this.#bases].sort((a, b) => a.seq - b.seq).flatMap(base => { // what was typed while others slept stands behind them, and wakes first
      const { id, field } = base;
      if (base.epoch === epoch && seq < base.seq) return [];
      this.#bases.delete(base);
      const sleepers = this.#asleep(base);
      const others = this.editsOf(id, field);
      for (const edit of sleepers) edit.asleep = undefined;
      const item = this.#confirmed().get(id);
      const now = textOf(item, field);
      if (now === undefined || base.epoch !== epoch || base.born !== item?.texts?.[field].born) return this.#lost(id, field, after(base.text, sleepers), sleepers, goneError());
      if (sleepers.length === 0) return [];
      this.#chapters.moved(sleepers, base.text, now);
      return this.#told(id, field, this.#chapters.through(others, sleepers.map(deltaOf).reduce(compose)), { origin: 'snapshot', seq });
    });
  }

  /** @param {KeptText} base */
  #asleep(base) { return this.#pending.on(base.id).filter(({ asleep }) => asleep === base); }

  /** Edits that would be sent, and of which nothing is left: others did the same. */
  get empty() { return [...this.#pending].filter(command => command.stage === 'queued' && editOf(command.body)?.delta.length === 0); }

  /** @param {string} id @param {string} field @param {Delta} delta @param {{ origin: 'remote' | 'refused' | 'snapshot', by?: string, seq: number }} about @returns {Effect[]} */
  #told(id, field, delta, about) {
    const isHidden = this.#chapters.of(id, field).length > 1;
    return delta.length === 0 || isHidden ? [] : [{ do: 'text', text: { id, field, delta, ...about } }];
  }
}

/** @param {Delta} a @param {Delta} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

const goneError = () => new RejectedError({ code: 'gone', message: 'The text is not there any more.' });

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

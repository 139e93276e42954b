// @ts-check
/** @import { Delta, JsonObject } from './types.js' */
import { invert, need, transform, transformPosition } from './delta.js';

/** How long a caret is shown of which nothing is heard, in ms. */
const SILENCE_MS = 30_000;
/** So many edits of the text are remembered, to move a caret through that was told from before them. */
const EDITS_MAX = 256;

/**
 * A caret as it is told: in the author's view after the journal up to `seq` and his own edit `n`, 0: none under way.
 * @typedef {{ entity: string, field: string, anchor: number, head: number, seq: number, n: number }} ToldCaret
 * @typedef {{ anchor: number, head: number, told: number }} Caret in the confirmed text; `told` when it was heard that it moved, or its author wrote, ms
 * @typedef {{ seq: number, session: string, n: number, delta: Delta }} EditHappened
 */

/**
 * The others' carets in one text, moved by what happens to it. Pure: what is heard in, places in the confirmed text out.
 */
export class Carets {
  /** By session. @type {Map<string, Caret>} */
  #carets = new Map();
  /** What was told of a moment that has not come here yet. @type {Map<string, { told: ToldCaret, now: number }>} */
  #early = new Map();
  /** What was told last: presence repeats it with everything else. @type {Map<string, { told: ToldCaret, now: number }>} */
  #heard = new Map();
  /** @type {EditHappened[]} */
  #edits = [];
  /** All edits after this seq are remembered: what was told from before it has no place here. */
  #knownFrom;

  /** @param {number} seq where the replica stands */
  constructor(seq) { this.seq = this.#knownFrom = seq; }

  /** Somebody tells where his caret is; nothing: it is not in this text. @param {string} session @param {ToldCaret | undefined} told @param {number} now ms */
  tell(session, told, now) {
    if (!told) return this.leave(session);
    if (JSON.stringify(this.#heard.get(session)?.told) === JSON.stringify(told)) return;
    this.#heard.set(session, { told, now });
    this.#early.set(session, { told, now });
    this.#settle(session);
  }

  /** @param {string} session */
  leave(session) {
    for (const map of [this.#carets, this.#early, this.#heard]) map.delete(session);
  }

  /**
   * A snapshot took the place of what there was: the way from the old text to this one is not known.
   * @param {number} seq @param {number} [toldUntil] the events up to it are not told once more, though the snapshot is older
   */
  replaced(seq, toldUntil = seq) {
    this.#edits = [];
    this.#carets.clear();
    this.#early = new Map(this.#heard); // what was told of this very moment still stands
    this.#knownFrom = Math.max(seq, toldUntil);
    this.at(seq);
  }

  /** An edit of the text happened. @param {EditHappened} edit @param {number} now ms */
  edited(edit, now) {
    this.#edits.push(edit);
    if (this.#edits.length > EDITS_MAX) this.#knownFrom = /** @type {EditHappened} */ (this.#edits.shift()).seq;
    for (const [session, caret] of this.#carets) this.#carets.set(session, moved(caret, edit.delta));
    const mine = this.#carets.get(edit.session);
    const end = endOf(edit.delta);
    if (mine && end !== undefined) this.#carets.set(edit.session, { anchor: end, head: end, told: now }); // who writes has his caret there
  }

  /** We stand at a seq now; what was told of it can be shown. @param {number} seq */
  at(seq) {
    this.seq = seq;
    for (const session of [...this.#early.keys()]) this.#settle(session);
  }

  /** @param {string} session */
  #settle(session) {
    const { told, now } = /** @type {{ told: ToldCaret, now: number }} */ (this.#early.get(session));
    if (told.seq < this.#knownFrom) return void this.#early.delete(session); // any place would be a wrong one
    const edit = told.n > 0 ? this.#edits.find(({ session: by, n }) => by === session && n >= told.n) : undefined; // after `told.seq`, or it would not be under way
    if (told.seq > this.seq || told.n > 0 && !edit) return;
    this.#early.delete(session);
    const since = this.#edits.filter(({ seq }) => seq > told.seq);
    const own = since.findIndex(each => each === edit && each.n === told.n);
    const through = [...own > 0 ? over(since.slice(0, own), since[own].delta) : [], ...since.slice(own + 1).map(({ delta }) => delta)];
    const caret = through.reduce(moved, { anchor: told.anchor, head: told.head, told: now });
    const last = this.#carets.get(session);
    const isSame = last?.anchor === caret.anchor && last.head === caret.head; // told once more, for those who came since
    this.#carets.set(session, isSame ? last : caret);
  }

  /** All that are not silent for long. @param {number} now ms @returns {[session: string, caret: Caret][]} */
  all(now) { return [...this.#carets].filter(([, { told }]) => now - told < SILENCE_MS); }
}

/** A caret stays in front of what is put in at it; a selection does not swallow what is put in at its ends. @template {{ anchor: number, head: number }} T @param {T} caret @param {Delta} delta @returns {T} */
export function moved(caret, delta) {
  const { anchor, head } = caret;
  const [from, to] = anchor < head ? [1, -1] : anchor > head ? [-1, 1] : [-1, -1];
  return { ...caret, anchor: transformPosition(anchor, delta, from), head: transformPosition(head, delta, to) };
}

/**
 * What happened before an edit did, as its author saw it: he had made the edit already.
 * @param {EditHappened[]} before @param {Delta} own as it is in the journal, behind them @returns {Delta[]}
 */
function over(before, own) {
  /** @type {Delta[]} */
  const seen = [];
  let mine = own;
  for (const { delta } of [...before].reverse()) {
    mine = transform(mine, invert(delta, ' '.repeat(need(delta))), 'left'); // places only: what the letters were does not matter
    seen.unshift(transform(delta, mine, 'right'));
  }
  return seen;
}

/** The end of the last change. @param {Delta} delta */
function endOf(delta) {
  let at = 0;
  /** @type {number | undefined} */
  let end;
  for (const { retain = 0, insert = '', delete: deleted = 0 } of delta) {
    at += retain + insert.length;
    if (insert !== '' || deleted > 0) end = at;
  }
  return end;
}

/** A caret of another page, if that is what it tells. @param {JsonObject} data @param {string} id @param {string} field @returns {ToldCaret | undefined} */
export function caretIn({ caret }, id, field) {
  const told = /** @type {any} */ (caret);
  const isOne = told && told.entity === id && told.field === field && ['anchor', 'head', 'seq', 'n'].every(name => Number.isSafeInteger(told[name]) && told[name] >= 0);
  return isOne ? told : undefined;
}

/** A colour of a user, the same on every page; dark enough for white letters on it (4.5 : 1). @param {string} name */
export function colourOf(name) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash, 31) + name.charCodeAt(i) | 0;
  return COLOURS[(hash >>> 0) % COLOURS.length];
}

const COLOURS = ['#b3261e', '#8e4a00', '#6b5d00', '#33691e', '#00695c', '#01579b', '#303f9f', '#6a1b9a', '#ad1457', '#5d4037'];

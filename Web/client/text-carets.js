// @ts-check
/**
 * @import { Member } from './types.js'
 * @import { Presence } from './presence.js'
 * @import { Project } from './project.js'
 * @import { SharedText } from './shared-text.js'
 */
import { Carets, caretIn, colourOf } from './carets.js';

/**
 * @typedef {{ seq: number, sync: string, presence: Pick<Presence, 'others' | 'stale' | 'set'>, on: Project<any>['on'] }} CaretProject a client, or what `join` gives
 * @typedef {Pick<SharedText, 'id' | 'field' | 'gone' | 'length' | 'mark' | 'place' | 'on'>} CaretText what `client.text` gives
 */
/** @typedef {{ session: string, name: string, colour: string, anchor: number, head: number }} SeenCaret in the text as it is seen here */

/** Carets in one text: ours is told to the others by presence, theirs are followed through all that is written. */
export class TextCarets {
  #project;
  #text;
  #carets;
  /** @type {{ anchor: number, head: number } | undefined} */
  #own;
  #said = '';
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #now;
  #end = new AbortController();

  /**
   * @param {CaretProject} project @param {CaretText} text
   * @param {{ now?: () => number }} [options]
   */
  constructor(project, text, { now = Date.now } = {}) {
    this.#project = project;
    this.#text = text;
    this.#now = now;
    this.#carets = new Carets(project.seq);
    const { signal } = this.#end;
    project.on('presence', ({ joined, left, changed }) => {
      for (const member of [...joined, ...changed]) this.#heard(member);
      for (const session of left) this.#carets.leave(session);
      this.#tell();
    }, { signal });
    project.on('event', ({ type, seq, session, n, ...event }) => {
      const { entity, edit } = /** @type {any} */ (event);
      if (type === 'update' && edit?.field === text.field && entity === text.id) this.#carets.edited({ seq, session, n, delta: edit.delta });
      this.#carets.at(seq);
      this.#say();
      this.#tell();
    }, { signal });
    project.on('snapshot', ({ seq }) => this.#carets.at(seq), { signal });
    project.on('sync', () => this.#tell(), { signal });
    text.on('change', () => { this.#say(); this.#tell(); }, { signal });
    for (const member of project.presence.others) this.#heard(member);
  }

  /** The others' carets, where they are in the text as it is seen; none while we are offline. @returns {SeenCaret[]} */
  get all() {
    if (this.#project.sync === 'offline' || this.#project.presence.stale || this.#text.gone) return [];
    const users = new Map(this.#project.presence.others.map(({ session, user }) => [session, user.name]));
    const place = (/** @type {number} */ at, /** @type {number} */ assoc) => Math.min(this.#text.place(at, assoc), this.#text.length);
    return this.#carets.all(this.#now()).filter(([session]) => users.has(session)).map(([session, { anchor, head }]) => {
      const name = String(users.get(session));
      const [from, to] = anchor < head ? [1, -1] : anchor > head ? [-1, 1] : [-1, -1];
      return { session, name, colour: colourOf(name), anchor: place(anchor, from), head: place(head, to) };
    });
  }

  /** Where our caret is in the text; undefined: nowhere. Told when it can be said: not while more than one edit is under way. @param {{ anchor: number, head: number } | undefined} caret */
  set(caret) {
    this.#own = caret;
    this.#say();
  }

  /** Calls back when they may have moved. @param {() => void} fn @returns {() => void} */
  on(fn) {
    this.#listeners.add(fn);
    return () => { this.#listeners.delete(fn); };
  }

  /** They are not followed any more, and ours is not told. */
  close() {
    this.set(undefined);
    this.#end.abort();
    this.#listeners.clear();
  }

  #tell() { for (const fn of [...this.#listeners]) fn(); }

  /** @param {Member} member */
  #heard({ session, data }) { this.#carets.tell(session, caretIn(data, this.#text.id, this.#text.field), this.#now()); }

  #say() {
    const { id: entity, field, mark } = this.#text;
    if (this.#own && !mark) return; // it would refer to what nobody else can know
    const said = JSON.stringify(this.#own ?? null);
    if (said === this.#said) return; // the others move it by themselves
    this.#said = said;
    this.#project.presence.set({ caret: this.#own && mark ? { entity, field, ...this.#own, ...mark } : null });
  }
}

// @ts-check
/**
 * @import { Member, TextChange } from './types.js'
 * @import { Presence } from './presence.js'
 * @import { Project } from './project.js'
 * @import { SharedText } from './shared-text.js'
 */
import { Carets, caretIn, colourOf, moved } from './carets.js';

/** Who wrote and then pauses for so long tells his caret once more, in ms: whoever comes later does not know the edit that it was told with. */
const PAUSE_MS = 1000;

/**
 * @typedef {{ seq: number, sync: string, presence: Pick<Presence, 'others' | 'stale' | 'set'>, on: Project<any>['on'] }} CaretProject a client, or what `join` gives
 * @typedef {Pick<SharedText, 'id' | 'field' | 'gone' | 'length' | 'mark' | 'place' | 'on'>} CaretText what `client.text` gives
 */
/** @typedef {{ session: string, name: string, colour: string, anchor: number, head: number, told: number }} SeenCaret in the text as it is seen here; `told` when its owner moved it or wrote, ms */

/** Carets in one text: ours is told to the others by presence, theirs are followed through all that is written. */
export class TextCarets {
  #project;
  #text;
  #carets;
  /** @type {{ anchor: number, head: number } | undefined} */
  #own;
  /** Where the others have ours by now. @type {{ anchor: number, head: number } | undefined} */
  #told;
  /** What was said of it last, as JSON. */
  #said = '';
  /** Is it to be said once more, though it stands where it stood? */
  #isDue = false;
  #endPause = () => {};
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #now;
  #schedule;
  #end = new AbortController();

  /**
   * @param {CaretProject} project @param {CaretText} text
   * @param {{ now?: () => number, schedule?: (fn: () => void, ms: number) => () => void }} [options]
   */
  constructor(project, text, { now = Date.now, schedule = later } = {}) {
    this.#project = project;
    this.#text = text;
    this.#now = now;
    this.#schedule = schedule;
    this.#carets = new Carets(project.seq);
    const { signal } = this.#end;
    project.on('presence', ({ joined, left, changed }) => {
      for (const member of [...joined, ...changed]) this.#heard(member);
      for (const session of left) this.#carets.leave(session);
      if (joined.length > 0) this.#say(true);
      this.#tell();
    }, { signal });
    project.on('event', ({ type, seq, session, n, own, ...event }) => {
      const { entity, edit } = /** @type {any} */ (event);
      if (type === 'update' && edit?.field === text.field && entity === text.id) {
        this.#carets.edited({ seq, session, n, delta: edit.delta }, this.#now());
        if (own) this.#pause();
      }
      this.#carets.at(seq);
      this.#say();
      this.#tell();
    }, { signal });
    project.on('snapshot', ({ seq, reason }) => {
      this.#carets.replaced(seq, reason === 'behind' ? this.#carets.seq : seq);
      this.#say(true);
      this.#tell();
    }, { signal });
    project.on('sync', () => this.#tell(), { signal });
    text.on('change', change => this.#changed(change), { signal });
    for (const member of project.presence.others) this.#heard(member);
  }

  /** The others' carets, where they are in the text as it is seen; none while we are offline. @returns {SeenCaret[]} */
  get all() {
    if (this.#project.sync === 'offline' || this.#project.presence.stale || this.#text.gone) return [];
    const users = new Map(this.#project.presence.others.map(({ session, user }) => [session, user.name]));
    const place = (/** @type {number} */ at, /** @type {number} */ assoc) => Math.min(this.#text.place(at, assoc), this.#text.length);
    return this.#carets.all(this.#now()).filter(([session]) => users.has(session)).map(([session, { anchor, head, told }]) => {
      const name = String(users.get(session));
      const [from, to] = anchor < head ? [1, -1] : anchor > head ? [-1, 1] : [-1, -1];
      return { session, name, colour: colourOf(name), anchor: place(anchor, from), head: place(head, to), told };
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
    this.#endPause();
    this.#end.abort();
    this.#listeners.clear();
  }

  #tell() { for (const fn of [...this.#listeners]) fn(); }

  /** @param {Member} member */
  #heard({ session, data }) { this.#carets.tell(session, caretIn(data, this.#text.id, this.#text.field), this.#now()); }

  /** The others move our caret through what they see happen, as we do: that is not told. @param {TextChange} change */
  #changed({ delta, origin }) {
    if (this.#own && origin !== 'local' && origin !== 'undo') this.#own = moved(this.#own, delta); // where ours goes with our words, who writes them says
    if (this.#told && (origin === 'remote' || origin === 'snapshot')) this.#told = moved(this.#told, delta);
    this.#say(origin === 'refused'); // it may have been told with an edit that never comes
    this.#tell();
  }

  /** An edit of ours has come; with the last one the pause begins. */
  #pause() {
    this.#endPause();
    if (this.#text.mark?.n === 0) this.#endPause = this.#schedule(() => this.#say(true), PAUSE_MS);
  }

  /** Tells ours where it is not where the others have it. @param {boolean} [again] or so that it refers to what is known by now */
  #say(again = false) {
    const { id: entity, field, mark } = this.#text;
    this.#isDue ||= again;
    if (this.#own && !mark) return; // it would refer to what nobody else can know
    const caret = this.#own && mark ? { entity, field, ...this.#own, ...mark } : null;
    const said = JSON.stringify(caret);
    const isDue = this.#isDue && caret !== null && said !== this.#said;
    this.#isDue = false;
    if (!isDue && this.#own?.anchor === this.#told?.anchor && this.#own?.head === this.#told?.head) return;
    this.#endPause();
    [this.#told, this.#said] = [this.#own, said];
    this.#project.presence.set({ caret });
  }
}

/** @param {() => void} fn @param {number} ms */
function later(fn, ms) {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
}

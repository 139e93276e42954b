// @ts-check
/** @import { Happened, WireOp } from './types.js' */

/**
 * Events in words. Titles are remembered as events go by, so a card that is gone can still be named.
 */
export class Sentences {
  /** @type {Map<string, { title: string, kind: string }>} */ #known = new Map();
  #look;

  /** @param {(id: string) => { kind: string, data: Record<string, any> } | undefined} look into the store */
  constructor(look) { this.#look = look; }

  /**
   * What happened, without who did it; null for what the feed does not tell (messages are in the chat, a new place in the same list
   * is nobody's news). `about` is the card, where there is one to open.
   * @param {Happened} event @returns {{ words: string, about: string | undefined } | null}
   */
  of(event) {
    const ops = event.type === 'batch' ? event.ops : [event];
    const told = ops.map(op => ({ words: this.#tell(op), about: op.entity })).filter(one => one.words);
    if (told.length < 2) return told[0] ? { words: /** @type {string} */ (told[0].words), about: told[0].about } : null;
    if (ops.every(op => op.type === 'create' && op.kind === 'list')) return { words: `set up ${ops.length} lists`, about: undefined };
    return { words: `${told[0].words}, and ${told.length - 1} more`, about: undefined };
  }

  /** @param {WireOp} op @returns {string | null} */
  #tell(op) {
    const { kind, title } = this.#name(op);
    if (kind === 'message') return null;
    const what = kind === 'list' ? `the list “${title}”` : `“${title}”`;
    if (op.type === 'create') return `added ${what}`;
    if (op.type === 'delete') return `deleted ${what}`;
    if (op.increment) return Object.values(op.increment).some(by => by < 0) ? `took a vote from ${what}` : `voted for ${what}`;
    if (op.edit) return `wrote in the notes of ${what}`;
    const patch = op.patch ?? {};
    if ('title' in patch) return kind === 'list' ? `renamed a list to “${title}”` : `renamed a card to “${title}”`;
    if ('list' in patch) return `moved ${what} to ${this.#titleOf(String(patch.list))}`;
    return 'order' in patch || 'notes' in patch ? null : `changed ${what}`;
  }

  /** Remembers what the operation says, and says what is known then. @param {WireOp} op */
  #name(op) {
    const stored = this.#look(op.entity);
    const known = this.#known.get(op.entity)
      ?? { kind: stored?.kind ?? 'card', title: String(stored?.data.title ?? 'a card that is gone') };
    if (op.type === 'create') known.kind = op.kind;
    const told = op.type === 'create' ? op.data.title : op.type === 'update' ? op.patch?.title : undefined;
    if (told !== undefined) known.title = String(told);
    this.#known.set(op.entity, known);
    return known;
  }

  /** @param {string} list */
  #titleOf(list) { return `“${this.#known.get(list)?.title ?? this.#look(list)?.data.title ?? 'a list that is gone'}”`; }
}

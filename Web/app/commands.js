// @ts-check
/** @import { Client, Entity } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Toasts } from './toasts.js' */
/** @import { Announcer } from './announcer.js' */
import { titleOf } from './board.js';
import { keyAt } from '../client/order.js';
import { written } from '../client/text-field.js';

const FIRST_LISTS = [['list-todo', 'To do'], ['list-doing', 'Doing'], ['list-done', 'Done']];
const BATCH_MAX = 100; // operations that the server takes as one

/**
 * Everything a visitor can do to the board. Each command shows at once and is decided by the server later; one that is refused
 * rolls back by itself, and says why here.
 */
export class Commands {
  #client; #board; #toasts; #announcer;

  /** @param {Client} client @param {Board} board @param {Toasts} toasts @param {Announcer} announcer */
  constructor(client, board, toasts, announcer) {
    this.#client = client;
    this.#board = board;
    this.#toasts = toasts;
    this.#announcer = announcer;
  }

  /** Fixed ids: when two people do this at once, the second batch is refused as a whole, and both see three lists. */
  setUp() {
    const done = this.#client.batch(batch => FIRST_LISTS.forEach(([id, title], index) =>
      batch.create('list', { title, order: `V00${index}V` }, { id })));
    done.catch(error => { if (error?.code !== 'exists') this.#failed('Setting up the lists', error); });
  }

  /** @param {string} title */
  addList(title) {
    this.#try(`Adding “${title}”`, this.#client.create('list', { title, order: keyAt(this.#board.lists, this.#board.lists.length) }));
  }

  /** @param {string} list @param {string} title @returns the id, known before the server has heard of it */
  addCard(list, title) {
    const cards = this.#board.cards(list);
    const id = this.#client.newId('card');
    this.#try(`Adding “${title}”`, this.#client.create('card', { title, list, order: keyAt(cards, cards.length), votes: 0, notes: { $text: '' } }, { id }));
    return id;
  }

  /** @param {Entity} entity @param {import('../client/types.js').JsonObject} patch */
  change(entity, patch) { return this.#try(`Changing “${titleOf(entity)}”`, this.#client.update(entity.id, patch)); }

  /**
   * Notes for a card that has none. Nothing happens where somebody was faster.
   * @param {Entity} card @param {number} version the newest that is known of it @param {string} text what they begin with, of a description too
   */
  beginNotes(card, version, text) {
    return this.#client.update(card.id, { notes: { $text: text }, description: null }, { ifVersion: version }).catch(error => {
      if (error?.code !== 'conflict' && error?.code !== 'not_found') this.#failed(`Notes for “${titleOf(card)}”`, error);
    });
  }

  /** @param {Entity} card @param {number} by */
  vote(card, by = 1) { this.#try('Your vote', this.#client.increment(card.id, 'votes', by)); }

  /** @param {Entity} card @param {string} list @param {number} index its place among the other cards of that list */
  moveCard(card, list, index) {
    const others = this.#board.cards(list).filter(one => one.id !== card.id);
    const at = Math.max(0, Math.min(index, others.length));
    const here = this.#board.whereIs(card);
    if (here.list === list && here.index === at) return;
    this.#try(`Moving “${titleOf(card)}”`, this.#client.update(card.id, { list, order: keyAt(others, at) }));
    this.#announcer.say(`Moved “${titleOf(card)}” to ${titleOf(this.#board.list(list))}, position ${at + 1} of ${others.length + 1}`);
  }

  /** @param {Entity} list @param {number} index its place among the other lists */
  moveList(list, index) {
    const others = this.#board.lists.filter(one => one.id !== list.id);
    const at = Math.max(0, Math.min(index, others.length));
    this.#try(`Moving “${titleOf(list)}”`, this.#client.update(list.id, { order: keyAt(others, at) }));
    this.#announcer.say(`Moved list “${titleOf(list)}” to position ${at + 1} of ${others.length + 1}`);
  }

  /** @param {Entity} card */
  removeCard(card) { this.#remove([card], `Deleted “${titleOf(card)}”`); }

  /** A list goes with its cards, or not at all. @param {Entity} list */
  removeList(list) {
    const cards = this.#board.cards(list.id);
    if (cards.length >= BATCH_MAX) this.#toasts.fail(`“${titleOf(list)}” has too many cards to delete at once. Move some first.`);
    else this.#remove([list, ...cards], `Deleted “${titleOf(list)}”${cards.length ? ` and ${count(cards.length, 'card')}` : ''}`);
  }

  /** Undo makes the same entities again, as they were when they went. @param {Entity[]} entities @param {string} done */
  #remove(entities, done) {
    const kept = entities.map(entity => ({ id: entity.id, kind: entity.kind, data: written(entity) }));
    this.#try('Deleting', this.#client.batch(batch => kept.forEach(({ id }) => batch.delete(id))));
    const undo = () => this.#client.batch(batch => kept.forEach(({ id, kind, data }) => batch.create(kind, data, { id })));
    this.#toasts.show(done, { label: 'Undo', act: () => { this.#try('Undo', undo()); } });
  }

  /** @param {string} text @param {string} name */
  say(text, name) {
    const at = new Date(Date.now() + (this.#client.clockOffset || 0)).toISOString();
    return this.#try('Your message', this.#client.create('message', { text, name, at }));
  }

  /** @param {string} what @param {Promise<unknown>} promise @returns {Promise<boolean>} whether it took effect */
  #try(what, promise) {
    return promise.then(() => true, error => { this.#failed(what, error); return false; });
  }

  /** @param {string} what @param {any} error */
  #failed(what, error) { this.#toasts.fail(`${what} did not work: ${error?.message ?? error}`); }
}

/** @param {number} number @param {string} noun */
export const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

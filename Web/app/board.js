// @ts-check
/** @import { Client, Entity } from './types.js' */
import { byOrder } from '../client/order.js';

/** The store seen as a board: sorted lists and their sorted cards. Sorted when first asked after a change, not with every change. */
export class Board {
  /** @type {Client} */ #client;
  /** @type {Entity[] | null} */ #lists = null;
  /** @type {Map<string, Entity[]> | null} */ #cards = null;

  /** @param {Client} client */
  constructor(client) {
    this.#client = client;
    const forget = () => { this.#lists = this.#cards = null; };
    client.on('change', forget);
    client.on('pending', forget); // a command of our own shows in the store before the frame that tells of it
  }

  /** @returns {Entity[]} */
  get lists() { return this.#lists ??= [...this.#client.store.list('list')].sort(byOrder); }

  /** The cards of a list. The list '' has those whose own list is gone. @param {string} list @returns {Entity[]} */
  cards(list) {
    if (!this.#cards) {
      this.#cards = new Map(this.lists.map(one => [one.id, []]));
      for (const card of this.#client.store.list('card')) {
        const list = String(card.data.list);
        const home = this.#cards.has(list) ? list : '';
        if (!this.#cards.get(home)?.push(card)) this.#cards.set(home, [card]);
      }
      for (const cards of this.#cards.values()) cards.sort(byOrder);
    }
    return this.#cards.get(list) ?? [];
  }

  /** @param {string} id @returns {Entity | undefined} */
  card(id) { return this.#kind(id, 'card'); }

  /** @param {string} id @returns {Entity | undefined} */
  list(id) { return this.#kind(id, 'list'); }

  /** @param {string} id @param {string} kind */
  #kind(id, kind) {
    const entity = this.#client.store.get(id);
    return entity?.kind === kind ? entity : undefined;
  }

  /** Where a card is: its list, its place there, and its neighbours. @param {Entity} card */
  whereIs(card) {
    const list = this.list(card.data.list)?.id ?? '';
    const cards = this.cards(list);
    return { list, cards, index: cards.findIndex(one => one.id === card.id) };
  }
}

/** What an entity is called. @param {Entity | undefined} entity */
export const titleOf = entity => String(entity?.data.title ?? '') || 'Untitled';

// @ts-check
/** @import { Entity } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */

/** The keys of a focused card. Arrows walk over the cards; with Alt and Shift they move the card itself. F2 renames, Delete deletes. */
export class BoardKeys {
  #board; #commands; #view;

  /**
   * @param {Board} board @param {Commands} commands
   * @param {{ cardAt: (node: Element) => Entity | undefined, focus: (id: string) => void, rename: (card: Entity) => void }} view
   */
  constructor(board, commands, view) {
    this.#board = board;
    this.#commands = commands;
    this.#view = view;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const card = this.#view.cardAt(/** @type {Element} */ (event.target));
    if (!card || event.ctrlKey || event.metaKey) return;
    const moving = event.altKey && event.shiftKey;
    if (event.key === 'F2') this.#view.rename(card);
    else if (event.key === 'Delete') this.#remove(card);
    else if (event.key.startsWith('Arrow') && (moving || !event.altKey && !event.shiftKey)) this.#step(card, event.key, moving);
    else return;
    event.preventDefault();
  }

  /** @param {Entity} card @param {string} key @param {boolean} moving */
  #step(card, key, moving) {
    const { list, cards, index } = this.#board.whereIs(card);
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
    const next = index + ({ ArrowUp: -1, ArrowDown: 1 }[key] ?? 0);
    const lists = this.#board.lists;
    const goal = aside ? lists[lists.findIndex(one => one.id === list) + aside]?.id : list;
    if (goal === undefined) return; // beside the board
    if (moving) { this.#commands.moveCard(card, goal, next); return; }
    const column = aside ? this.#board.cards(goal) : cards;
    const beside = column[aside ? Math.min(index, column.length - 1) : next];
    if (beside) this.#view.focus(beside.id);
  }

  /** The focus goes on to a neighbour: otherwise it would fall back to the top of the page. @param {Entity} card */
  #remove(card) {
    const { cards, index } = this.#board.whereIs(card);
    const neighbour = cards[index + 1] ?? cards[index - 1];
    this.#commands.removeCard(card);
    if (neighbour) this.#view.focus(neighbour.id);
  }
}

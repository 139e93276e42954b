// @ts-check
/** @import { Client, Entity, Other } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */
/** @import { Drafts } from './drafts.js' */
/** @import { Menu } from './menu.js' */
import { movesOf } from './card-menu.js';
import { titleOf } from './board.js';
import { el, need, setText } from './dom.js';
import { sharedField } from './field.js';
import { Notes } from './notes.js';
import { listed, nameOf } from './people.js';
import { titleCheck } from './title-check.js';

const narrow = matchMedia('(max-width: 640px)');

/** The open card: beside the board, which stays usable; on a narrow screen in front of it, and then nothing behind it can be reached. */
export class CardSheet {
  #sheet = /** @type {HTMLDialogElement} */ (need('sheet'));
  #title = /** @type {HTMLInputElement} */ (need('sheet-title'));
  #list = /** @type {HTMLSelectElement} */ (need('sheet-list'));
  #board; #commands; #drafts;
  #titleField; #notes; #check;
  #card = ''; // the id of the open card
  /** @type {Entity | undefined} */ #last; // as it was last seen: a deleted card can still be named

  /** @param {{ client: Client, board: Board, commands: Commands, menu: Menu, drafts: Drafts, close: () => void }} parts */
  constructor({ client, board, commands, menu, drafts, close }) {
    this.#board = board;
    this.#commands = commands;
    this.#drafts = drafts;
    this.#titleField = sharedField(this.#title, value => this.#save({ title: value.trim() || titleOf(this.#last) }));
    this.#notes = new Notes(client, commands);
    this.#check = titleCheck(client, this.#title, () => ({ self: this.#card, list: this.#list.value }));
    this.#title.after(this.#check.hint, this.#titleField.offer);

    this.#list.addEventListener('change', () => this.#with(card => {
      const list = this.#list.value;
      commands.moveCard(card, list, board.cards(list).length);
    }));
    need('sheet-vote').addEventListener('click', () => this.#with(card => commands.vote(card)));
    need('sheet-unvote').addEventListener('click', () => this.#with(card => commands.vote(card, -1)));
    const move = need('sheet-move');
    move.addEventListener('click', () => this.#with(card => menu.open(move, 'Move this card', movesOf(card, board, commands))));
    need('sheet-delete').addEventListener('click', () => this.#with(card => { close(); commands.removeCard(card); }));
    need('sheet-close').addEventListener('click', close);
    this.#sheet.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape' && !event.isComposing) { event.preventDefault(); close(); }
    });
  }

  /** @param {string | null} id */
  show(id) {
    if ((id ?? '') === this.#card) return;
    this.#titleField.finish();
    this.#notes.show(id ?? '');
    this.#drafts.show(id ?? '');
    this.#check.clear();
    this.#card = id ?? '';
    this.#last = undefined;
    for (const behind of ['board', 'side']) need(behind).inert = Boolean(id) && narrow.matches;
    if (!id) { this.#sheet.close(); return; }
    this.draw();
    if (!this.#sheet.open) this.#sheet.show(); // not modal: notes and menus lie outside it
    this.#sheet.focus();
  }

  /** @param {string} [by] who changed something */
  draw(by) {
    if (!this.#card) return;
    const card = this.#board.card(this.#card);
    need('sheet-body').hidden = !card;
    need('sheet-gone').hidden = Boolean(card);
    setText(need('sheet-gone'), this.#last ? `“${titleOf(this.#last)}” was deleted.` : 'There is no such card, or it was deleted.');
    if (!card) return;

    if (this.#last) this.#titleField.refresh(titleOf(card), by);
    else this.#titleField.start(titleOf(card));
    this.#notes.draw(card);
    this.#last = card;
    setText(need('sheet-votes'), String(Number(card.data.votes) || 0));
    this.#drawLists(card);
  }

  /** @param {Other[]} others who have this card open too */
  drawViewers(others) {
    this.#notes.drawWriters(others);
    const elsewhere = others.filter(one => one.data.editing !== 'notes'); // the others are named there
    const editing = elsewhere.filter(one => one.data.editing);
    const names = (editing.length ? editing : elsewhere).map(nameOf);
    const verb = names.length === 1 ? 'is' : 'are';
    const doing = editing.length ? 'editing' : 'looking at';
    setText(need('sheet-viewers'), names.length ? `${listed(names)} ${verb} ${doing} this card` : '');
  }

  /** @param {Entity} card */
  #drawLists(card) {
    const lists = this.#board.lists;
    const names = lists.map(list => `${list.id} ${titleOf(list)}`).join();
    if (this.#list.dataset.names !== names) {
      this.#list.dataset.names = names;
      this.#list.replaceChildren(...lists.map(list => el('option', { value: list.id }, titleOf(list))));
    }
    if (this.#list.value !== card.data.list) this.#list.value = card.data.list;
  }

  /** @param {import('../client/types.js').JsonObject} patch */
  #save(patch) { this.#with(card => { this.#commands.change(card, patch); }); }

  /** @param {(card: Entity) => void} act */
  #with(act) {
    const card = this.#board.card(this.#card);
    if (card) act(card);
  }
}

// @ts-check
/** @import { Client, Entity, Other } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */
/** @import { Menu } from './menu.js' */
/** @import { Router } from './router.js' */
import { titleOf } from './board.js';
import { BoardKeys } from './board-keys.js';
import { movesOf, movesOfList } from './card-menu.js';
import { CardView } from './card-view.js';
import { ColumnView } from './column-view.js';
import { composer } from './composer.js';
import { arrange, el, need } from './dom.js';
import { editInPlace } from './edit-in-place.js';
import { titleCheck } from './title-check.js';

/** The lists and cards on the screen. Views are kept by id; a change draws the cards it names and puts the rest in order. */
export class BoardView {
  #root = need('lists');
  /** @type {Map<string, CardView>} */ #cards = new Map();
  /** @type {Map<string, ColumnView>} */ #columns = new Map();
  /** @type {Set<string>} cards that were drawn as pending; the end of that changes nothing else about them */ #pending = new Set();
  #client; #board; #commands; #menu; #router;
  #newList; #keys;

  /** @param {{ client: Client, board: Board, commands: Commands, menu: Menu, router: Router }} parts */
  constructor({ client, board, commands, menu, router }) {
    this.#client = client;
    this.#board = board;
    this.#commands = commands;
    this.#menu = menu;
    this.#router = router;
    const { form, open } = composer({
      what: 'a list', testid: 'add-list', inputTestid: 'list-title-input', placeholder: 'Title of the list',
      add: title => commands.addList(title),
    });
    this.#newList = el('div', { class: 'new-list' }, form, open);
    this.#keys = new BoardKeys(board, commands, {
      cardAt: node => this.#at(node).card, focus: id => this.focus(id), rename: card => this.#rename(card),
    });
    this.#root.append(this.#newList);
    this.#root.addEventListener('click', event => this.#clicked(/** @type {Element} */ (event.target)));
    this.#root.addEventListener('keydown', event => this.#keys.pressed(event));
  }

  /** @param {string[] | null} ids what changed; null draws everything */
  draw(ids) {
    if (this.#client.epoch === undefined) return; // nothing to show yet: the skeleton stays
    if (this.#root.ariaBusy === 'true') this.#arrived();
    const lists = this.#board.lists;
    const columns = lists.map(list => this.#column(list.id));
    const stray = this.#board.cards('');
    if (stray.length) columns.unshift(this.#column(''));
    arrange(this.#root, [...columns.map(column => column.node), this.#newList]);

    const changed = ids && new Set([...ids, ...this.#pending]);
    for (const column of columns) {
      const id = column.node.dataset.id ?? '';
      const cards = this.#board.cards(id);
      column.draw(this.#board.list(id), cards.length);
      arrange(column.cards, cards.map(card => this.#card(card, !changed || changed.has(card.id)).node));
    }
    this.#clear(ids ?? [...this.#cards.keys(), ...this.#columns.keys()], stray.length > 0);
    need('setup-box').hidden = lists.length > 0;
    this.#newList.hidden = lists.length === 0;
  }

  /** @param {Map<string, Other[]>} viewers by card */
  drawViewers(viewers) {
    for (const [id, card] of this.#cards) card.drawViewers(viewers.get(id) ?? []);
  }

  /** @param {string} id @param {string} by */
  flash(id, by) { this.#cards.get(id)?.flash(by); }

  /** Puts the focus where it was before a card was opened. @param {string} id */
  focus(id) { this.#cards.get(id)?.title.focus(); }

  /** The first state is here: the skeleton that index.html shows until then goes. */
  #arrived() {
    this.#root.ariaBusy = 'false';
    for (const bone of this.#root.querySelectorAll('.skeleton')) bone.remove();
  }

  /** @param {string} id */
  #column(id) {
    let column = this.#columns.get(id);
    if (!column) this.#columns.set(id, column = new ColumnView(id, this.#client, title => { this.#commands.addCard(id, title); }));
    return column;
  }

  /** @param {Entity} card @param {boolean} changed */
  #card(card, changed) {
    let view = this.#cards.get(card.id);
    if (!view) this.#cards.set(card.id, view = new CardView(card.id));
    else if (!changed) return view;
    const pending = this.#client.store.isPending(card.id);
    this.#pending[pending ? 'add' : 'delete'](card.id);
    view.draw(card, pending);
    return view;
  }

  /** Takes away what is no longer there. @param {string[]} ids @param {boolean} strays */
  #clear(ids, strays) {
    const drop = (/** @type {Map<string, CardView | ColumnView>} */ views, /** @type {string} */ id) => {
      views.get(id)?.node.remove();
      views.delete(id);
    };
    for (const id of ids) {
      if (!this.#board.card(id)) { drop(this.#cards, id); this.#pending.delete(id); }
      if (id && !this.#board.list(id)) drop(this.#columns, id);
    }
    if (!strays) drop(this.#columns, '');
  }

  /** @param {Element} target */
  #clicked(target) {
    const button = target.closest('[data-act]');
    if (!button) return;
    const act = button.getAttribute('data-act');
    const { card, list } = this.#at(button);
    if (card && act === 'open') this.#router.open(card.id);
    if (card && act === 'vote') this.#commands.vote(card);
    if (card && act === 'menu') this.#openMenu(card);
    if (list && act === 'rename-list') this.#renameList(list);
    if (list && act === 'list-menu') this.#openListMenu(list);
  }

  /** The card and the list around a node. @param {Element} node */
  #at(node) {
    const id = (/** @type {string} */ selector) => node.closest(selector)?.getAttribute('data-id') ?? '';
    return { card: this.#board.card(id('.card')), list: this.#board.list(id('.list')) };
  }

  /** @param {Entity} card */
  #openMenu(card) {
    const view = this.#cards.get(card.id);
    if (view) this.#menu.open(view.more, `Actions for ${titleOf(card)}`, [
      { label: 'Open', act: () => this.#router.open(card.id) },
      { label: 'Rename', act: () => this.#rename(card) },
      null,
      ...movesOf(card, this.#board, this.#commands),
      null,
      { label: 'Delete', act: () => this.#commands.removeCard(card) },
    ]);
  }

  /** @param {Entity} list */
  #openListMenu(list) {
    const view = this.#columns.get(list.id);
    if (view) this.#menu.open(view.more, `Actions for the list ${titleOf(list)}`, [
      { label: 'Rename', act: () => this.#renameList(list) },
      ...movesOfList(list, this.#board, this.#commands),
      null,
      { label: 'Delete list', act: () => this.#commands.removeList(list) },
    ]);
  }

  /** @param {Entity} card */
  #rename(card) {
    const view = this.#cards.get(card.id);
    if (view) editInPlace(view.title, {
      value: titleOf(card), label: 'Card title', testid: 'card-title-input',
      save: title => { this.#commands.change(card, { title }); },
      started: input => titleCheck(this.#client, input, () => ({ self: card.id, list: card.data.list })).hint,
    });
  }

  /** @param {Entity} list */
  #renameList(list) {
    const view = this.#columns.get(list.id);
    if (view) editInPlace(view.title, {
      value: titleOf(list), label: 'List title', save: title => { this.#commands.change(list, { title }); },
    });
  }
}

// @ts-check
/** @import { Client, Entity, Other } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */
/** @import { Menu } from './menu.js' */
/** @import { Router } from './router.js' */
import { movesOf, movesOfList } from './card-menu.js';
import { CardView } from './card-view.js';
import { ColumnView } from './column-view.js';
import { arrange, el, icon, need } from './dom.js';
import { editInPlace } from './edit-in-place.js';
import { titleOf } from './board.js';
import { titleCheck } from './title-check.js';

/** The lists and cards on the screen. Views are kept by id; a change draws the cards it names and puts the rest in order. */
export class BoardView {
  #root = need('lists');
  /** @type {Map<string, CardView>} */ #cards = new Map();
  /** @type {Map<string, ColumnView>} */ #columns = new Map();
  /** @type {Set<string>} cards that were drawn as pending; the end of that changes nothing else about them */ #pending = new Set();
  #client; #board; #commands; #menu; #router;
  #newList = newList(title => this.#commands.addList(title));

  /** @param {{ client: Client, board: Board, commands: Commands, menu: Menu, router: Router }} parts */
  constructor({ client, board, commands, menu, router }) {
    this.#client = client;
    this.#board = board;
    this.#commands = commands;
    this.#menu = menu;
    this.#router = router;
    this.#root.append(this.#newList);
    this.#root.addEventListener('click', event => this.#clicked(/** @type {Element} */ (event.target)));
    this.#root.addEventListener('keydown', event => this.#keyed(event));
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
    for (const id of ids) {
      if (this.#cards.has(id) && !this.#board.card(id)) { this.#cards.get(id)?.node.remove(); this.#cards.delete(id); this.#pending.delete(id); }
      if (id && this.#columns.has(id) && !this.#board.list(id)) { this.#columns.get(id)?.node.remove(); this.#columns.delete(id); }
    }
    if (!strays) { this.#columns.get('')?.node.remove(); this.#columns.delete(''); }
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
    if (view) editInPlace(view.title, { value: titleOf(list), label: 'List title', save: title => { this.#commands.change(list, { title }); } });
  }

  /** Arrows walk over the cards; with Alt and Shift they move the card itself. F2 renames, Delete deletes. @param {KeyboardEvent} event */
  #keyed(event) {
    const { card } = this.#at(/** @type {Element} */ (event.target));
    if (!card || event.ctrlKey || event.metaKey) return;
    const moving = event.altKey && event.shiftKey;
    if (event.key === 'F2') this.#rename(card);
    else if (event.key === 'Delete') this.#removeAndGoOn(card);
    else if (event.key.startsWith('Arrow') && (moving || !event.altKey && !event.shiftKey)) this.#step(card, event.key, moving);
    else return;
    event.preventDefault();
  }

  /** @param {Entity} card @param {string} key @param {boolean} moving */
  #step(card, key, moving) {
    const { list, cards, index } = this.#board.whereIs(card);
    const lists = this.#board.lists;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
    const next = index + ({ ArrowUp: -1, ArrowDown: 1 }[key] ?? 0);
    const beside = side ? lists[lists.findIndex(one => one.id === list) + side] : undefined;
    if (side && !beside) return;
    if (moving) this.#commands.moveCard(card, beside?.id ?? list, next);
    else {
      const row = beside ? this.#board.cards(beside.id) : cards;
      const goal = beside ? row[Math.min(index, row.length - 1)] : row[next];
      if (goal) this.focus(goal.id);
    }
  }

  /** Without this the focus would fall back to the top of the page. @param {Entity} card */
  #removeAndGoOn(card) {
    const { cards, index } = this.#board.whereIs(card);
    const next = cards[index + 1] ?? cards[index - 1];
    this.#commands.removeCard(card);
    if (next) this.focus(next.id);
  }
}

/** The place at the end of the board where a new list is made. @param {(title: string) => void} add */
function newList(add) {
  const input = el('input', { 'data-testid': 'list-title-input', 'aria-label': 'Title of the new list', placeholder: 'Title of the list', maxlength: 100, autocomplete: 'off' });
  const open = el('button', { type: 'button', class: 'add', 'data-testid': 'add-list' }, icon('plus'), 'Add a list');
  const form = el('form', { class: 'new-card', hidden: true }, input, el('div', { class: 'row' }, el('button', { class: 'primary' }, 'Add list')));
  const close = () => { form.hidden = true; open.hidden = false; };
  open.addEventListener('click', () => { form.hidden = false; open.hidden = true; input.focus(); });
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (input.value.trim()) add(input.value.trim());
    input.value = '';
    close();
    open.focus();
  });
  form.addEventListener('keydown', event => { event.stopPropagation(); if (event.key === 'Escape') { close(); open.focus(); } });
  return el('div', { class: 'new-list' }, form, open);
}

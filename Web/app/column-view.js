// @ts-check
/** @import { Client, Entity } from './types.js' */
import { titleOf } from './board.js';
import { el, icon, setText } from './dom.js';
import { titleCheck } from './title-check.js';

/** One list: its heading, its cards (which the board view puts in), and the form for a new card. */
export class ColumnView {
  /** @type {HTMLElement} */ cards;
  #title; #count;

  /** @param {string} id '' for the cards whose list is gone @param {Client} client @param {(title: string) => void} add */
  constructor(id, client, add) {
    const label = `list-name-${id || 'none'}`;
    this.#title = el('button', { type: 'button', class: 'list-title', id: label, 'data-act': 'rename-list', title: 'Rename' });
    this.#count = el('span', { class: 'count' });
    this.cards = el('ul', { class: 'cards', 'aria-labelledby': label });
    this.more = el('button', { type: 'button', class: 'plain more', 'data-act': 'list-menu', 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, icon('dots'));
    this.node = el('section', { class: 'list', 'data-testid': 'list', 'data-id': id, 'aria-labelledby': label },
      el('header', { class: 'list-head' }, el('h2', {}, this.#title), this.#count, this.more), this.cards);
    if (id) this.node.append(...newCard(id, client, add));
    else { this.more.hidden = true; this.#title.disabled = true; setText(this.#title, 'No list'); }
  }

  get title() { return this.#title; }

  /** @param {Entity | undefined} list @param {number} count */
  draw(list, count) {
    if (list) {
      setText(this.#title, titleOf(list));
      this.more.setAttribute('aria-label', `Move, rename or delete the list ${titleOf(list)}`);
    }
    setText(this.#count, String(count));
  }
}

/** A button that becomes a form. It stays open after each card: cards rarely come alone. @param {string} list @param {Client} client @param {(title: string) => void} add */
function newCard(list, client, add) {
  const input = el('input', { 'data-testid': 'card-title-input', 'aria-label': 'Title of the new card', placeholder: 'What needs doing?', maxlength: 200, autocomplete: 'off' });
  const check = titleCheck(client, input, () => ({ list }));
  const open = el('button', { type: 'button', class: 'add', 'data-testid': 'add-card' }, icon('plus'), 'Add a card');
  const close = (/** @type {boolean} */ refocus) => { form.hidden = true; open.hidden = false; check.clear(); if (refocus) open.focus(); };
  const form = el('form', { class: 'new-card', hidden: true }, input, check.hint, el('div', { class: 'row' },
    el('button', { class: 'primary' }, 'Add card'), el('button', { type: 'button', class: 'ghost', click: () => close(true) }, 'Close')));

  open.addEventListener('click', () => { form.hidden = false; open.hidden = true; input.focus(); });
  form.addEventListener('submit', event => {
    event.preventDefault();
    const title = input.value.trim();
    if (!title) return;
    input.value = '';
    check.clear();
    add(title);
  });
  form.addEventListener('keydown', event => { event.stopPropagation(); if (event.key === 'Escape') close(true); });
  form.addEventListener('focusout', event => {
    if (!input.value && !form.contains(/** @type {Node | null} */ (event.relatedTarget))) close(false);
  });
  return [form, open];
}

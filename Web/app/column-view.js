// @ts-check
/** @import { Client, Entity } from './types.js' */
import { titleOf } from './board.js';
import { composer } from './composer.js';
import { el, setText } from './dom.js';
import { menuButton } from './menu.js';
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
    this.more = menuButton('list-menu');
    this.node = el('section', { class: 'list', 'data-testid': 'list', 'data-id': id, 'aria-labelledby': label },
      el('header', { class: 'list-head' }, el('h2', {}, this.#title), this.#count, this.more), this.cards);
    if (id) {
      const { input, form, open } = composer({
        what: 'a card', testid: 'add-card', inputTestid: 'card-title-input', placeholder: 'What needs doing?', add,
      });
      input.after(titleCheck(client, input, () => ({ list: id })).hint);
      this.node.append(form, open);
    }
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

// @ts-check
/** @import { Entity, Other } from './types.js' */
import { titleOf } from './board.js';
import { el, icon, setText } from './dom.js';
import { menuButton } from './menu.js';
import { avatar, hueOf, nameOf } from './people.js';

const FLASH_MS = 2500; // as long as the animation in board.css

/** One card on the board. It keeps its nodes and touches only what differs. */
export class CardView {
  #title = el('button', { type: 'button', class: 'card-title', 'data-testid': 'card-title', 'data-act': 'open' });
  #votes = el('span', { 'data-testid': 'votes' }, '0');
  #vote = el('button', { type: 'button', class: 'vote', 'data-testid': 'vote', 'data-act': 'vote' }, icon('up'), this.#votes);
  #notes = el('span', { class: 'has-notes', title: 'Has notes', hidden: true }, icon('lines'));
  #saving = el('span', { class: 'saving', hidden: true }, 'not saved yet');
  #writers = el('span', { class: 'writers', 'data-testid': 'writers', hidden: true });
  #viewers = el('span', { class: 'viewers' });
  #more = menuButton('menu');
  #foot = el('div', { class: 'card-foot' }, this.#vote, this.#notes, this.#saving, this.#writers, this.#viewers);
  #seen = '';
  #flashing = 0;
  #hue = 'hue-0';

  /** @param {string} id */
  constructor(id) {
    this.node = el('li', { class: 'card', 'data-testid': 'card', 'data-id': id },
      this.#title, this.#more, this.#foot);
  }

  get title() { return this.#title; }
  get more() { return this.#more; }

  /** @param {Entity} card @param {boolean} pending */
  draw(card, pending) {
    const title = titleOf(card);
    const votes = Number(card.data.votes) || 0;
    setText(this.#title, title);
    setText(this.#votes, String(votes));
    this.#vote.setAttribute('aria-label', `Vote for ${title}, ${votes} so far`);
    this.#more.setAttribute('aria-label', `Move, rename or delete ${title}`);
    this.#notes.hidden = !(card.data.notes || card.data.description);
    this.#saving.hidden = !pending;
  }

  /** Who has this card open. @param {Other[]} others */
  drawViewers(others) {
    const seen = others.map(one => `${nameOf(one)}${one.data.editing ? '✎' : ''}`).join();
    if (seen === this.#seen) return;
    this.#seen = seen;
    const writers = others.filter(one => one.data.editing).map(nameOf);
    setText(this.#writers, `✎ ${writers.join(', ')}`);
    this.#writers.hidden = writers.length === 0;
    this.#viewers.replaceChildren(...others.slice(0, 3).map(one =>
      avatar(nameOf(one), `${nameOf(one)} ${one.data.editing ? 'is editing this card' : 'has this card open'}`)));
  }

  /** Shows whose change this was. The ring does not start again while it is there: a storm of votes must not flicker. @param {string} by */
  flash(by) {
    clearTimeout(this.#flashing);
    this.node.classList.remove(this.#hue);
    this.node.classList.add('flash', this.#hue = `hue-${hueOf(by)}`);
    this.#foot.dataset.by = by;
    this.#flashing = setTimeout(() => {
      this.node.classList.remove('flash', this.#hue);
      delete this.#foot.dataset.by;
    }, FLASH_MS);
  }
}

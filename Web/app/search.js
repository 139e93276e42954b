// @ts-check
/** @import { Client, Entity } from './types.js' */
/** @import { Board } from './board.js' */
/** @import { Announcer } from './announcer.js' */
import { OfflineError, TimeoutError } from '../client/eventonly.js';
import { titleOf } from './board.js';
import { count } from './commands.js';
import { afterPause, el, need } from './dom.js';

const PAUSE_MS = 120;
const SHOWN = 8;

/**
 * Finds cards while you type: the server answers for titles that begin with the text, and the cards we hold add those that contain it.
 * A combobox by the book: the focus stays in the input, the arrows choose.
 */
export class Search {
  #input = /** @type {HTMLInputElement} */ (need('search'));
  #results = need('search-results');
  /** @type {string[]} */ #ids = [];
  #chosen = -1;
  #client; #board; #announcer; #open;
  #ask = afterPause(() => { this.#find(); }, PAUSE_MS);

  /** @param {Client} client @param {Board} board @param {Announcer} announcer @param {(card: string) => void} open */
  constructor(client, board, announcer, open) {
    this.#client = client;
    this.#board = board;
    this.#announcer = announcer;
    this.#open = open;
    this.#input.addEventListener('input', () => { if (this.#input.value.trim()) this.#ask.ask(); else this.#close(); });
    this.#input.addEventListener('keydown', event => this.#keyed(event));
    this.#input.addEventListener('blur', () => this.#close());
    this.#results.addEventListener('pointerdown', event => event.preventDefault()); // keeps the focus in the input
    this.#results.addEventListener('click', event => {
      const option = /** @type {Element} */ (event.target).closest('[role=option]');
      this.#pick([...this.#results.children].indexOf(/** @type {Element} */ (option)));
    });
    addEventListener('keydown', event => {
      const inField = /** @type {Element} */ (event.target).closest?.('input, textarea, select');
      if ((event.key !== '/' || inField) && (event.key !== 'k' || !event.ctrlKey && !event.metaKey)) return;
      event.preventDefault();
      this.#input.focus();
    });
  }

  async #find() {
    const text = this.#input.value.trim();
    /** @type {Entity[]} */ let found = [];
    let offline = false;
    try {
      found = (await this.#client.query({ kind: 'card', match: { title: text }, limit: SHOWN }, { key: 'search' })).items;
    } catch (error) {
      offline = error instanceof OfflineError || error instanceof TimeoutError;
      if (!offline) return; // given up for a newer question, which will answer
    }
    if (this.#input.value.trim() !== text) return;
    const ids = new Set(found.map(card => card.id));
    const holding = this.#client.store.list('card')
      .filter(card => !ids.has(card.id) && titleOf(card).toLowerCase().includes(text.toLowerCase()));
    this.#show([...found, ...holding].slice(0, SHOWN), text, offline);
  }

  /** @param {Entity[]} cards @param {string} text @param {boolean} offline */
  #show(cards, text, offline) {
    this.#ids = cards.map(card => card.id);
    this.#results.replaceChildren(...cards.map((card, index) => el('li', { role: 'option', id: `found-${index}`, 'aria-selected': 'false' },
      el('span', {}, titleOf(card)), el('small', {}, titleOf(this.#board.list(card.data.list))))));
    const note = (/** @type {string} */ words) =>
      this.#results.append(el('li', { class: 'nothing', role: 'option', 'aria-disabled': 'true' }, words));
    if (!cards.length) note(`No card with “${text}”.`);
    if (offline) note('Offline: only the cards on this page were searched.');
    this.#results.hidden = false;
    this.#input.setAttribute('aria-expanded', 'true');
    this.#choose(-1);
    this.#announcer.say(cards.length ? `${count(cards.length, 'card')} found` : 'No card found');
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    const last = this.#ids.length - 1;
    if (event.key === 'ArrowDown' && last >= 0) this.#choose(this.#chosen >= last ? 0 : this.#chosen + 1);
    else if (event.key === 'ArrowUp' && last >= 0) this.#choose(this.#chosen <= 0 ? last : this.#chosen - 1);
    else if (event.key === 'Enter') this.#pick(Math.max(0, this.#chosen));
    else if (event.key === 'Escape') { if (this.#results.hidden) this.#input.value = ''; this.#close(); }
    else return;
    event.preventDefault();
  }

  /** @param {number} index -1 for none */
  #choose(index) {
    this.#chosen = index;
    for (const [at, option] of [...this.#results.children].entries()) option.setAttribute('aria-selected', String(at === index));
    if (index < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', `found-${index}`);
  }

  /** @param {number} index */
  #pick(index) {
    const id = this.#ids[index];
    if (this.#results.hidden || !id) return;
    this.#input.value = '';
    this.#close();
    this.#open(id);
  }

  #close() {
    this.#ask.drop();
    this.#results.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#choose(-1);
  }
}

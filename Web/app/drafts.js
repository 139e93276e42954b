// @ts-check
/** @import { Client } from './types.js' */
/** @import { Announcer } from './announcer.js' */
/** @import { Toasts } from './toasts.js' */
import { titleOf } from './board.js';
import { el, need } from './dom.js';

const KEPT = 5; // of one card

/** Why what was written could not stay, in words. @type {Record<string, string>} */
const WHY = {
  gone: 'Somebody has deleted these notes, or begun them anew, before your words arrived.',
  too_large: 'The notes would be too long with it.',
  forbidden: 'You may not write here.',
};

/**
 * What was written in a card's notes and could not stay there, to be copied, beside the card it was written in. It stays here until it is dismissed,
 * whether the card is open or not, and whether there still is one.
 */
export class Drafts {
  #box = need('drafts');
  /** By card. @type {Map<string, HTMLElement[]>} */ #drafts = new Map();
  #toasts; #announcer; #open; #nameOf;
  #card = '';

  /** @param {{ client: Client, toasts: Toasts, announcer: Announcer, open: (card: string) => void, nameOf: (card: string) => string }} parts */
  constructor({ client, toasts, announcer, open, nameOf }) {
    this.#toasts = toasts;
    this.#announcer = announcer;
    this.#open = open;
    this.#nameOf = nameOf;
    client.on('textRefused', ({ id, code, delta, text }) => {
      if (delta.some(({ insert }) => insert)) this.#keep(id, WHY[code] ?? `The server did not take it (${code}).`, text); // what was only taken away is there
    });
  }

  /** @param {string} card the open one; '' for none */
  show(card) {
    this.#card = card;
    this.#box.replaceChildren(...this.#drafts.get(card) ?? []);
  }

  /** @param {string} card @param {string} why @param {string} text */
  #keep(card, why, text) {
    const draft = this.#draft(card, why, text);
    this.#drafts.set(card, [draft, ...this.#drafts.get(card) ?? []].slice(0, KEPT));
    const told = `What you wrote in ${this.#nameOf(card)} was not saved`;
    if (card !== this.#card) { this.#toasts.show(told, { label: 'Show it', act: () => this.#open(card) }); return; }
    this.show(card);
    this.#announcer.warn(`${told}. It is below the notes, to be copied.`);
  }

  /** @param {string} card @param {string} why @param {string} text */
  #draft(card, why, text) {
    const field = el('textarea', { rows: 4, readonly: true, 'aria-label': 'Your text, not saved', 'data-testid': 'draft' });
    field.value = text;
    const copy = el('button', { type: 'button', class: 'primary', click: () => { this.#copy(field, copy); } }, 'Copy');
    const dismiss = el('button', { type: 'button', class: 'ghost', click: () => {
      this.#drafts.set(card, (this.#drafts.get(card) ?? []).filter(one => one !== draft));
      draft.remove();
      need('sheet').focus();
    } }, 'Dismiss');
    const draft = el('section', { class: 'draft', 'aria-label': 'Not saved' },
      el('p', {}, el('b', {}, 'Your text was not saved. '), why), field, el('div', { class: 'row' }, copy, dismiss));
    return draft;
  }

  /** @param {HTMLTextAreaElement} field @param {HTMLButtonElement} button */
  async #copy(field, button) {
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = 'Copied';
    } catch { // a page that was not loaded securely, or a visitor who said no: then the keyboard's own copy is one key away
      field.focus();
      field.select();
    }
  }
}

/** @param {import('./types.js').Entity | undefined} card */
export const named = card => card ? `“${titleOf(card)}”` : 'a card that is gone';

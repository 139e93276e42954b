// @ts-check
/** @import { Client, Entity, Other, SharedText } from './types.js' */
/** @import { Commands } from './commands.js' */
import { bindText } from '../client/bind-text.js';
import { TextCarets } from '../client/text-carets.js';
import { count } from './commands.js';
import { need, perFrame, setText } from './dom.js';
import { hueOf, listed, nameOf } from './people.js';

/** @type {Record<string, string>} */
const WORDS = { offline: 'offline, sent when you are back', saving: 'saving…', saved: 'saved' };

/** The notes of the open card, which all who have it open write at once: each sees the carets of the others. */
export class Notes {
  #field = /** @type {HTMLTextAreaElement} */ (need('sheet-notes'));
  #state = need('notes-state');
  #client; #commands;
  #card = '';
  /** @type {SharedText | undefined} */ #text;
  #release = () => {};
  /** @type {Set<string>} cards whose notes we have begun, until the server has decided who did */ #begun = new Set();

  /** @param {Client} client @param {Commands} commands */
  constructor(client, commands) {
    this.#client = client;
    this.#commands = commands;
    for (const news of /** @type {const} */ (['text', 'pending', 'state'])) client.on(news, this.#drawState);
  }

  /** @param {string} card '' for none */
  show(card) {
    this.#leave();
    this.#card = card;
  }

  /** @param {Entity} card the open one, as it is now */
  draw(card) {
    if (this.#text?.gone) this.#leave(); // and there may be others by now
    if (!this.#text) this.#open(card);
    this.#drawState();
  }

  /** @param {Other[]} others who have this card open too */
  drawWriters(others) {
    const names = others.filter(one => one.data.editing === 'notes').map(nameOf);
    setText(need('notes-who'), names.length ? `${listed(names)} ${names.length === 1 ? 'is' : 'are'} writing` : '');
  }

  /** A card that has none yet gets them now. @param {Entity} card */
  #open(card) {
    const { notes, description = '' } = card.data; // an earlier page had descriptions
    const begin = notes ?? description;
    if (!card.texts?.notes && typeof begin === 'string') this.#begin(card, begin);
    const undecided = this.#begun.has(card.id) && this.#client.state === 'connected'; // what is written before that may be for nothing
    const now = /** @type {Entity | undefined} */ (this.#client.store.get(card.id));
    if (undecided || !now?.texts?.notes) return;
    const text = this.#text = this.#client.text(card.id, 'notes');
    const carets = new NamedCarets(this.#client, text);
    this.#field.readOnly = false;
    const release = bindText(this.#field, text, { carets });
    this.#release = () => { release(); carets.close(); text.close(); };
  }

  /** Two may do so at once: the version that both name is the same, so that only the first begins them, and the other sees those. @param {Entity} card @param {string} text */
  #begin(card, text) {
    const known = this.#client.store.confirmed(card.id);
    if (!known || this.#begun.has(card.id) || this.#client.readonly) return;
    this.#begun.add(card.id);
    this.#commands.beginNotes(card, known.version, text).finally(() => {
      this.#begun.delete(card.id);
      const now = this.#client.store.get(card.id);
      if (this.#card === card.id && now) this.draw(/** @type {Entity} */ (now));
    });
  }

  #leave() {
    this.#release();
    this.#release = () => {};
    this.#text = undefined;
    this.#field.value = '';
    this.#field.readOnly = true;
  }

  #drawState = perFrame(() => {
    const { state } = this.#client;
    const text = this.#text;
    this.#state.dataset.state = !text ? 'none' : state !== 'connected' ? 'offline' : text.pending ? 'saving' : 'saved';
    if (!this.#card) return;
    if (!text) { setText(this.#state, this.#begun.has(this.#card) ? 'One moment…' : 'There are no notes.'); return; }
    const words = this.#client.readonly ? 'you may only read' : WORDS[this.#state.dataset.state];
    setText(this.#state, `${count([...text.value].length, 'character')} · ${words}`);
  });
}

/** Carets with the names and colours that people have elsewhere on the page. */
class NamedCarets extends TextCarets {
  #client;

  /** @param {Client} client @param {SharedText} text */
  constructor(client, text) {
    super(client, text);
    this.#client = client;
  }

  get all() {
    const names = new Map(this.#client.presence.others.map(one => [one.session, nameOf(one)]));
    return super.all.map(caret => {
      const name = names.get(caret.session) ?? caret.name;
      return { ...caret, name, colour: `var(--hue-${hueOf(name)})` };
    });
  }
}

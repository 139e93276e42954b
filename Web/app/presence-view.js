// @ts-check
/** @import { Client, Other } from './types.js' */
/** @import { Board } from './board.js' */
import { addressFor } from './address.js';
import { titleOf } from './board.js';
import { el, need, setText } from './dom.js';
import { avatar, friendlyName, nameOf } from './people.js';

const SHOWN = 5; // avatars; the rest is a number
const LISTED = 8; // people in words

/** Who is in the room: badges in the header, and in words what each of them is looking at. */
export class PresenceView {
  #avatars = need('avatars');
  #people = need('people');
  #alone = /** @type {HTMLAnchorElement} */ (need('alone-link'));
  #client; #board; #myName;
  #drawn = '';

  /** @param {Client} client @param {Board} board @param {() => string} myName */
  constructor(client, board, myName) {
    this.#client = client;
    this.#board = board;
    this.#myName = myName;
    this.#alone.href = addressFor(friendlyName()); // under another name: two windows of one person look like one
  }

  /** @returns {Map<string, Other[]>} who has which card open */
  get viewers() {
    /** @type {Map<string, Other[]>} */ const viewers = new Map();
    for (const other of this.#client.presence.others) {
      const card = other.data.card;
      if (typeof card === 'string') viewers.set(card, [...viewers.get(card) ?? [], other]);
    }
    return viewers;
  }

  draw() {
    const others = [...this.#client.presence.others];
    const me = this.#myName();
    const rows = others.slice(0, LISTED).map(other => ({ name: nameOf(other), doing: this.#doing(other) }));
    need('alone').hidden = others.length > 0 || this.#client.state !== 'connected';

    const drawn = JSON.stringify([me, others.length, rows]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;

    const badges = [avatar(me, `${me} (you)`), ...others.slice(0, SHOWN - 1).map(other => avatar(nameOf(other)))];
    badges[0].classList.add('me');
    if (others.length > SHOWN - 1) badges.push(el('span', { class: 'avatar rest' }, `+${others.length - SHOWN + 1}`));
    this.#avatars.replaceChildren(...badges);
    this.#avatars.setAttribute('aria-label', `${others.length + 1} in this room`);

    setText(need('people-count'), String(others.length + 1));
    this.#people.replaceChildren(
      el('li', {}, avatar(me), el('span', {}, el('b', {}, me), ' (you)')),
      ...rows.map(({ name, doing }) => el('li', {}, avatar(name), el('span', {}, el('b', {}, name), doing))));
    if (others.length > LISTED) this.#people.append(el('li', {}, `and ${others.length - LISTED} more`));
  }

  /** @param {Other} other */
  #doing(other) {
    const card = typeof other.data.card === 'string' ? this.#board.card(other.data.card) : undefined;
    if (card) return ` ${other.data.editing ? 'is editing' : 'is looking at'} “${titleOf(card)}”`;
    return other.data.away ? ' is away' : ' is here';
  }
}

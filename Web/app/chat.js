// @ts-check
/** @import { Client, Entity } from './types.js' */
/** @import { Commands } from './commands.js' */
import { count } from './commands.js';
import { arrange, el, need, setText } from './dom.js';
import { avatar } from './people.js';
import { clock } from './time.js';

const SHOWN = 200; // messages kept on the screen

/** The room's talk. A message is an entity like a card, so it waits for the line like one, and is there after a reload. */
export class Chat {
  #log = need('chat-log');
  #news = need('chat-news');
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  #unseen = 0;
  #waiting = false; // a message is not saved yet; the end of that changes nothing else about it
  #client; #myName;

  /** @param {Client} client @param {Commands} commands @param {() => string} myName */
  constructor(client, commands, myName) {
    this.#client = client;
    this.#myName = myName;
    const input = /** @type {HTMLInputElement} */ (need('chat-input'));
    need('chat-form').addEventListener('submit', event => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = '';
      commands.say(text, myName());
    });
    this.#news.addEventListener('click', () => this.#toEnd());
    this.#log.addEventListener('scroll', () => { if (this.#atEnd) this.#seen(); });
  }

  /** @param {string[] | null} ids what changed; null draws everything */
  draw(ids) {
    if (ids && !this.#waiting && !ids.some(id => this.#client.store.get(id)?.kind === 'message' || this.#rows.has(id))) return;
    this.#waiting = false;
    const follow = this.#atEnd;
    const before = this.#rows.size;
    const messages = [...this.#client.store.list('message')].sort(byTime).slice(-SHOWN);
    const rows = messages.map(message => this.#row(message));
    const shown = new Set(messages.map(message => message.id));
    for (const [id, row] of this.#rows) if (!shown.has(id)) { row.remove(); this.#rows.delete(id); }
    arrange(this.#log, rows);
    need('chat-empty').hidden = rows.length > 0;

    const own = messages.at(-1)?.data.name === this.#myName();
    if (follow || own && this.#rows.size > before) this.#toEnd();
    else if (this.#rows.size > before) {
      this.#unseen += this.#rows.size - before;
      setText(this.#news, `${count(this.#unseen, 'new message')} ↓`);
      this.#news.hidden = false;
    }
  }

  /** @param {Entity} message */
  #row(message) {
    const { text, name, at } = message.data;
    const author = String(name ?? 'Somebody');
    let row = this.#rows.get(message.id);
    if (!row) {
      row = el('div', { class: 'entry' }, avatar(author), el('div', {},
        el('p', { class: 'said-by' }, el('b', {}, author), ' ', el('time', {}, clock(at))),
        el('p', { class: 'said' }, String(text ?? ''))));
      row.classList.toggle('own', author === this.#myName());
      this.#rows.set(message.id, row);
    }
    const pending = this.#client.store.isPending(message.id);
    row.classList.toggle('pending', pending);
    this.#waiting ||= pending;
    return row;
  }

  get #atEnd() { return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 24; }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#seen();
  }

  #seen() {
    this.#unseen = 0;
    this.#news.hidden = true;
  }
}

/** In the order the server took them; what it has not taken yet comes last. @param {Entity} a @param {Entity} b */
const byTime = (a, b) => (a.version || Number.MAX_SAFE_INTEGER) - (b.version || Number.MAX_SAFE_INTEGER) || (a.id < b.id ? -1 : 1);

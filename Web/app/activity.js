// @ts-check
/** @import { Client, Happened } from './types.js' */
/** @import { Sentences } from './sentences.js' */
/** @import { Router } from './router.js' */
import { el, need, setText } from './dom.js';
import { avatar } from './people.js';
import { fragment } from './router.js';
import { clock } from './time.js';

const LOOK_BACK = 200; // events asked for on joining
const KEPT = 200; // rows
const WRITING_MS = 300_000; // writing that goes on is told once in this time

/** Who did what, newest first: the events themselves, after the last ones from before we came. */
export class Activity {
  #list = need('activity');
  #client; #sentences; #router;
  #newest = 0; // seq of the newest event that was told
  /** @type {Happened[] | null} */ #held = null; // what happens while the history is asked for
  /** @type {{ key: string, times: number, count: HTMLElement } | null} */ #top = null;

  /** By who and where: what is told of their writing. @type {Map<string, { until: number, time: HTMLTimeElement }>} */ #writing = new Map();

  /** @param {Client} client @param {Sentences} sentences @param {Router} router */
  constructor(client, sentences, router) {
    this.#client = client;
    this.#sentences = sentences;
    this.#router = router;
    client.on('snapshot', ({ seq }) => { this.#startAnew(seq); });
    this.#list.addEventListener('click', event => {
      const card = /** @type {Element} */ (event.target).closest('a')?.dataset.card;
      if (!card) return;
      event.preventDefault(); // the router remembers that Back closes the card
      this.#router.open(card);
    });
  }

  /** @param {Happened} event */
  add(event) {
    if (this.#held) this.#held.push(event);
    else this.#tell(event);
  }

  /** @param {Happened} event */
  #tell(event) {
    if (event.seq <= this.#newest) return; // told already, by the history
    this.#newest = event.seq;
    const told = this.#sentences.of(event);
    if (!told) return;
    const who = event.own ? 'You' : event.by;
    const key = `${event.session} ${told.words}`;
    const time = el('time', { datetime: event.at }, clock(event.at));
    if (event.type === 'update' && event.edit && this.#goesOn(key, event.at, time)) return;
    if (this.#top?.key === key) { setText(this.#top.count, ` ×${++this.#top.times}`); return; }
    const count = el('span', { class: 'times' });
    const words = told.about && this.#client.store.get(told.about)?.kind === 'card'
      ? el('a', { href: fragment(told.about), 'data-card': told.about }, told.words) : told.words;
    this.#list.prepend(el('li', { class: 'entry' }, avatar(event.by), el('div', {},
      el('p', {}, el('b', {}, who), ' ', words, count), time)));
    this.#top = { key, times: 1, count };
    while (this.#list.children.length > KEPT) this.#list.lastElementChild?.remove();
  }

  /** One row for many letters: its time is that of the last one. @param {string} key @param {string} at @param {HTMLTimeElement} time */
  #goesOn(key, at, time) {
    const row = this.#writing.get(key);
    if (!row || Date.parse(at) > row.until) { this.#writing.set(key, { until: Date.parse(at) + WRITING_MS, time }); return false; }
    row.time.dateTime = at;
    setText(row.time, clock(at));
    return true;
  }

  /**
   * A snapshot leaves a gap, so the feed starts anew: first what the history says, then what came meanwhile.
   * @param {number} seq of the snapshot
   */
  async #startAnew(seq) {
    /** @type {Happened[]} */ const held = this.#held = [];
    const past = seq > 0 ? await this.#lookBack(seq) : [];
    if (this.#held !== held) return; // another snapshot came
    this.#held = null;
    this.#list.replaceChildren();
    this.#top = null;
    this.#writing.clear();
    this.#newest = 0;
    for (const event of [...past, ...held]) this.#tell(event);
  }

  /** @param {number} to @returns {Promise<Happened[]>} */
  async #lookBack(to) {
    try {
      await this.#client.ready(); // the snapshot is told a moment before questions can be asked
      /** @type {Happened[]} */ const past = [];
      for await (const event of this.#client.history({ from: Math.max(1, to - LOOK_BACK + 1), to }))
        past.push({ ...event, own: event.session === this.#client.session });
      return past;
    } catch {
      return []; // kept no longer, or offline again: the feed begins with what happens now
    }
  }
}

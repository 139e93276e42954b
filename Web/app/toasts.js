// @ts-check
import { el, need } from './dom.js';

const STAY_MS = 10_000;
const AT_ONCE = 3;

/** Short notes in the corner, three at most. Each stays ten seconds, longer while the pointer or the focus is on it. */
export class Toasts {
  #corner = need('toasts');
  /** @type {import('./announcer.js').Announcer} */ #announcer;

  /** @param {import('./announcer.js').Announcer} announcer */
  constructor(announcer) { this.#announcer = announcer; }

  /** @param {string} words @param {{ label: string, act: () => void }} [offer] */
  show(words, offer) {
    const toast = el('div', { class: 'toast' }, el('span', {}, words));
    const leave = () => toast.remove();
    let timer = setTimeout(leave, STAY_MS);
    const hold = () => clearTimeout(timer);
    const go = () => { clearTimeout(timer); timer = setTimeout(leave, STAY_MS); };
    toast.addEventListener('pointerenter', hold);
    toast.addEventListener('focusin', hold);
    toast.addEventListener('pointerleave', go);
    toast.addEventListener('focusout', go);
    if (offer) toast.append(el('button', { type: 'button', class: 'link', click: () => { leave(); offer.act(); } }, offer.label));
    toast.append(el('button', { type: 'button', class: 'plain', 'aria-label': 'Dismiss', click: leave }, '×'));
    this.#corner.append(toast);
    while (this.#corner.children.length > AT_ONCE) this.#corner.firstElementChild?.remove();
    this.#announcer.say(words + (offer ? `. ${offer.label} is in the notes at the end of the page.` : ''));
  }

  /** A change that did not happen. @param {string} words */
  fail(words) {
    this.show(words);
    this.#announcer.warn(words);
  }
}

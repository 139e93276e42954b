// @ts-check
import { el, icon } from './dom.js';

/** One entry of a menu; null draws a line. @typedef {{ label: string, act: () => void, off?: boolean } | null} Entry */

/** The three dots that open a menu. @param {string} act what the board is asked to do */
export const menuButton = act =>
  el('button', { type: 'button', class: 'plain more', 'data-act': act, 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, icon('dots'));

/**
 * The page's one pop-up menu. The platform's popover closes it on Escape or a click elsewhere; the arrow keys are ours.
 */
export class Menu {
  #box = el('div', { class: 'menu', popover: 'auto', role: 'menu' });
  /** @type {HTMLElement | null} */ #opener = null;

  constructor() {
    document.body.append(this.#box);
    this.#box.addEventListener('keydown', event => this.#keyed(event));
    this.#box.addEventListener('toggle', event => {
      if (/** @type {ToggleEvent} */ (event).newState === 'closed') this.#opener?.setAttribute('aria-expanded', 'false');
    });
  }

  /** @param {HTMLElement} opener @param {string} label @param {Entry[]} entries */
  open(opener, label, entries) {
    this.#opener = opener;
    this.#box.setAttribute('aria-label', label);
    this.#box.replaceChildren(...entries.map(entry => entry
      ? el('button', { type: 'button', role: 'menuitem', tabindex: -1, disabled: entry.off, click: () => this.#choose(entry) }, entry.label)
      : el('hr')));
    this.#box.showPopover();
    opener.setAttribute('aria-expanded', 'true');
    this.#placeAt(opener.getBoundingClientRect());
    this.#items[0]?.focus();
  }

  get #items() { return /** @type {HTMLElement[]} */ ([...this.#box.querySelectorAll('button:enabled')]); }

  /** @param {NonNullable<Entry>} entry */
  #choose(entry) {
    this.#close();
    entry.act();
  }

  #close() {
    this.#box.hidePopover();
    this.#opener?.focus();
  }

  /** Below the opener, or above it where there is no room; never outside the window. @param {DOMRect} at */
  #placeAt(at) {
    const { offsetWidth: width, offsetHeight: height } = this.#box;
    const below = at.bottom + 4;
    const top = below + height < innerHeight ? below : Math.max(8, at.top - height - 4);
    this.#box.style.top = `${top}px`;
    this.#box.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    event.stopPropagation();
    const items = this.#items;
    const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = {
      ArrowDown: (here + 1) % items.length, ArrowUp: (here - 1 + items.length) % items.length, Home: 0, End: items.length - 1,
    }[event.key];
    if (next !== undefined) { event.preventDefault(); items[next].focus(); }
    if (event.key === 'Tab' || event.key === 'Escape') { event.preventDefault(); this.#close(); }
  }
}

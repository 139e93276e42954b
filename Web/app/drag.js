// @ts-check
/** @import { Board } from './board.js' */
/** @import { Commands } from './commands.js' */
/** @import { Toasts } from './toasts.js' */
import { el, need } from './dom.js';

const THRESHOLD = 6; // pixels before a press becomes a drag, so that a click with a trembling hand stays a click
const EDGE = 48; // pixels from the board's edges where dragging scrolls

/** @typedef {{ id: string, ghost: HTMLElement, node: HTMLElement, dx: number, dy: number }} Held what hangs on the pointer */

/**
 * Moves cards with mouse or pen (a finger scrolls, and has the menu). The card itself stays where it is until it is dropped, so the
 * board goes on showing what others do; where it is dropped is computed from the order of that moment.
 */
export class Drag {
  #root = need('lists');
  #line = el('div', { class: 'drop-line', hidden: true });
  #board; #commands; #toasts;
  /** @type {Held | null} */ #held = null;

  /** @param {Board} board @param {Commands} commands @param {Toasts} toasts */
  constructor(board, commands, toasts) {
    this.#board = board;
    this.#commands = commands;
    this.#toasts = toasts;
    document.body.append(this.#line);
    this.#root.addEventListener('pointerdown', event => this.#pressed(event));
  }

  /** @param {PointerEvent} down */
  #pressed(down) {
    const target = /** @type {Element} */ (down.target);
    const node = /** @type {HTMLElement | null} */ (target.closest('.card'));
    if (down.button !== 0 || down.pointerType === 'touch' || !node || target.closest('input, textarea, .more, .vote')) return;

    const done = new AbortController();
    const end = (/** @type {boolean} */ drop, /** @type {PointerEvent | null} */ event) => {
      done.abort();
      if (!this.#held) return;
      // The click that follows a drag is no wish to open the card.
      const swallow = (/** @type {Event} */ click) => { click.stopPropagation(); click.preventDefault(); };
      addEventListener('click', swallow, { capture: true, once: true, signal: AbortSignal.timeout(50) });
      this.#letGo(drop ? event : null);
    };
    const options = { signal: done.signal };
    addEventListener('pointermove', event => {
      if (!this.#held && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) >= THRESHOLD) this.#lift(node, down);
      if (this.#held) this.#follow(event, () => end(false, null));
    }, options);
    addEventListener('pointerup', event => end(true, event), options);
    addEventListener('pointercancel', () => end(false, null), options);
    addEventListener('blur', () => end(false, null), options);
    addEventListener('keydown', event => { if (event.key === 'Escape') end(false, null); }, options);
  }

  /** @param {HTMLElement} node @param {PointerEvent} at */
  #lift(node, at) {
    const box = node.getBoundingClientRect();
    const ghost = /** @type {HTMLElement} */ (node.cloneNode(true));
    ghost.classList.add('ghost-card');
    ghost.removeAttribute('data-testid');
    ghost.setAttribute('aria-hidden', 'true');
    ghost.style.width = `${box.width}px`;
    document.body.append(ghost);
    document.body.classList.add('dragging');
    node.classList.add('lifted');
    getSelection()?.removeAllRanges();
    this.#held = { id: node.dataset.id ?? '', ghost, node, dx: at.clientX - box.left, dy: at.clientY - box.top };
  }

  /** @param {PointerEvent} at @param {() => void} cancel */
  #follow(at, cancel) {
    const held = /** @type {Held} */ (this.#held);
    if (!this.#board.card(held.id)) { cancel(); this.#toasts.show('Somebody deleted the card you were moving.'); return; }
    held.ghost.style.transform = `translate(${at.clientX - held.dx}px, ${at.clientY - held.dy}px) rotate(2deg)`;
    const place = this.#placeAt(at.clientX, at.clientY);
    this.#line.hidden = !place;
    if (place) {
      const box = place.cards.getBoundingClientRect();
      const next = place.others[place.index]?.getBoundingClientRect();
      const last = place.others.at(-1)?.getBoundingClientRect();
      const y = next ? next.top - 5 : last ? last.bottom + 3 : box.top + 2;
      this.#line.style.transform = `translate(${box.left + 8}px, ${Math.min(y, box.bottom)}px)`;
      this.#line.style.width = `${box.width - 16}px`;
      scrollNear(place.cards, 0, at.clientY - box.top, box.height);
    }
    const board = this.#root.getBoundingClientRect();
    scrollNear(this.#root, at.clientX - board.left, EDGE, board.height, board.width);
  }

  /** The list under the pointer, and the place among its other cards. @param {number} x @param {number} y */
  #placeAt(x, y) {
    const list = document.elementsFromPoint(x, y).map(node => node.closest('.list')).find(Boolean);
    const cards = list?.querySelector('.cards');
    const id = list?.getAttribute('data-id');
    if (!cards || !id) return null;
    const others = [...cards.children].filter(node => node !== this.#held?.node);
    const index = others.findIndex(node => { const box = node.getBoundingClientRect(); return y < box.top + box.height / 2; });
    return { id, cards, others, index: index < 0 ? others.length : index };
  }

  /** @param {PointerEvent | null} at where it is dropped; null puts it back */
  #letGo(at) {
    const held = /** @type {Held} */ (this.#held);
    const place = at && this.#placeAt(at.clientX, at.clientY);
    const card = this.#board.card(held.id);
    this.#held = null;
    this.#line.hidden = true;
    held.ghost.remove();
    held.node.classList.remove('lifted');
    document.body.classList.remove('dragging');
    if (!place) return;
    if (card) this.#commands.moveCard(card, place.id, place.index);
    else this.#toasts.show('Somebody deleted the card you were moving.');
  }
}

/**
 * Scrolls a box whose edge the pointer is near: down and up, or sideways where a width is given.
 * @param {Element} box @param {number} x @param {number} y @param {number} height @param {number} [width]
 */
function scrollNear(box, x, y, height, width) {
  const step = (/** @type {number} */ at, /** @type {number} */ size) => at < EDGE ? -12 : at > size - EDGE ? 12 : 0;
  box.scrollBy(width ? step(x, width) : 0, width ? 0 : step(y, height));
}

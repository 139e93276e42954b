// @ts-check
/**
 * The fragment is the only view state: `#/board`, or `#/board/c/<card>` with a card open. Opening a card is a step in the browser's
 * history, so Back closes it and a reload opens it again.
 */
export class Router {
  /** @type {(card: string | null) => void} */ #show;

  /** @param {(card: string | null) => void} show */
  constructor(show) {
    this.#show = show;
    addEventListener('hashchange', () => this.#show(this.card));
  }

  get card() {
    const found = /^#\/board\/c\/([^/?]+)/.exec(location.hash);
    try { return found && decodeURIComponent(found[1]); } catch { return null; } // a fragment that somebody mistyped
  }

  start() {
    if (!location.hash) history.replaceState(null, '', '#/board');
    this.#show(this.card);
  }

  /** @param {string} card */
  open(card) {
    if (this.card === card) return;
    if (this.card) history.replaceState(history.state, '', fragment(card)); // from card to card: Back still closes
    else history.pushState({ opened: true }, '', fragment(card));
    this.#show(card);
  }

  close() {
    if (!this.card) return;
    if (history.state?.opened) { history.back(); return; } // else the visitor came straight here: Back would leave the page
    history.replaceState(null, '', '#/board');
    this.#show(null);
  }
}

/** @param {string} card */
export const fragment = card => `#/board/c/${encodeURIComponent(card)}`;

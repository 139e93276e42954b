// @ts-check
import { need } from './dom.js';

/** On a narrow screen the board, the chat and the feed take turns; on a wide one the style sheet shows all of them. */
export function tabs() {
  const bar = need('tabs');
  bar.addEventListener('click', event => {
    const tab = /** @type {Element} */ (event.target).closest('button')?.dataset.tab;
    if (!tab) return;
    document.body.dataset.tab = tab;
    for (const button of bar.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset.tab === tab));
  });
}

// @ts-check
import { el, icon } from './dom.js';

/**
 * A button that becomes a form with one field. The form stays open after each use, for what is added rarely comes alone, and goes
 * when the focus leaves it empty.
 * @param {{ what: string, testid: string, inputTestid: string, placeholder: string, add: (title: string) => void }} how
 *   `what` as in "a card"
 */
export function composer({ what, testid, inputTestid, placeholder, add }) {
  const input = el('input', {
    'data-testid': inputTestid, 'aria-label': `Title of ${what} to add`, placeholder, maxlength: 200, autocomplete: 'off',
  });
  const open = el('button', { type: 'button', class: 'add', 'data-testid': testid }, icon('plus'), `Add ${what}`);
  const form = el('form', { class: 'new-card', hidden: true }, input, el('div', { class: 'row' },
    el('button', { class: 'primary' }, 'Add'),
    el('button', { type: 'button', class: 'ghost', click: () => close(true) }, 'Close')));

  const close = (/** @type {boolean} */ refocus) => {
    form.hidden = true;
    open.hidden = false;
    if (refocus) open.focus();
  };
  open.addEventListener('click', () => {
    form.hidden = false;
    open.hidden = true;
    input.focus();
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    const title = input.value.trim();
    if (!title) return;
    input.value = '';
    input.dispatchEvent(new Event('input')); // whoever watches what is typed
    add(title);
  });
  form.addEventListener('keydown', event => {
    event.stopPropagation(); // the board's own keys do not apply here
    if (event.key === 'Escape') close(true);
  });
  form.addEventListener('focusout', event => {
    const next = /** @type {Node | null} */ (event.relatedTarget);
    if (!input.value && !form.contains(next)) close(false);
  });
  return { input, form, open };
}

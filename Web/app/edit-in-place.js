// @ts-check
import { el } from './dom.js';

/**
 * Turns a title into an input until Enter, blur or Escape. The title behind it may change meanwhile; what is being typed stays.
 * @param {HTMLElement} shown what the input stands in for
 * @param {{ value: string, label: string, testid?: string, save: (value: string) => void,
 *   started?: (input: HTMLInputElement) => Node | undefined }} how
 *   `started` may return something to show below the input
 */
export function editInPlace(shown, { value, label, testid, save, started }) {
  const input = el('input', { class: 'in-place', 'aria-label': label, maxlength: 200, 'data-testid': testid, autocomplete: 'off' });
  input.value = value;
  const below = started?.(input);
  const box = el('div', { class: 'in-place-box' }, input);
  if (below) box.append(below);

  let over = false; // removing a focused input blurs it: the second end counts for nothing
  const end = (/** @type {boolean} */ keep, /** @type {boolean} */ refocus) => {
    if (over) return;
    over = true;
    const typed = input.value.trim();
    box.remove();
    shown.hidden = false;
    if (refocus) shown.focus();
    if (keep && typed && typed !== value) save(typed);
  };
  input.addEventListener('blur', () => end(true, false));
  input.addEventListener('keydown', event => {
    event.stopPropagation(); // the board's own keys do not apply here
    if (event.key !== 'Escape' && (event.key !== 'Enter' || event.isComposing)) return;
    event.preventDefault(); // else Enter would press the button that gets the focus
    end(event.key === 'Enter', true);
  });
  shown.hidden = true;
  shown.after(box);
  input.focus();
  input.select();
}

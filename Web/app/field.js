// @ts-check
import { afterPause, el, setText } from './dom.js';

const PAUSE_MS = 800;

/**
 * Ties a text field to a value that others change too. What is typed is saved on a pause and on blur. A field that somebody
 * types in is never overwritten: the other text is offered below it.
 * @param {HTMLInputElement | HTMLTextAreaElement} field @param {(value: string) => void} save
 */
export function sharedField(field, save) {
  let known = ''; // what the store has, as far as this field was told
  let typed = false; // since the field got the focus
  let offered = '';
  const words = el('span');
  const offer = el('p', { class: 'offer', hidden: true }, words,
    el('button', { type: 'button', class: 'link', click: () => start(offered) }, 'Use theirs'),
    el('button', { type: 'button', class: 'link', click: () => { withdraw(); keep(); } }, 'Keep mine'));
  const withdraw = () => { offer.hidden = true; };
  const keep = () => { if (field.value !== known) save(known = field.value); };
  const write = afterPause(() => { withdraw(); keep(); }, PAUSE_MS);

  field.addEventListener('input', () => { typed = true; write.ask(); });
  field.addEventListener('change', write.now); // Enter
  field.addEventListener('blur', () => { write.now(); typed = false; if (offer.hidden) field.value = known; });

  /** Shows a value to which nothing that was typed belongs. @param {string} value */
  function start(value) {
    write.drop();
    withdraw();
    typed = false;
    field.value = known = value;
  }

  return {
    offer,
    start,
    /** Saves what waits, before the field is shown elsewhere. */
    finish() { write.now(); typed = false; withdraw(); },
    /** The stored value now. @param {string} value @param {string | undefined} by */
    refresh(value, by) {
      if (value === known) return;
      known = value;
      if (value === field.value) { withdraw(); return; }
      if (!typed || document.activeElement !== field) { field.value = value; return; }
      offered = value;
      const short = value.length > 80 ? `${value.slice(0, 80)}…` : value;
      setText(words, by ? `${by} changed this to “${short}” ` : `This is “${short}” now `); // by several, or set back by a refusal
      offer.hidden = false;
    },
  };
}

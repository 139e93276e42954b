// @ts-check
import { need } from './dom.js';
import { friendlyName } from './people.js';
import { recall, remember } from './local.js';

const NAME_MAX = 64; // as the wire has it

/**
 * The visitor's own name. One given in the address is for this window only, so that a second window can be somebody else.
 * @param {string | null} asked @param {(name: string) => void} changed
 */
export function me(asked, changed) {
  let name = asked || recall('name') || friendlyName();
  if (!asked) remember('name', name);
  const input = /** @type {HTMLInputElement} */ (need('me'));
  input.value = name;
  input.maxLength = NAME_MAX;
  const keep = () => {
    const typed = input.value.trim();
    input.value = typed || name;
    if (!typed || typed === name) return;
    name = typed;
    if (asked) showInAddress(name); else remember('name', name);
    changed(name);
  };
  input.addEventListener('change', keep);
  input.addEventListener('keydown', event => {
    if (event.key === 'Escape') input.value = name;
    if (event.key === 'Enter' || event.key === 'Escape') input.blur();
  });
  return { get name() { return name; } };
}

/** So that a reload keeps it. @param {string} name */
function showInAddress(name) {
  const url = new URL(location.href);
  url.searchParams.set('name', name);
  history.replaceState(history.state, '', url);
}

// @ts-check
import { el } from './dom.js';

const TEMPERS = ['Brave', 'Calm', 'Clever', 'Gentle', 'Happy', 'Kind', 'Lucky', 'Merry', 'Nimble', 'Quiet', 'Swift', 'Witty'];
const ANIMALS = ['Badger', 'Beaver', 'Dolphin', 'Falcon', 'Fox', 'Heron', 'Koala', 'Lynx', 'Otter', 'Panda', 'Robin', 'Wombat'];
const HUES = 8; // base.css has one colour for each, in both themes

/** A name for somebody who has not told us one. */
export function friendlyName() {
  const pick = (/** @type {string[]} */ from) => from[Math.floor(Math.random() * from.length)];
  return `${pick(TEMPERS)} ${pick(ANIMALS)}`;
}

/** The same person has the same colour on every page. @param {string} name */
export function hueOf(name) {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return ((hash ^ hash >>> 7) >>> 0) % HUES;
}

/** First letters of the first and the last word. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const first = (/** @type {string | undefined} */ word) => [...word ?? ''][0] ?? '';
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : '')).toUpperCase() || '?';
}

/** A round badge with initials: the colour is never the only sign. @param {string} name @param {string} [title] */
export function avatar(name, title = name) {
  return el('span', { class: `avatar hue-${hueOf(name)}`, role: 'img', 'aria-label': title, title }, initials(name));
}

/** What somebody in the room is called now: their connection has the name they came with. @param {import('./types.js').Other} other */
export const nameOf = other => String(other.data?.name || other.user?.name || 'Somebody');

/** @param {string[]} names */
export const listed = names => names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

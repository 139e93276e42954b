// @ts-check
/** @import { Item, Question } from './types.js' */
/** @import { Emitter } from './emitter.js' */
/** @import { Store } from './store.js' */
import { matches, orderOf } from './query-match.js';

/**
 * Keeps a query's answer current, from what is here: no question goes to the server. Calls back at once, and again when the answer is another, at most
 * once for each gathered change.
 * @param {Store} store @param {Emitter} emitter
 * @param {Question} question @param {(items: Item[]) => void} fn
 * @returns {() => void} ends it
 */
export function live(store, emitter, question, fn) {
  const order = orderOf(question.sort);
  /** @type {Item[] | undefined} */
  let told;
  let isOver = false;
  const look = () => {
    if (isOver) return;
    const items = store.list(question.kind).filter(item => matches(item, question)).sort(order).slice(0, question.limit);
    if (told?.length === items.length && items.every((item, i) => item === /** @type {Item[]} */ (told)[i])) return;
    told = items;
    fn([...items]);
  };
  const off = emitter.on('change', look);
  const end = () => { isOver = true; off(); };
  try {
    look();
  } catch (error) {
    emitter.report(error);
  }
  return end;
}

// @ts-check
/** @import { Delta } from '../../../Web/client/types.js' */

// U+1F600 and U+1F601 share their high half, so a careless change can make one of the other.
const SIGNS = ['a', 'a', 'b', '漢', '\n', '"', '\u{1F600}', '\u{1F601}', '\u{1D11E}'];

/** @param {() => number} random @param {number} count */
export const below = (random, count) => Math.floor(random() * count);

/** A well-formed text. @param {() => number} random @param {number} most signs */
export const anyText = (random, most) => Array.from({ length: below(random, most + 1) }, () => SIGNS[below(random, SIGNS.length)]).join('');

/** A delta in normal form for `text` that splits no pair. @param {() => number} random @param {string} text @returns {Delta} */
export function anyDelta(random, text) {
  const signs = [...text];
  /** @type {Delta} */ const op = [];
  /** Units of the next few signs, which are gone then. @param {number} count */
  const take = count => signs.splice(0, count).join('').length;
  while (below(random, 4) > 0) {
    const retained = take(below(random, 4));
    if (retained > 0) op.push({ retain: retained });
    else if (op.length > 0) break; // the part before stands directly before this place
    const inserted = anyText(random, 3);
    const deleted = below(random, 2) === 0 ? take(1 + below(random, 3)) : 0;
    if (inserted) op.push({ insert: inserted });
    if (deleted) op.push({ delete: deleted });
    if (!inserted && !deleted) break;
  }
  if (op.at(-1)?.retain) op.pop();
  return op;
}

/** What is said of the normal form, without the code that makes it. @param {Delta} op */
export function isNormal(op) {
  const kinds = op.map(part => Object.keys(part).join());
  return op.every(part => part.insert !== '' && (part.retain ?? 1) > 0 && (part.delete ?? 1) > 0)
    && kinds.every((kind, i) => kind !== kinds[i - 1] && !(kind === 'insert' && kinds[i - 1] === 'delete'))
    && kinds.at(-1) !== 'retain';
}

// @ts-check
// Makes Tests/Golden/text.json, from which both languages learn that they agree: node Tests/Web/text-vectors.js > Tests/Golden/text.json
// The file is frozen: what is made here anew must be the same, or deltas on disk would read otherwise. What matters most stands here by hand, with what
// must come out; the rest is made from seeds.
import assert from 'node:assert/strict';
import { apply, between, compose, invert, refusal, splitsPair, transform, transformPosition } from '../../Web/client/delta.js';
import { textHash } from '../../Web/client/text-hash.js';
import { anyDelta, anyText, below } from './support/any-text.js';
import { seeded } from './support/seeded.js';

const [GRIN, BEAM] = ['\u{1F600}', '\u{1F601}']; // they share their high half
const RANDOM = 50; // cases of each function

/** @type {any} */
const byHand = {
  apply: [
    { text: '', op: [], after: '' },
    { text: 'abc', op: [{ retain: 1 }, { insert: 'X' }, { delete: 1 }], after: 'aXc' },
    { text: 'abc', op: [{ retain: 3 }, { insert: 'd' }], after: 'abcd' },
    { text: `${GRIN}!`, op: [{ insert: BEAM }, { delete: 2 }], after: `${BEAM}!` },
  ],
  compose: [
    { a: [], b: [], is: [] },
    { a: [{ insert: 'ab' }], b: [{ retain: 2 }, { insert: 'c' }], is: [{ insert: 'abc' }] },
    { a: [{ insert: 'ab' }], b: [{ delete: 2 }], is: [] },
    { a: [{ insert: 'abc' }], b: [{ retain: 1 }, { delete: 1 }], is: [{ insert: 'ac' }] },
    { a: [{ delete: 2 }], b: [{ insert: 'x' }], is: [{ insert: 'x' }, { delete: 2 }] },
    { a: [{ delete: 1 }], b: [{ retain: 2 }, { delete: 1 }], is: [{ delete: 1 }, { retain: 2 }, { delete: 1 }] },
    { a: [{ delete: 1 }], b: [{ delete: 1 }], is: [{ delete: 2 }] },
    { a: [{ insert: 'a' }], b: [{ retain: 1 }, { delete: 1 }], is: [{ insert: 'a' }, { delete: 1 }] },
  ],
  transform: [
    { x: [{ insert: 'B' }], y: [{ insert: 'A' }], left: [{ insert: 'B' }], right: [{ retain: 1 }, { insert: 'B' }] },
    { x: [{ delete: 2 }], y: [{ retain: 1 }, { insert: 'A' }], left: [{ delete: 1 }, { retain: 1 }, { delete: 1 }], right: [{ delete: 1 }, { retain: 1 }, { delete: 1 }] },
    { x: [{ delete: 2 }], y: [{ delete: 3 }], left: [], right: [] },
    { x: [{ retain: 1 }, { insert: 'x' }], y: [{ delete: 2 }], left: [{ insert: 'x' }], right: [{ insert: 'x' }] },
    { x: [{ insert: 'x' }, { delete: 1 }], y: [{ insert: 'y' }, { delete: 1 }], left: [{ insert: 'x' }], right: [{ retain: 1 }, { insert: 'x' }] },
    // One by one gives 漢 before aa, over the composition after it: nobody may transform over composed history while others do not.
    { x: [{ retain: 1 }, { insert: '漢' }], y: [{ delete: 1 }], left: [{ insert: '漢' }], right: [{ insert: '漢' }] },
    { x: [{ insert: '漢' }], y: [{ insert: 'aa' }], left: [{ insert: '漢' }], right: [{ retain: 2 }, { insert: '漢' }] },
    { x: [{ retain: 1 }, { insert: '漢' }], y: [{ insert: 'aa' }, { delete: 1 }], left: [{ retain: 2 }, { insert: '漢' }], right: [{ retain: 2 }, { insert: '漢' }] },
  ],
  invert: [
    { text: 'abc', op: [{ retain: 1 }, { insert: 'X' }, { delete: 2 }], is: [{ retain: 1 }, { insert: 'bc' }, { delete: 1 }] },
    { text: `a${GRIN}`, op: [{ retain: 1 }, { delete: 2 }], is: [{ retain: 1 }, { insert: GRIN }] },
  ],
  position: [
    { op: [{ retain: 2 }, { insert: 'xy' }], at: 1, before: 1, after: 1 },
    { op: [{ retain: 2 }, { insert: 'xy' }], at: 2, before: 2, after: 4 },
    { op: [{ retain: 2 }, { insert: 'xy' }], at: 3, before: 5, after: 5 },
    { op: [{ retain: 2 }, { delete: 3 }], at: 4, before: 2, after: 2 },
    { op: [{ retain: 2 }, { delete: 3 }], at: 6, before: 3, after: 3 },
    { op: [{ insert: 'xy' }, { delete: 3 }], at: 2, before: 2, after: 2 },
  ],
  between: [
    { before: 'abc', after: 'abc', is: [] },
    { before: 'aaa', after: 'aa', is: [{ retain: 2 }, { delete: 1 }] },
    { before: GRIN, after: BEAM, is: [{ insert: BEAM }, { delete: 2 }] },
    { before: `${GRIN}${GRIN}`, after: GRIN, is: [{ retain: 2 }, { delete: 2 }] },
    { before: '\u{10400}', after: '\u{10800}', is: [{ insert: '\u{10800}' }, { delete: 2 }] }, // they share their low half
    { before: `x${GRIN}y`, after: `x${GRIN}${BEAM}y`, is: [{ retain: 3 }, { insert: BEAM }] },
  ],
  refusals: [
    ...[null, {}, 'x', 1, [null], [1], ['x'], [[]], [{}], [{ keep: 1 }], [{ retain: 1, insert: 'x' }], [{ insert: 'x', attributes: {} }], [{ insert: 1 }],
      [{ insert: null }], [{ insert: {} }], [{ retain: 0 }], [{ delete: 0 }], [{ delete: -1 }], [{ delete: 1.5 }], [{ delete: '1' }], [{ delete: null }], [{ delete: true }],
      [{ delete: 2147483648 }], [{ retain: 2147483647 }, { delete: 1 }], [{ insert: '\ud800' }, { delete: 0 }], [{ insert: '' }, { delete: 0 }]]
      .map(op => ({ op, detail: 'bad_delta' })),
    ...[[], [{ insert: '' }], [{ retain: 1 }], [{ insert: 'x' }, { retain: 1 }], [{ insert: 'a' }, { insert: 'b' }], [{ delete: 1 }, { delete: 1 }],
      [{ retain: 1 }, { retain: 1 }, { delete: 1 }], [{ delete: 1 }, { insert: 'x' }], [{ insert: '\ud83d' }, { insert: '\ude00' }], [{ insert: '\ud800' }, { retain: 1 }]]
      .map(op => ({ op, detail: 'not_normal' })),
    ...['\ud800', '\udc00', 'a\ud83d', '\ude00a', '\ude00\ud83d', '\0', 'a\0b'].map(insert => ({ op: [{ insert }], detail: 'bad_unicode' })),
    ...[[{ insert: GRIN }], [{ delete: 2147483647 }], [{ retain: 2147483646 }, { delete: 1 }], [{ insert: '"\\\n\u0001' }, { delete: 1 }]].map(op => ({ op, detail: null })),
  ],
  splitsPair: [
    { text: GRIN, op: [{ retain: 1 }, { insert: 'x' }], is: true },
    { text: GRIN, op: [{ delete: 1 }], is: true },
    { text: GRIN, op: [{ retain: 1 }, { delete: 1 }], is: true },
    { text: `a${GRIN}`, op: [{ insert: 'x' }, { delete: 2 }], is: true },
    { text: GRIN, op: [{ retain: 2 }, { insert: 'x' }], is: false },
    { text: `${GRIN}${BEAM}`, op: [{ retain: 2 }, { delete: 2 }], is: false },
    { text: `${GRIN}${BEAM}`, op: [{ retain: 1 }, { delete: 2 }], is: true },
  ],
  textHash: [
    { text: '', hash: [0, 0] },
    { text: 'a', hash: [98, 98] },
    { text: 'ab', hash: [98 * 1580030 + 99, 98 * 1834163 + 99] },
  ],
};

/** A delta that may split pairs: as long as `text`, wherever that is. @param {() => number} random @param {string} text */
const anyCut = (random, text) => anyDelta(random, 'x'.repeat(text.length));

/** @type {{ [name: string]: (random: () => number, text: string) => any }} */
const cases = {
  apply: (random, text) => ({ text, op: anyDelta(random, text) }),
  compose: (random, text) => {
    const a = anyDelta(random, text);
    return { a, b: anyDelta(random, apply(text, a)) };
  },
  transform: (random, text) => ({ x: anyDelta(random, text), y: anyDelta(random, text) }),
  invert: (random, text) => ({ text, op: anyDelta(random, text) }),
  position: (random, text) => ({ op: anyDelta(random, text), at: below(random, text.length + 1) }),
  between: (random, text) => ({ before: text, after: below(random, 2) ? anyText(random, 8) : apply(text, anyDelta(random, text)) }),
  splitsPair: (random, text) => ({ text, op: anyCut(random, text) }),
  textHash: (random, text) => ({ text: text + anyText(random, 8 ** below(random, 4)) }),
};

/** @type {{ [name: string]: (given: any) => any }} */
const solve = {
  apply: ({ text, op }) => ({ after: apply(text, op) }),
  compose: ({ a, b }) => ({ is: compose(a, b) }),
  transform: ({ x, y }) => ({ left: transform(x, y, 'left'), right: transform(x, y, 'right') }),
  invert: ({ text, op }) => ({ is: invert(op, text) }),
  position: ({ op, at }) => ({ before: transformPosition(at, op, -1), after: transformPosition(at, op, 1) }),
  between: ({ before, after }) => ({ is: between(before, after) }),
  refusals: ({ op }) => ({ detail: refusal(op) ?? null }),
  splitsPair: ({ text, op }) => ({ is: splitsPair(text, op) }),
  textHash: ({ text }) => ({ hash: textHash(text) }),
};

const groups = Object.keys(byHand).map((name, index) => {
  for (const vector of byHand[name]) assert.deepEqual({ ...vector, ...solve[name](vector) }, vector);
  const random = seeded(index + 1);
  const made = Array.from({ length: cases[name] ? RANDOM : 0 }, () => {
    const given = cases[name](random, anyText(random, 8));
    return { ...given, ...solve[name](given) };
  });
  return `  ${JSON.stringify(name)}: [\n${[...byHand[name], ...made].map(vector => `    ${JSON.stringify(vector)}`).join(',\n')}\n  ]`;
});
console.log(`{\n${groups.join(',\n')}\n}`);

// @ts-check
// What the algebra of texts promises, for random texts and changes: docs/wire.md says the rules, Tests/Golden/text.json has single cases.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { apply, between, compose, growth, invert, need, refusal, replace, splitsPair, transform, transformPosition } from '../../Web/client/delta.js';
import { textHash } from '../../Web/client/text-hash.js';
import { anyDelta, anyText, below, isNormal } from './support/any-text.js';
import { seeded } from './support/seeded.js';

const CASES = 20_000;
/** @type {['left', 'right']} */ const SIDES = ['left', 'right'];

/**
 * Runs a check for a random text and changes of it; tells the seed of the case that fails.
 * @param {string} name @param {(given: { random: () => number, text: string, a: any, b: any }) => void} check
 */
const property = (name, check) => test(name, () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const random = seeded(seed);
    const text = anyText(random, 8);
    const given = { random, text, a: anyDelta(random, text), b: anyDelta(random, text) };
    try {
      check(given);
    } catch (fault) {
      throw new Error(`seed ${seed}: ${JSON.stringify(given)}`, { cause: fault });
    }
  }
});

property('Both ways around two changes end alike, in the text and as changes, whichever goes left', ({ text, a, b }) => {
  for (const [side, other] of [SIDES, /** @type {['right', 'left']} */ (['right', 'left'])]) {
    const [aAfterB, bAfterA] = [transform(a, b, side), transform(b, a, other)];
    assert.equal(apply(apply(text, a), bAfterA), apply(apply(text, b), aAfterB));
    assert.deepEqual(compose(a, bAfterA), compose(b, aAfterB));
  }
});

property('A composition does what its parts do, and is the same however it is put together', ({ random, text, a }) => {
  const second = apply(text, a);
  const b = anyDelta(random, second);
  const third = apply(second, b);
  const c = anyDelta(random, third);
  assert.equal(apply(text, compose(a, b)), third);
  assert.deepEqual(compose(compose(a, b), c), compose(a, compose(b, c)));
});

property('What is taken back is as if it had not been, and taking that back is the change itself', ({ text, a }) => {
  const back = invert(a, text);
  assert.equal(apply(apply(text, a), back), text);
  assert.deepEqual(invert(back, apply(text, a)), a);
});

property('Whatever comes out is in normal form, fits its text, and splits no pair', ({ text, a, b }) => {
  const after = apply(text, b);
  assert.equal(after.length, text.length + growth(b));
  for (const [op, before] of /** @type {[any, string][]} */ ([[a, text], [invert(b, text), after], [compose(b, invert(b, text)), text],
    [transform(a, b, 'left'), after], [transform(a, b, 'right'), after]])) {
    assert.ok(isNormal(op));
    assert.ok(need(op) <= before.length);
    assert.ok(!splitsPair(before, op));
    assert.equal(refusal(op), op.length === 0 ? 'not_normal' : undefined);
  }
});

property('A place moves as a mark moves that stands there, and places keep their order', ({ text, a }) => {
  for (const [assoc, side] of /** @type {[number, 'left' | 'right'][]} */ ([[-1, 'right'], [1, 'left']])) {
    let last = 0;
    for (let at = 0; at <= text.length; at++) {
      const mark = replace(at, 0, '\u0001');
      const place = transformPosition(at, a, assoc);
      assert.equal(place, apply(apply(text, mark), transform(a, mark, side)).indexOf('\u0001'));
      assert.ok(place >= last);
      last = place;
    }
  }
});

property('The change between two texts leads from one to the other and splits no pair', ({ random, text }) => {
  const other = below(random, 2) ? anyText(random, 8) : apply(text, anyDelta(random, text));
  const op = between(text, other);
  assert.equal(apply(text, op), other);
  assert.ok(isNormal(op) && op.length <= 3);
  assert.ok(!splitsPair(text, op) && refusal(op) !== 'bad_unicode');
});

test('Of two inserts at one place the later one stands left: a typist stays in one piece', () => {
  const [hers, his] = [replace(3, 0, 'A'), replace(3, 0, 'B')]; // hers came first
  assert.equal(apply(apply('xyz', hers), transform(his, hers, 'left')), 'xyzBA');
  assert.equal(apply(apply('xyz', his), transform(hers, his, 'right')), 'xyzBA');
});

test('Transforming over a composition is not transforming over its parts', () => {
  const x = replace(1, 0, '漢');
  const [a, b] = [replace(0, 1, ''), replace(0, 0, 'aa')];
  assert.equal(apply('aa', transform(transform(x, a, 'left'), b, 'left')), '漢aa');
  assert.equal(apply('aa', transform(x, compose(a, b), 'left')), 'aa漢');
});

test('A change that reaches further than the text is not applied', () => {
  assert.throws(() => apply('ab', [{ retain: 2 }, { delete: 1 }]), RangeError);
});

test('The hash of a text knows its units, their order and their number', () => {
  const texts = ['', '\0', '\0\0', 'ab', 'ba', 'a', '\u{1F600}', '\u{1F601}', 'a'.repeat(5000), 'a'.repeat(5001)];
  assert.equal(new Set(texts.map(text => String(textHash(text)))).size, texts.length);
});

test('The hash of a text is not blind for two letters that are swapped in the order of Thue and Morse', () => {
  let [text, swapped] = ['a', 'b'];
  for (let i = 0; i < 13; i++) [text, swapped] = [text + swapped, swapped + text];
  assert.notDeepEqual(textHash(text), textHash(swapped));
  const [a, b] = [textHash(text), textHash(swapped)];
  assert.ok(a[0] !== b[0] && a[1] !== b[1]);
});

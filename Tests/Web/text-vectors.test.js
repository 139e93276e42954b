// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { apply, between, compose, invert, refusal, splitsPair, transform, transformPosition } from '../../Web/client/delta.js';
import { textHash } from '../../Web/client/text-hash.js';
import { golden } from './support/golden.js';

const vectors = golden('text.json');

/** @param {string} name @param {string} group @param {(vector: any) => void} check */
const each = (name, group, check) => test(name, () => {
  assert.ok(vectors[group].length > 40);
  for (const vector of vectors[group]) {
    try {
      check(vector);
    } catch (fault) {
      throw new Error(JSON.stringify(vector), { cause: fault });
    }
  }
});

each('A delta changes a text as the golden vectors say', 'apply', ({ text, op, after }) => assert.equal(apply(text, op), after));
each('Two deltas become one as the golden vectors say', 'compose', ({ a, b, is }) => assert.deepEqual(compose(a, b), is));
each('A delta is transformed to both sides as the golden vectors say', 'transform', ({ x, y, left, right }) =>
  assert.deepEqual([transform(x, y, 'left'), transform(x, y, 'right')], [left, right]));
each('A delta is taken back as the golden vectors say', 'invert', ({ text, op, is }) => assert.deepEqual(invert(op, text), is));
each('A place moves as the golden vectors say', 'position', ({ op, at, before, after }) =>
  assert.deepEqual([transformPosition(at, op, -1), transformPosition(at, op, 1)], [before, after]));
each('The change between two texts is the one of the golden vectors', 'between', ({ before, after, is }) => assert.deepEqual(between(before, after), is));
each('A delta is refused with the detail of the golden vectors', 'refusals', ({ op, detail }) => assert.equal(refusal(op) ?? null, detail));
each('A delta splits a pair where the golden vectors say so', 'splitsPair', ({ text, op, is }) => assert.equal(splitsPair(text, op), is));
each('A text hashes as the golden vectors say', 'textHash', ({ text, hash }) => assert.deepEqual(textHash(text), hash));

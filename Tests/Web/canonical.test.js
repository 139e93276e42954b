// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { canonical, refuse } from '../../Web/client/canonical.js';
import { golden } from './support/golden.js';

for (const { name, input, canonical: expected, refused } of golden('canonical.json')) {
  // JSON.parse keeps the last of two equal keys and says nothing: only the server can refuse these.
  if (name.startsWith('duplicate key')) continue;
  test(`Canonical JSON: ${name}`, () => {
    if (!refused) {
      assert.equal(canonical(JSON.parse(input)), expected);
      assert.equal(refuse(JSON.parse(input)), undefined);
      assert.equal(canonical(JSON.parse(expected)), expected, 'canonical text is its own canonical text');
    } else if (name.startsWith('not JSON')) assert.throws(() => JSON.parse(input), SyntaxError);
    else assert.equal(typeof refuse(JSON.parse(input)), 'string');
  });
}

test('A value nested more deeply than allowed is refused, one that just fits is not', () => {
  const nested = (/** @type {number} */ depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  assert.equal(refuse(nested(32)), undefined);
  assert.match(String(refuse(nested(33))), /deep/);
});

// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { closeNamed, closeOf, closes, retryable } from '../../Web/client/codes.js';
import { table } from './support/golden.js';

test('The codes are those of the contract, each with the same retryable', () => {
  assert.deepEqual([...retryable], table('codes').map(([code, retry]) => [code, retry === 'yes']));
});

test('The close codes are those of the contract, and the client does what it says', () => {
  assert.deepEqual([...closes].map(([number, { code, does }]) => [String(number), code, does]), table('closes').map(row => row.slice(0, 3)));
});

test('An unknown close of a newer server backs off, a line that broke comes back', () => {
  assert.equal(closeOf(4999).does, 'back off');
  assert.equal(closeOf(1006).does, 'reconnect');
  assert.equal(closeNamed('server_restart'), 1012);
  assert.equal(closeNamed('no such thing'), undefined);
});

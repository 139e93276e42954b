// @ts-check
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { backoffMs, RECONNECT } from '../../Web/client/backoff.js';
import { seeded } from './support/model-server.js';

for (const attempt of [0, 1, 2, 3, 5, 8, 50, 2000]) {
  test(`Pauses before attempt ${attempt} stay in their bounds and use the whole range`, () => {
    const random = seeded(attempt);
    const most = attempt === 0 ? 250 : Math.min(10_000, 250 * 2 ** attempt);
    const least = attempt === 0 ? 0 : 100;
    const pauses = Array.from({ length: 10_000 }, () => backoffMs(attempt, RECONNECT, random));
    assert.ok(pauses.every(pause => pause >= least && pause < most));
    assert.ok(Math.min(...pauses) < least + most / 50 && Math.max(...pauses) > most * 0.98);
  });
}

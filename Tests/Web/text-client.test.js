// @ts-check
// What becomes of texts that are edited here and by others, step by step: the scripts are read by the C# client's tests as well.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { golden } from './support/golden.js';
import { TextScript } from './support/text-script.js';

for (const { name, steps } of golden('text-client.json')) {
  test(name, () => {
    const script = new TextScript();
    for (const [i, { step, expect }] of steps.entries()) assert.deepEqual(script.play(step), expect, `step ${i + 1}: ${step.do}`);
  });
}

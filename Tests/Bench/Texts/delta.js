// What the algebra of texts costs in JavaScript: node delta.js FILE, which holds {"edits":[delta, …],"end":"…"}.
// Says the seconds of applying them one after the other, and of transforming each over its neighbour and back.
import { readFileSync } from 'node:fs';
import { apply, transform } from './client/delta.js';

const { edits, end } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** @param {() => void} work */
const secondsOf = work => {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
};

let text = '';
const applied = secondsOf(() => {
  for (const delta of edits) text = apply(text, delta);
});
if (text !== end) throw new Error('It ends otherwise.');

let parts = 0; // so that nothing of it can be left out
const transformed = secondsOf(() => {
  for (let i = 1; i < edits.length; i++) parts += transform(edits[i], edits[i - 1], 'left').length + transform(edits[i - 1], edits[i], 'right').length;
});
if (parts === 0) throw new Error('Nothing was left of any edit.');
console.log(JSON.stringify({ applied, transformed, transforms: (edits.length - 1) * 2 }));

// ShareDB with ot-text-unicode and its in-process backend: edits of one document, each submitted when the one before is acknowledged.
// node sharedb.js FILE, which holds {"edits":[delta, …],"end":"…"}; says {"seconds":…} where it ends with that text.
import { readFileSync } from 'node:fs';
import ShareDB from 'sharedb';
import textUnicode from 'ot-text-unicode';

const warmUpEdits = 4000;
const { type } = textUnicode;
ShareDB.types.register(type);
const connection = new ShareDB().connect();

const { edits, end } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// Before the clock starts: to make the ops is the editor's work. The two forms differ in how they write the same steps.
const ops = edits.map(delta => delta.map(part => part.retain ?? part.insert ?? { d: part.delete }));

/** @param {string} id */
async function write(id, ops) {
  const doc = connection.get('texts', id);
  await new Promise((resolve, reject) => doc.create('', type.uri, failed => failed ? reject(failed) : resolve()));
  for (const op of ops) await new Promise((resolve, reject) => doc.submitOp(op, failed => failed ? reject(failed) : resolve()));
  return doc;
}

await write('before', ops.slice(0, warmUpEdits));
const began = performance.now();
const doc = await write('notes', ops);
const seconds = (performance.now() - began) / 1000;
if (doc.data !== end || doc.version !== edits.length + 1) throw new Error(`It ends otherwise, at version ${doc.version}.`);
console.log(JSON.stringify({ seconds }));

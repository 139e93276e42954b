// @ts-check
// Makes one file of types of many: node declarations.js FOLDER-OF-D.TS OUTPUT. What eventonly.d.ts needs, each declaration once, and only what
// eventonly.js exports is exported.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, output] = process.argv.slice(2);
const ENTRY = 'eventonly';
/** @type {Map<string, string>} */
const texts = new Map();

/** Reads a module and what it needs, those first. @param {string} name */
function collect(name) {
  if (texts.has(name)) return;
  texts.set(name, ''); // a circle ends here
  const text = readFileSync(join(folder, `${name}.d.ts`), 'utf8');
  for (const [, needed] of text.matchAll(/(?:from |import\()['"]\.\/([\w-]+)\.js['"]/g)) collect(needed);
  texts.delete(name);
  texts.set(name, text);
}

collect(ENTRY);
/** @type {Map<string, string>} */
const declaredIn = new Map();
const exported = new Set(['EventOnlyClient']);
const entry = /** @type {string} */ (texts.get(ENTRY));
for (const [, names] of entry.matchAll(/^export \{([^}]*)\}/gm)) for (const name of names.split(',')) exported.add(name.trim());
const wholes = new Set([...entry.matchAll(/^export \* from ['"]\.\/([\w-]+)\.js['"]/gm)].map(([, name]) => name));

const parts = [];
for (const [name, text] of texts) {
  const declarations = text
    .replace(/^import [^;]*;\n/gm, '')
    .replace(/^export \* from [^;]*;\n/gm, '')
    .replace(/^export \{[^}]*\}( from [^;]*)?;\n/gm, '')
    .replace(/^\/\/ @ts-check\n/gm, '')
    .replace(/^\/\*\*\s*\n(?: \* @(?:import|typedef)[^\n]*\n)+ \*\/\n/gm, '') // said again by the types themselves
    .replace(/^\/\*\* @import [^\n]*\*\/\n/gm, '')
    .replaceAll(/import\(['"]\.\/[\w-]+\.js['"]\)\./g, '')
    .replace(/^export (default )?(?=(?:declare |type |interface |class |function |const ))/gm, '');
  for (const [, declared] of declarations.matchAll(/^(?:declare )?(?:type|interface|class|function|const) (\w+)/gm)) {
    const other = declaredIn.get(declared);
    if (other !== undefined) throw new Error(`${declared} is declared by ${other} and by ${name}.`);
    declaredIn.set(declared, name);
    if (wholes.has(name)) exported.add(declared);
    if (name === 'types') exported.add(declared);
  }
  parts.push(declarations.trim());
}

writeFileSync(output, `// Made by ./run.sh generate from the scripts beside it: change those.
${parts.filter(part => part.length > 0).join('\n\n')}

export { ${[...exported].filter(name => declaredIn.has(name)).sort().join(', ')} };
`);

// @ts-check
// Makes one file of types of many: node declarations.js FOLDER-OF-D.TS OUTPUT. Exported is what eventonly.js exports, and the types it speaks of; what
// nobody can meet is left out.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, output] = process.argv.slice(2);
const DECLARED = /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:type|interface|class|function|const) (\w+)/m;

/** Declarations of a module, each with its comment, without imports. @param {string} text */
function* declarationsOf(text) {
  const own = text
    .replace(/^import [^;]*;\n/gm, '')
    .replace(/^export (\*|\{[^}]*\})( from [^;]*)?;\n/gm, '')
    .replace(/^\/\/.*\n/gm, '')
    .replace(/^\/\*\*(?:(?!\*\/).)*@(?:typedef|import)\b(?:(?!\*\/).)*\*\/\n/gms, '') // the types themselves say it again
    .replaceAll(/import\(['"]\.\/[\w-]+\.js['"]\)\./g, '');
  for (const part of own.split(/\n(?=\/\*\*|export |declare |type |interface )/)) {
    // A comment belongs to what follows it.
    const text = part.trim();
    if (text) yield text;
  }
}

/** @type {Map<string, { module: string, text: string }>} */
const all = new Map();
for (const file of readdirSync(folder).filter(name => name.endsWith('.d.ts'))) {
  let comment = '';
  for (const text of declarationsOf(readFileSync(join(folder, file), 'utf8'))) {
    const name = DECLARED.exec(text)?.[1];
    if (name === undefined) {
      comment = text;
      continue;
    }
    const other = all.get(name)?.module;
    // What two modules call the same must not be met by users: then neither is taken.
    all.set(name, { module: other === undefined ? file : `${other}, ${file}`, text: (comment ? `${comment}\n` : '') + text.replace(/^export (default )?/m, '') });
    comment = '';
  }
}

const entry = readFileSync(join(folder, 'eventonly.d.ts'), 'utf8');
/** @type {Set<string>} */
const roots = new Set();
for (const [, names] of entry.matchAll(/^export \{([^}]*)\}/gm)) for (const name of names.split(',')) roots.add(name.trim());
const wholes = [...entry.matchAll(/^export \* from ['"]\.\/([\w-]+)\.js['"]/gm)].map(([, name]) => `${name}.d.ts`);
for (const [name, { module }] of all) if (module === 'eventonly.d.ts' || wholes.includes(module)) roots.add(name);

/** @type {Set<string>} */
const met = new Set();
/** @param {string} name */
function meet(name) {
  const found = all.get(name);
  if (!found || met.has(name)) return;
  if (found.module.includes(',')) throw new Error(`${name} is declared by ${found.module}.`);
  met.add(name);
  const code = found.text.replace(/\/\*\*.*?\*\//gs, '').replace(/^ *(?:get |set |static |readonly )*\w+[?]?(?=[(:])/gm, ''); // a member's name is no type
  for (const [word] of code.matchAll(/\b[A-Z]\w*/g)) meet(word);
}
roots.forEach(meet);

const order = [...met].sort((a, b) => (a < b ? -1 : 1));
writeFileSync(output, `// Made by ./run.sh generate from the scripts beside it: change those.

${order.map(name => all.get(name)?.text).join('\n\n')}

export { ${order.join(', ')} };
`);

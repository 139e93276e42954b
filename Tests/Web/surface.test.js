// @ts-check
// The public surface as eventonly.d.ts has it: each member says what it is, and stands in the table of docs/clients.md (its C# side: SurfaceTests).
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** @param {string} path */
const read = path => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const types = read('Web/client/eventonly.d.ts');
/** Classes a user meets, and how they are written in the table. @type {[name: string, prefix: string][]} */
const CLASSES = [['EventOnlyClient', ''], ['Project', ''], ['Store', 'store.'], ['Presence', 'presence.'], ['SharedText', 'text.']];

/** Members of a class with their comments; a constructor is none. @param {string} name */
function members(name) {
  const body = new RegExp(`^(?:declare )?class ${name}\\b[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(types)?.[1];
  assert.ok(body, `${name} is in eventonly.d.ts`);
  return [...body.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/\n)?(?<=\n) {4}(?:get |set |readonly |static )*(\w+)(?:<[^\n]*)?[?]?[(:<]/gs)]
    .filter(([, , member]) => member !== 'constructor')
    .map(([, comment, member]) => ({ member, comment }));
}

/** The names in a column of the table. @param {number} column */
function listed(column) {
  const table = read('docs/clients.md').split('## The same names')[1].split('\n## ')[0];
  const cells = [...table.matchAll(/^\|.*\|$/gm)].slice(2).map(([row]) => row.split(/(?<!\\)\|/)[column]);
  return new Set(cells.flatMap(cell => [...cell.matchAll(/`([\w.]+)/g)].map(([, name]) => name)));
}

for (const [name, prefix] of CLASSES) {
  test(`Every member of ${name} says what it is`, () => {
    const silent = members(name).filter(({ member }, _, all) => !all.some(each => each.member === member && (each.comment?.length ?? 0) > 12));
    assert.deepEqual(silent.map(({ member }) => member), []);
  });

  test(`Every member of ${name} stands in the table of names`, () => {
    const names = listed(2);
    assert.deepEqual(members(name).map(({ member }) => prefix + member).filter(member => !names.has(member)), []);
  });
}

test('The table of names has no name that is not there', () => {
  const there = new Set(CLASSES.flatMap(([name, prefix]) => members(name).map(({ member }) => prefix + member)));
  assert.deepEqual([...listed(2)].filter(name => !there.has(name)), []);
});

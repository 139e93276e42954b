// @ts-check
// Breaks the clients in known ways, one at a time, in a copy, and says which test noticed: ./run.sh mutants [--list] [js|cs|NAME…]
// A mutant is {name, file, find, replace, tests}: `find` stands in the file exactly once; `tests` are the files (JavaScript) or the filter (C#) that must fail.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, file: string, find: string, replace: string, tests: string[] }} Mutant */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join('Tests', 'Web', 'node_modules');
const LEFT_OUT = new Set(['.git', 'node_modules', 'artifacts', 'data']);
const LANGUAGES = { js: testJavaScript, cs: testCSharp };

/** @param {string} folder @param {string[]} tests @returns {string | undefined} the first test that failed */
function testJavaScript(folder, tests) {
  const { status, stdout } = run('node', ['--test', '--test-reporter=tap', '--test-concurrency=1', ...tests.map(test => join('Tests', 'Web', test))], folder);
  if (status === 0) return undefined;
  const failed = [...stdout.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name).filter(name => !name.endsWith('.test.js'));
  return failed[0] ?? 'a file of tests that could not run';
}

/** @param {string} folder @param {string[]} tests @returns {string | undefined} the first test that failed */
function testCSharp(folder, tests) {
  const built = run('dotnet', ['build', 'Tests/EventOnly.Tests.csproj', '-c', 'Release', '-v', 'q', '--nologo', '-nowarn:NU1603', '-p:RunAnalyzers=false'], folder);
  if (built.status !== 0) throw new Error(`It does not compile:\n${built.stdout}`);
  const filter = tests.map(test => `FullyQualifiedName~${test}`).join('|');
  const { status, stdout } = run('dotnet', ['test', 'Tests', '-c', 'Release', '--no-build', '--nologo', '--filter', filter], folder);
  return status === 0 ? undefined : /^ *Failed (\S.*?) \[/m.exec(stdout)?.[1] ?? 'a test that could not be named';
}

/** @param {string} program @param {string[]} given @param {string} folder */
function run(program, given, folder) {
  const { status, stdout, stderr } = spawnSync(program, given, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 600_000 });
  return { status, stdout: stdout + stderr };
}

/** @param {string} folder */
function copyTo(folder) {
  cpSync(ROOT, folder, { recursive: true, filter: from => !LEFT_OUT.has(from.split('/').at(-1) ?? '') });
  symlinkSync(join(ROOT, MODULES), join(folder, MODULES));
}

/** @param {string} text @param {Mutant} mutant */
function mutated(text, { name, file, find, replace }) {
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`${name}: what it changes stands ${found} times in ${file}, not once.`);
  return text.replace(find, () => replace);
}

const wanted = process.argv.slice(2).filter(word => !word.startsWith('--'));
const folder = mkdtempSync(join(tmpdir(), 'eventonly-mutants-'));
let survivors = 0;
try {
  let copied = false;
  for (const [language, test] of Object.entries(LANGUAGES)) {
    /** @type {Mutant[]} */
    const mutants = JSON.parse(readFileSync(new URL(`${language}.json`, import.meta.url), 'utf8'));
    for (const mutant of mutants) {
      if (wanted.length > 0 && !wanted.includes(language) && !wanted.includes(mutant.name)) continue;
      const source = join(folder, mutant.file);
      const text = mutated(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant);
      if (process.argv.includes('--list')) {
        console.log(`${language}  ${mutant.name}  (${mutant.file})`);
        continue;
      }
      if (!copied) copyTo(folder);
      copied = true;
      writeFileSync(source, text);
      const killer = test(folder, mutant.tests);
      writeFileSync(source, readFileSync(join(ROOT, mutant.file), 'utf8'));
      if (killer === undefined) survivors++;
      console.log(`${language}  ${mutant.name}: ${killer === undefined ? 'SURVIVED' : `killed by "${killer}"`}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (survivors > 0) console.log(`${survivors} survived: a test is missing.`);
process.exitCode = survivors > 0 ? 1 : 0;

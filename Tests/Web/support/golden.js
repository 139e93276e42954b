// @ts-check
import { readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);

/** A file under Tests/Golden, decoded. @param {string} name @returns {any} */
export function golden(name) { return JSON.parse(readFileSync(new URL(`Tests/Golden/${name}`, root), 'utf8')); }

/** The contract, as text. */
export const wire = readFileSync(new URL('docs/wire.md', root), 'utf8');

/** The example frames of the contract, in order. @param {'client' | 'server'} side */
export function examples(side) {
  return [...wire.matchAll(/^```json (client|server)\n(.*)\n```$/gm)].filter(([, who]) => who === side).map(([, , text]) => text);
}

/** The rows of the table behind `<!-- name: …`, without its head. @param {string} name */
export function table(name) {
  const [, rest] = wire.split(`<!-- ${name}:`);
  const rows = rest.slice(rest.indexOf('|')).split('\n\n')[0].trim().split('\n').slice(2);
  return rows.map(row => row.split('|').slice(1, -1).map(cell => cell.trim().replaceAll('`', '')));
}

// @ts-check
// `node --test Tests/Web/`: up to Node 20 the folder is searched for tests; from 22 on it is run as a module, which is this one.
import { readdirSync } from 'node:fs';

for (const file of readdirSync(new URL('.', import.meta.url))) if (file.endsWith('.test.js')) await import(`./${file}`);

// Creates .env from .env.example when there is none. It will hold secrets: only its owner may read it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
try {
  writeFileSync('.env', readFileSync('.env.example'), { flag: 'wx', mode: 0o600 });
  console.error('created .env from .env.example');
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}

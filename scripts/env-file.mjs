// Creates .env from .env.example if it is missing, readable by its owner only, because it will contain secrets.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
try {
  writeFileSync('.env', readFileSync('.env.example'), { flag: 'wx', mode: 0o600 });
  console.error('created .env from .env.example');
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}

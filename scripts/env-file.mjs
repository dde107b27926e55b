// Creates .env from .env.example when there is none.
import { constants, copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
try {
  copyFileSync('.env.example', '.env', constants.COPYFILE_EXCL);
  console.error('created .env from .env.example');
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}

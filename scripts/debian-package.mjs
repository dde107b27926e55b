// Provides a program that npm does not have: from the PATH, or from a Debian package if the user may install it.
// node scripts/debian-package.mjs [--optional] PACKAGE [PROGRAM ...]: a program with the name of the package is wanted, too.
// With --optional, a missing program is an error only if the environment variable CI is true.
import { spawnSync } from 'node:child_process';
import { aptGetInstall } from './apt-get.mjs';

/** Other names of a program: one of them is enough. */
const ALTERNATIVES = { chromium: ['chromium-browser', 'google-chrome', 'google-chrome-stable'] };

const given = process.argv.slice(2);
const isOptional = given[0] === '--optional' && process.env.CI !== 'true';
const wanted = given.filter((arg) => arg !== '--optional');
const [name = ''] = wanted;

if (!hasAll()) aptGetInstall(name);
if (!hasAll()) {
  const found = `pluggable: found no ${wanted.map((program) => namesOf(program).join(' or ')).join(' and ')} on the PATH`;
  const fix = `install it (Debian: apt-get install ${name})`;
  if (isOptional) {
    console.error(`${found}, so the tests that need it are skipped; to run them, ${fix}`);
  } else {
    console.error(`${found}, wanted for this script; ${fix}`);
    process.exit(1);
  }
}

function hasAll() {
  return wanted.every((program) => namesOf(program).some(exists));
}

function namesOf(program) {
  return [program, ...(ALTERNATIVES[program] ?? [])];
}

function exists(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

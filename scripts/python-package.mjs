// Provides a program from a Python package, in a virtual environment under node_modules/.cache/python.
// node scripts/python-package.mjs PACKAGE VERSION: wheels only, so that no install script runs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptGetInstall } from './apt-get.mjs';

const [name = '', version = ''] = process.argv.slice(2);
const folder = fileURLToPath(new URL(`../node_modules/.cache/python/${name}`, import.meta.url));
const stamp = join(folder, '.installed');
const pip = ['install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', `${name}==${version}`];

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== version) {
  if (!makesFolder()) {
    aptGetInstall('python3', 'python3-venv');
    if (!makesFolder()) fail('found no python3 that can make a virtual environment', 'python3 python3-venv');
  }
  console.error(`installing ${name} ${version} (once)`);
  const { status } = spawnSync(join(folder, 'bin/pip'), pip, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`pip could not install ${name} ${version}`, 'python3 python3-venv');
  writeFileSync(stamp, version);
}

function makesFolder() {
  rmSync(folder, { recursive: true, force: true });
  return spawnSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' }).status === 0;
}

function fail(found, packages) {
  console.error(
    `pluggable: ${found}, wanted ${name} for this script; check the connection to PyPI, or install Python (Debian: apt-get install ${packages})`,
  );
  process.exit(1);
}

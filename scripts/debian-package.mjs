// Provides a program that npm does not have: from the PATH, or from a Debian package if the user may install it.
// node scripts/debian-package.mjs PACKAGE [PROGRAM ...]: the default program has the name of the package.
import { spawnSync } from 'node:child_process';

const wanted = process.argv.slice(2);
const [name = ''] = wanted;

if (!hasAll() && process.getuid?.() === 0 && runs('apt-get', ['--version'])) {
  console.error(`installing ${name} (once)`);
  // RUNLEVEL: no service is started.
  const options = { env: { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' } };
  runs('apt-get', ['update', '-qq'], options);
  runs('apt-get', ['install', '-qq', '--no-install-recommends', name], options);
}
if (!hasAll()) {
  console.error(
    `pluggable: found no ${wanted.join(' and ')} on the PATH, wanted for this script; install it (Debian: apt-get install ${name})`,
  );
  process.exit(1);
}

function hasAll() {
  return wanted.every((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined);
}

function runs(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;
}

// Checks the packed packages, as others would install them: their fields and files, and their types.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const CHECKS = [
  ['publint', '--strict'],
  // CommonJS applications require ES modules; Node loads them so since 22.12.
  ['attw', '--profile', 'esm-only'],
];

for (const tarball of globSync('build/packages/*.tgz')) {
  for (const [check, ...args] of CHECKS) {
    const { status, stdout, stderr } = spawnSync(`${check} ${[...args, tarball].join(' ')}`, {
      shell: true,
      encoding: 'utf8',
    });
    if (status === 0) continue;
    console.error(stdout, stderr);
    process.exit(1);
  }
}

// Checks the packed packages, as others would install them: their fields and files, and their types.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const CHECKS = [
  ['publint', '--strict'],
  // Since Node 22.12, CommonJS code can require ES modules.
  ['attw', '--profile', 'esm-only'],
];

const tarballs = globSync('build/packages/*.tgz');
if (tarballs.length === 0) {
  console.error('pluggable: found no packages in build/packages, wanted those that npm run pack:all writes');
  process.exit(1);
}
for (const tarball of tarballs) {
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

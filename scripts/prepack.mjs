// Completes a package of libs/ before npm packs it: built code, the licence, and in @pluggable/contract the guides.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { files } = JSON.parse(readFileSync('package.json', 'utf8'));

// npm reads its result from standard output, so the build writes to standard error.
const { status } = spawnSync(process.execPath, [process.env.npm_execpath, 'run', 'build:libs', '--silent'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(1);

cpSync(`${root}/LICENSE`, 'LICENSE');
if (files.includes('docs')) {
  for (const guide of ['nest', 'contracts', 'plugin-authors', 'errors']) {
    cpSync(`${root}/docs/${guide}.md`, `docs/${guide}.md`);
  }
}

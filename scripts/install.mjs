// Installs the packages of the lock file unless they are installed. Their install scripts do not run: none is needed.
// Runs on any version of Node, and imports only Node itself. If Node is older than `engines.node`, npm runs on the pinned Node: npm omits optional packages that do not support the
// running version.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const STAMP = 'node_modules/.installed';
const { engines, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');

if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) {
  console.error('installing the dependencies (once)');
  const npm = process.env.npm_execpath;
  if (npm === undefined) fail('run this script with npm: npm start or npm test');
  const ci = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const isOld = Number.parseInt(process.versions.node, 10) < Number.parseInt(engines.node.replace('>=', ''), 10);
  const args = isOld ? ['exec', '--yes', '--loglevel=error', `--package=${runtime()}`, '--', 'node', npm, ...ci] : ci;
  const { status, error } = spawnSync(process.execPath, [npm, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail(`npm could not install the dependencies${error === undefined ? '' : ` (${error.message})`}`);
  writeFileSync(STAMP, wanted);
}

/** The npm package of the pinned runtime for this machine. */
function runtime() {
  const name = Object.keys(optionalDependencies).find((dependency) =>
    dependency.endsWith(`-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`),
  );
  if (name === undefined)
    fail(`npm has no Node.js for ${process.platform} ${process.arch}; install Node.js ${engines.node}`);
  return `${name}@${optionalDependencies[name]}`;
}

function fail(message) {
  console.error(`pluggable: ${message}`);
  process.exit(1);
}

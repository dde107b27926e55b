// Packs the public packages of libs/ as they would be published: build/packages/*.tgz.
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = 'build/packages';

const isPublic = (file) => JSON.parse(readFileSync(file, 'utf8')).private !== true;
const packages = globSync('libs/*/package.json').filter(isPublic).map(dirname);
if (packages.length === 0) throw new Error('found no public package in libs');

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [process.env.npm_execpath, 'pack', ...packages.flatMap((one) => ['-w', one]), '--pack-destination', FOLDER, '--json'],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
if (status !== 0) process.exit(status ?? 1);
for (const tarball of globSync(join(FOLDER, '*.tgz'))) console.log(tarball);

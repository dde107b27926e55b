// The tree for production: the build, and the packages that npm installs without development dependencies.
import { execFile } from 'node:child_process';
import { cp, glob, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = promisify(execFile);

async function files(pattern: string, cwd = ROOT): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern, { cwd })) found.push(file);
  return found;
}

it('starts, answers and stops on its production tree, which contains no library of a plugin', async () => {
  const tree = await mkdtemp(join(tmpdir(), 'pluggable-'));
  const shipped = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'dist',
    ...(await files('libs/*/{package.json,dist}')),
  ];
  for (const path of shipped) await cp(join(ROOT, path), join(tree, path), { recursive: true });
  await run('npm', ['ci', '--omit=dev', '--prefer-offline', '--loglevel=error'], { cwd: tree });

  const packages = await files('node_modules/**/package.json', tree);
  expect(packages.filter((path) => /node_modules[\\/](lru-cache|ioredis)[\\/]/.test(path))).toEqual([]);
  expect(packages.some((path) => /node_modules[\\/]vitest[\\/]/.test(path))).toBe(false);

  const env = { CACHE_PLUGIN_PATH: join(tree, 'dist', 'plugins', 'cache-memory.mjs') };
  await using program = await startProgram({ main: join(tree, 'dist', 'main.js'), cwd: tree, env });
  expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
  expect((await program.stop()).code).toBe(0);
});

// The script that provides programs for the tests: it accepts what is on the PATH, and says what is missing.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CHROMIUM_NAMES } from './support/browser.js';
import { ROOT } from './support/program.js';

/** The only folder on the PATH of the script: it has no apt-get, so nothing is installed. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pluggable-path-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Node stands for a program: it, too, has --version. */
async function add(...programs: readonly string[]): Promise<void> {
  for (const program of programs) await symlink(process.execPath, join(folder, program));
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const script = join(ROOT, 'scripts', 'debian-package.mjs');
  const options = { env: { PATH: folder, ...env }, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], options);
  return { status, stderr };
}

it('wants every program', async () => {
  await add('redis-cli');
  expect(run(['redis-server', 'redis-cli'])).toEqual({
    status: 1,
    stderr:
      'pluggable: found no redis-server and redis-cli on the PATH, wanted for this script; install it (Debian: apt-get install redis-server)\n',
  });

  await add('redis-server');
  expect(run(['redis-server', 'redis-cli'])).toEqual({ status: 0, stderr: '' });
});

it.each(CHROMIUM_NAMES)('accepts the browser %s', async (name) => {
  await add(name);

  expect(run(['--optional', 'chromium'], { CI: 'true' })).toEqual({ status: 0, stderr: '' });
});

it('goes on without an optional program, with one sentence', () => {
  expect(run(['--optional', 'chromium'])).toEqual({
    status: 0,
    stderr:
      'pluggable: found no chromium or chromium-browser or google-chrome or google-chrome-stable on the PATH, so the tests that need it are skipped; to run them, install it (Debian: apt-get install chromium)\n',
  });
});

it('fails without an optional program in continuous integration', () => {
  const { status, stderr } = run(['--optional', 'chromium'], { CI: 'true' });

  expect(status).toBe(1);
  expect(stderr).toMatch(/^pluggable: found no chromium or .*, wanted for this script; install it .*\n$/);
});

// The examples run as their readers would run them.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { PLUGIN_MODES } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { MEMORY_PLUGIN, ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = promisify(execFile);
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const greet = (...args: string[]) => run(process.execPath, ['examples/greeting/main.ts', ...args], { cwd: ROOT });

describe('the greeting, a second contract through the same host', () => {
  it.each(PLUGIN_MODES)('greets by a plugin, %s', async (mode) => {
    expect((await greet('examples/greeting/german.plugin.mjs', 'Ada', mode)).stdout).toBe('Guten Tag, Ada.\n');
  });

  it('refuses a cache', async () => {
    const greeting = greet('dist/plugins/cache-memory.mjs', 'Ada');

    await expect(greeting).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^PLUGIN_WRONG_KIND: plugin .+\n$/),
    });
  });
});

describe("somebody's own application, in one file", () => {
  const folder = join(ROOT, 'examples', 'nest-app');

  it.each(PLUGIN_MODES)('compiles, and asks once for what its cache keeps, %s', async (mode) => {
    await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder]);
    const child = spawn(process.execPath, [join(folder, 'dist', 'main.js')], {
      cwd: tmpdir(),
      env: { PORT: '0', CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_ISOLATION: mode },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      let url: string | undefined;
      for await (const line of createInterface(child.stdout)) {
        url = /listening on (\S+)\/quotes/.exec(line)?.[1];
        if (url !== undefined) break;
      }
      const answers = [await get(String(url), '/quotes/7'), await get(String(url), '/quotes/7')];

      expect(answers.map(({ body }) => body)).toEqual([
        { quote: 'quote 7, from far away', asked: 1, cache: 'live' },
        { quote: 'quote 7, from far away', asked: 1, cache: 'live' },
      ]);
      child.kill('SIGTERM');
      await ended;
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('says what is wrong with a plugin, and ends', async () => {
    const env = { PORT: '0', CACHE_PLUGIN_PATH: 'nowhere.mjs' };
    const start = run(process.execPath, [join(folder, 'dist', 'main.js')], { cwd: tmpdir(), env });

    await expect(start).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\nplugin .+nowhere\.mjs: found no such file.+CACHE_PLUGIN_PATH\n$/),
    });
  });
});

describe("a stranger's plugin", () => {
  const folder = join(ROOT, 'examples', 'plugin');

  it('builds, keeps the contract, and serves in the program', async () => {
    await run(bin('rolldown'), ['-c'], { cwd: folder });
    const kit = await run(bin('vitest'), ['run'], { cwd: folder, env: { PATH: process.env['PATH'] } });
    expect(kit.stdout).toMatch(/Tests\s.*passed/);

    const path = join(folder, 'dist', 'cache-files.mjs');
    const env = { CACHE_PLUGIN_PATH: path, FILES_DIR: await mkdtemp(join(tmpdir(), 'pluggable-')) };
    for (const outcome of ['pluggable; fwd=uri-miss', 'pluggable; hit']) {
      // The second one finds what the first has left.
      await using program = await startProgram({ env });
      expect((await get(program.url, '/fib/20')).headers['cache-status']).toBe(outcome);
      await program.stop();
    }
  });
});

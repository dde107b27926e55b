// The start: errors with one sentence and exit code 1, plugins, settings, the command line.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../src/config/env-file.js';
import { settings } from '../src/config/settings.js';
import { failedStart } from './support/failed-start.js';
import { fixture, MEMORY_PLUGIN, REDIS_PLUGIN, ROOT, runProgram, startProgram } from './support/program.js';
import { get } from './support/request.js';

const PLUGINS = `${ROOT}test/fixtures/plugins`;

/** A copy of the build in another folder, without a compile cache. */
async function copiedBuild(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'pluggable-'));
  for (const path of ['package.json', 'dist']) await cp(join(ROOT, path), join(tree, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  await rm(join(tree, 'dist', 'compile-cache'), { recursive: true, force: true });
  return tree;
}

describe('a wrong plugin stops the start', () => {
  it.each([
    ['is not there.mjs', 'found no such file'],
    ['', 'found a folder'],
    ['plugin.so', 'found a file that ends in .so'],
    ['syntax-error.mjs', 'found a syntax error (Unexpected string)'],
    ['missing-import.mjs', 'found an import that cannot be resolved'],
    ['throws-on-import.mjs', 'found an error while running its module'],
    ['exports-nothing.mjs', 'found no exports, wanted a function named "Factory"'],
    ['no-factory.mjs', 'export it, or set CACHE_PLUGIN_FACTORY_NAME'],
    ['factory-not-a-function.mjs', 'found an export "Factory" of type'],
    ['wrong-kind.mjs', 'found a plugin of kind "greeting", wanted a plugin of kind "cache"'],
    ['wrong-contract-version.mjs', 'found a plugin for version 2 of the cache contract, wanted a plugin for version 1'],
    ['broken-manifest.mjs', 'found an invalid manifest (kind is'],
    ['invalid-config.mjs', 'FIXTURE_TOKEN'],
    ['factory-throws.mjs', 'found a factory that threw'],
    ['factory-rejects.mjs', 'found a factory that rejected'],
    ['returns-nothing.mjs', 'found a factory that returned'],
    ['missing-method.mjs', 'found an instance without the method set'],
  ])('%j, soon: %s', async (name, sentence) => {
    const path = join(PLUGINS, name);
    const exit = await failedStart({ env: { CACHE_PLUGIN_PATH: path } });

    expect(exit.stderr).toContain(`plugin ${path}: `);
    expect(exit.stderr).toContain(sentence);
  });

  it.each([
    ['factory-hangs.mjs', 'while running its factory'],
    ['top-level-await-hangs.mjs', 'while running its module'],
  ])('%s, at its time limit', async (name, sentence) => {
    const env = { CACHE_PLUGIN_PATH: fixture(name), CACHE_PLUGIN_START_TIMEOUT: '1s' };
    const exit = await failedStart({ env });

    expect(exit.stderr).toContain(`found a start that took longer than 1000 ms, ${sentence}`);
    expect(exit.stderr).toContain('raise CACHE_PLUGIN_START_TIMEOUT');
    expect(exit.durationMs).toBeGreaterThan(1_000);
  });

  it('is one that declares a setting of the application, whose value is not shown', async () => {
    const ADMIN_TOKEN = 'a token of the application';
    const path = fixture('faults/env-named-admin-token.mjs');
    const exit = await failedStart({ env: { CACHE_PLUGIN_PATH: path, ADMIN_TOKEN } });

    expect(exit.stderr).toContain(
      'found the variable ADMIN_TOKEN in env of its manifest, wanted only variables that the application does not reserve; rename the variable in the plugin',
    );
    expect(exit.stdout + exit.stderr).not.toContain(ADMIN_TOKEN);
  });

  it('lists every wrong variable of the plugin, and masks its secrets', async () => {
    const env = {
      CACHE_PLUGIN_PATH: fixture('invalid-config.mjs'),
      FIXTURE_URL: 'nowhere',
      FIXTURE_TOKEN: 'hunter2-and-more',
    };
    const { stdout, stderr } = await runProgram({ env });

    expect(stderr).toContain('FIXTURE_URL');
    expect(stderr).toContain('FIXTURE_TOKEN');
    expect(stdout + stderr).not.toContain('hunter2');
  });

  it('shows the stack at log level debug', async () => {
    const { code, stderr } = await runProgram({
      env: { CACHE_PLUGIN_PATH: fixture('factory-throws.mjs'), LOG_LEVEL: 'debug' },
    });

    expect(code).toBe(1);
    expect(stderr).toMatch(/\n\s+at .*factory-throws\.mjs:\d/);
  });
});

describe('a build that cannot compute stops the start', () => {
  it('before it listens', async () => {
    const tree = await copiedBuild();
    await rm(join(tree, 'dist', 'fibonacci.wasm'));
    const { stdout, stderr } = await failedStart({ main: join(tree, 'dist', 'main.js'), env: { PORT: '0' } });

    expect(stderr).toContain('the worker threads cannot compute (ENOENT: no such file or directory');
    expect(stderr).toContain('build the application again');
    expect(stdout).not.toContain('listening');
  });
});

describe('the start is fast', () => {
  it('because the application, but no plugin, is loaded from the compile cache, which does not change', async () => {
    const cache = join(ROOT, 'dist', 'compile-cache');
    const before = await readdir(cache, { recursive: true });
    const program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    });
    program.signal('SIGTERM');
    const { code, stderr } = await program.ended();
    const accepted = [...stderr.matchAll(/V8 code cache for \S+ (\S+) was accepted/g)].map(([, module]) => module);

    expect(code).toBe(0);
    expect(accepted).toContain(pathToFileURL(join(ROOT, 'dist/start.js')).href);
    expect(accepted).not.toContain(pathToFileURL(MEMORY_PLUGIN).href);
    expect(await readdir(cache, { recursive: true })).toEqual(before);
  });

  it.each(['no compile cache', 'one of another user'])('or normal with %s, and nothing is written', async (which) => {
    const tree = await copiedBuild();
    const cache = join(tree, 'dist', 'compile-cache', process.version);
    if (which !== 'no compile cache')
      await mkdir(join(cache, `${process.version}-x64-00000000-1234`), { recursive: true });
    const before = await readdir(join(tree, 'dist'), { recursive: true });
    const cwd = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const program = await startProgram({ main: join(tree, 'dist', 'main.js'), cwd });
    program.signal('SIGTERM');

    expect(await program.ended()).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(join(tree, 'dist'), { recursive: true })).toEqual(before);
    expect(await readdir(tree)).toEqual(['dist', 'node_modules', 'package.json']);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('the end of the start', () => {
  it('loses no signal that is sent with the line "listening"', async () => {
    // The program sends the signal to itself, so that nothing happens in between.
    const sendsSignal = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { writeSync } = fs;
      fs.writeSync = (fd, bytes) => {
        if (String(bytes).includes('"listening"')) process.kill(process.pid, 'SIGTERM');
        return writeSync(fd, bytes);
      };
      syncBuiltinESMExports();`;
    const preload = `data:text/javascript,${encodeURIComponent(sendsSignal)}`;
    const child = spawn(execPath, ['--import', preload, join(ROOT, 'dist', 'main.js')], {
      cwd: tmpdir(),
      env: { HOST: '127.0.0.1', PORT: '0', LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    const [lines] = await Promise.all([text(child.stdout), once(child, 'exit')]);

    expect(lines).toContain('"application stopped"');
    expect(child).toMatchObject({ exitCode: 0, signalCode: null });
  });
});

describe('a correct plugin is loaded', () => {
  it.each(['complete.mjs', 'commonjs.cjs', 'nested-default.cjs', 'no-manifest.mjs'])('from %s', async (name) => {
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: fixture(name) } });
    await get(program.url, '/fib/10');

    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
  });

  it('with a path relative to the working directory', async () => {
    await using program = await startProgram({
      cwd: ROOT,
      args: ['-cache-plugin-path=dist/plugins/cache-memory.mjs'],
      env: { CACHE_EXPIRATION: '1m' },
    });

    expect(await program.line('cache plugin live')).toMatchObject({ plugin: 'cache-memory', version: '0.1.0' });
  });

  it('with the configured name of its factory', async () => {
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: fixture('custom-name.mjs') },
      args: ['--cache-plugin-factory-name', 'createCache'],
    });

    expect((await get(program.url, '/fib/10')).status).toBe(200);
  });
});

describe('listening', () => {
  it('reports the bound address, also for all interfaces', async () => {
    for (const [HOST, addr, interfaces] of [
      ['', 'http://[::]:', 'all'],
      ['0.0.0.0', 'http://0.0.0.0:', 'all'],
      ['127.0.0.1', 'http://127.0.0.1:', undefined],
    ] as const) {
      await using program = await startProgram({ env: { HOST } });
      const line = await program.line('listening');
      expect([line['addr'], line['interfaces']]).toEqual([expect.stringContaining(addr), interfaces]);
    }
  });
});

describe('settings', () => {
  it('come from flags first, then from the environment, then from .env', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'pluggable-'));
    await writeFile(
      join(cwd, '.env'),
      `FIB_MAX_N=10\nCACHE_EXPIRATION=1s\nCACHE_TIMEOUT=70ms\nCACHE_PLUGIN_PATH=${MEMORY_PLUGIN}\nMEMORY_MAX_ENTRIES=3\n`,
    );
    await using program = await startProgram({
      cwd,
      env: { CACHE_EXPIRATION: '2s', CACHE_TIMEOUT: '80ms' },
      args: ['--cache-expiration=3s'],
    });
    const { config } = await program.line('using configuration');

    expect(config).toMatchObject({ FIB_MAX_N: '10', CACHE_EXPIRATION: '3s', CACHE_TIMEOUT: '80ms', PORT: '0' });
    await program.line('[plugin/cache-memory] loaded', { maxEntries: 3 });
  });

  it('of the plugin are known, with any prefix', async () => {
    const env = { CACHE_PLUGIN_PATH: fixture('names-a-variable.mjs'), CACHE_FILE_DIR: '/tmp' };
    await using program = await startProgram({ env });

    expect(program.logged('unknown setting; ignored')).toEqual([]);
  });

  it('that are unknown are logged with a suggestion and without their values, also for the plugin', async () => {
    const misspelt = { CACHE_PLUGIN_PTH: 'hunter2', PORTT: 'hunter2', LOG_LEVL: 'hunter2', REDIS_ADRR: 'hunter2' };
    const unknown = { CACHE_SIZE: 'hunter2', OTHER_MAX: '1', HOSTNAME: 'h', PATHS: '/' };
    const env = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: '', ...misspelt, ...unknown };
    await using program = await startProgram({ env: { ...env, CACHE_PLUGIN_ISOLATION: 'worker' } });

    const warnings = program.logged('unknown setting; ignored');
    expect(Object.fromEntries(warnings.map((line) => [line['name'], line['didYouMean']]))).toEqual({
      CACHE_PLUGIN_PTH: 'CACHE_PLUGIN_PATH',
      PORTT: 'PORT',
      LOG_LEVL: 'LOG_LEVEL',
      REDIS_ADRR: 'REDIS_ADDR',
      CACHE_SIZE: undefined,
    });
    expect(JSON.stringify(program.lines)).not.toContain('hunter2');
  });

  it('in a file that npm start creates are readable by the owner only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    for (const file of ['scripts/env-file.mjs', '.env.example']) await cp(join(ROOT, file), join(folder, file));
    for (let run = 0; run < 2; run++) {
      expect(spawnSync(execPath, [join(folder, 'scripts/env-file.mjs')]).status).toBe(0);
      expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    }
    const { values, problems } = parseEnvFile(await readFile(join(folder, '.env')));

    expect(problems).toEqual([]);
    // Each setting is there, with its default.
    expect(settings.safeParse(values).success).toBe(true);
    expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(settings.shape)));
  });
});

describe('the command line', () => {
  it.each(['--help', '--version'])('%s answers on standard output and ends with 0', async (flag) => {
    const { code, stdout, stderr } = await runProgram({ args: [flag] });

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toBe('');
  });

  it('reports in one line that Node is too old', async () => {
    const old = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const preload = join(old, 'old-node.cjs');
    await writeFile(
      preload,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`,
    );
    const { code, stdout, stderr } = await runProgram({
      node: execPath,
      env: { NODE_OPTIONS: `--require ${preload}` },
    });

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'pluggable needs Node.js 24 or newer, found 20.20.2; start it with npm start, or with node_modules/.bin/node\n',
    );
  });
});

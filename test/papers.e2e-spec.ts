// The papers say what is so.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { manifest as redisManifest } from '../libs/cache-redis/src/index.js';
import { settingInfos } from '../src/config/settings.js';
import { ROOT, startProgram } from './support/program.js';
import { PROMISES } from './support/promises.js';
import { get } from './support/request.js';

const read = (name: string): Promise<string> => readFile(join(ROOT, name), 'utf8');

/** What the compiler says of the files. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  // Where packages are found.
  const folder = await mkdtemp(join(ROOT, 'node_modules', '.papers-'));
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
  const all = { ...files, 'package.json': '{ "type": "module" }', 'tsconfig.json': JSON.stringify(config) };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', folder]).catch(
    (error: { stdout: string }) => error,
  );
  await rm(folder, { recursive: true });
  return stdout;
}

describe('the README', () => {
  it('has a plugin of at most fifteen lines that works', async () => {
    const [, source = ''] = /```js\n(\/\/ map-cache\.mjs\n.*?)```/s.exec(await read('README.md')) ?? [];
    const path = join(await mkdtemp(join(tmpdir(), 'pluggable-')), 'map-cache.mjs');
    await writeFile(path, source);
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: path, CACHE_EXPIRATION: '1m' } });
    await get(program.url, '/fib/10');

    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
    expect(
      source.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//')).length,
    ).toBeLessThanOrEqual(15);
  });

  it('pins a plugin with commands after which the program starts with it', async () => {
    const [, commands = ''] =
      /```sh\n(export CACHE_PLUGIN_PATH=.*?)npm start\n```/s.exec(await read('README.md')) ?? [];
    const { stdout } = await promisify(execFile)('sh', ['-c', `${commands}env`], { cwd: ROOT });
    const { CACHE_PLUGIN_PATH, CACHE_PLUGIN_INTEGRITY } = parseEnv(stdout);
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: `${ROOT}${CACHE_PLUGIN_PATH}`, CACHE_PLUGIN_INTEGRITY: String(CACHE_PLUGIN_INTEGRITY) },
    });

    expect(CACHE_PLUGIN_INTEGRITY).toMatch(/^sha256-/);
    // Degraded while there is no Redis.
    const live = program.lines.filter(({ msg }) => msg.startsWith('cache plugin live'));
    expect(live).toMatchObject([{ plugin: 'cache-redis' }]);
  });

  it('lists every setting with its flag, and its default where there is a fixed one', async () => {
    const readme = await read('README.md');
    const rows = settingInfos().map(({ variable, flag, fallback, shownDefault }) => {
      return `| \`${variable}\` | ${flag === undefined ? '' : `\`--${flag}\` `}| ${shownDefault === undefined ? `\`${fallback}\` ` : ''}|`;
    });

    expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
  });
});

/** The blocks of a page that name their file. */
async function filesIn(page: string): Promise<Readonly<Record<string, string>>> {
  const blocks = (await read(page)).matchAll(/```ts\n\/\/ ([\w.-]+\.ts)[^\n]*\n(.*?)```/gs);
  return Object.fromEntries([...blocks].map(([, name = '', source = '']) => [name, source]));
}

describe.each([
  {
    page: 'docs/contracts.md',
    names: ['mailer.ts', 'mailer.host.ts', 'smtp.ts', 'main.ts', 'mailer-v2.ts', 'mailer-v2.host.ts'],
  },
  {
    page: 'docs/nest.md',
    names: [
      'mailer.ts',
      'app.module.ts',
      'archive.ts',
      'payments.ts',
      'operations.module.ts',
      'main.ts',
      'mail.module.ts',
      'orders.spec.ts',
    ],
  },
  { page: 'README.md', names: ['mailer.ts', 'app.module.ts'] },
])('$page', ({ page, names }) => {
  it('has code that compiles under strict TypeScript, as the files that it names', async () => {
    const files = await filesIn(page);
    expect(Object.keys(files)).toEqual(names);
    expect(await compile(files)).toBe('');
  });
});

const redisVariables = [...(redisManifest.env ?? []), ...(redisManifest.secrets ?? [])];

describe('.env.example', () => {
  it('has every setting with its default, where there is a fixed one, and the plugins', async () => {
    const defaults = settingInfos().map(({ variable, fallback, shownDefault }) => [
      variable,
      shownDefault === undefined ? fallback : '',
    ]);

    expect(parseEnv(await read('.env.example'))).toEqual({
      ...Object.fromEntries(defaults),
      CACHE_PLUGIN_PATH: 'dist/plugins/cache-memory.mjs',
      MEMORY_MAX_ENTRIES: '10000',
      MEMORY_MAX_BYTES: '67108864',
      ...Object.fromEntries(redisVariables.map((name) => [name, ''])),
    });
  });
});

describe('docs/promises.md', () => {
  it('has every promise, and every file that tests one', async () => {
    const page = await read('docs/promises.md');
    const titles = Object.entries(PROMISES).map(([number, promise]) => `## ${number}. ${promise}`);
    const links = (await readdir(join(ROOT, 'test/promises'))).map((file) => `](../test/promises/${file})`);

    expect([...titles, ...links].filter((part) => !page.includes(part))).toEqual([]);
  });
});

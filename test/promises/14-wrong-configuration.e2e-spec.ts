// Wrong configurations of the built program: it reports all problems in one line, shows no secret, and ends.
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { settingInfos, settings } from '../../src/config/settings.js';
import { failedStart } from '../support/failed-start.js';
import { fixture, MEMORY_PLUGIN, REDIS_PLUGIN, runProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';

/** The secrets of these tests contain this text, which must not appear. */
const SECRET = 'hunter2-and-more';
/** A text that only settings of free text accept. */
const WRONG = '?!';

/** A setting can be wrong if its schema can fail. */
const settingsThatCanBeWrong = settingInfos().filter(({ variable }) =>
  settings.safeParse({ [variable]: WRONG }).error?.issues.some(({ path }) => path[0] === variable),
);

let folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  folders = [];
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
  folders.push(folder);
  return folder;
}

async function folderWith(dotEnv: string): Promise<string> {
  const folder = await newFolder();
  await writeFile(join(folder, '.env'), dotEnv);
  return folder;
}

/** The sentence for each problem, in the order of the settings. */
const problemsIn = (stderr: string): string[] =>
  stderr
    .replace(/^pluggable: wrong configuration: /, '')
    .trimEnd()
    .split('; ');

promise(14, () => {
  it('reports the problem of every wrong setting in one line, and nothing else', async ({ task }) => {
    const env = Object.fromEntries(settingsThatCanBeWrong.map(({ variable }) => [variable, WRONG]));
    const { stderr, stdout, durationMs } = await failedStart({ env });

    expect(settingsThatCanBeWrong.length).toBeGreaterThan(10);
    expect(problemsIn(stderr)).toEqual(
      settingsThatCanBeWrong.map(({ variable, isSecret }) =>
        expect.stringMatching(`^${variable} is ${isSecret ? 'wrong \\(the value is secret\\)' : '"\\?!"'}, wanted .`),
      ),
    );
    expect(stdout).toBe('');
    figure(task, `${settingsThatCanBeWrong.length} problems at once, ended after ${Math.round(durationMs)} ms`);
  });

  it('names the flag if its value is wrong', async () => {
    const flags = settingsThatCanBeWrong.flatMap(({ flag }) => flag ?? []);
    const { stderr, stdout } = await failedStart({ args: flags.map((flag) => `--${flag}=${WRONG}`) });

    expect(problemsIn(stderr)).toEqual(flags.map((flag) => expect.stringContaining(`--${flag} is "?!", wanted `)));
    expect(stdout).toBe('');
  });

  it('lists the problems of flags, environment and .env together', async () => {
    const { stderr, stdout } = await failedStart({
      cwd: await folderWith('FIB_MAX_N=79\nCACHE_TIMEOUT=1s\nLOG_LEVEL=loud\n'),
      env: { PORT: '65536', CACHE_TIMEOUT: '5', LOG_LEVEL: 'louder' },
      args: ['serve', '--cache-expiration=0s', '-log-level', 'loudest', '--prot=1', '-x'],
    });

    expect(problemsIn(stderr).map((problem) => problem.split(',')[0])).toEqual([
      'unexpected argument "serve"',
      'unknown flag --prot (did you mean --port?)',
      'unknown flag -x',
      'PORT is "65536"',
      '--log-level is "loudest"',
      '--cache-expiration is "0s"',
      'CACHE_TIMEOUT is "5"',
      'FIB_MAX_N is "79"',
      '--help lists the flags',
    ]);
    expect(stdout).toBe('');
  });

  it.each([
    ['numbers out of their range', { PORT: '-1', COMPUTE_WORKERS: '0', FIB_MAX_N: '1000' }],
    ['numbers in another notation', { PORT: '0x50', COMPUTE_WORKERS: '+2', FIB_MAX_N: '5e1' }],
    ['blanks around numbers', { PORT: ' 80', COMPUTE_WORKERS: '2 ', FIB_MAX_N: '\t5' }],
    ['texts that are not numbers', { PORT: 'NaN', COMPUTE_WORKERS: 'Infinity', FIB_MAX_N: '٥' }],
    ['durations without a unit', { CACHE_EXPIRATION: '15', CACHE_TIMEOUT: '100', COMPUTE_TIMEOUT: '0' }],
    ['durations out of their range', { CACHE_EXPIRATION: '0s', CACHE_TIMEOUT: '-1s', SHUTDOWN_GRACE: '597h' }],
    ['durations below a millisecond', { CACHE_EXPIRATION: '1500us', CACHE_TIMEOUT: '0.5ms', SHUTDOWN_GRACE: '1ns' }],
    ['delays of a shutdown that are no durations', { SHUTDOWN_DELAY: '5' }],
    ['negative delays of a shutdown', { SHUTDOWN_DELAY: '-1s' }],
    ['delays of a shutdown above their range', { SHUTDOWN_DELAY: '597h' }],
    ['names in capitals', { LOG_LEVEL: 'INFO', CACHE_PLUGIN_ISOLATION: 'Worker', CACHE_PLUGIN_REQUIRED: 'TRUE' }],
    ['lines and escapes in values', { PORT: '80\n81', LOG_FORMAT: '\u001B[2Jjson', FIB_MAX_N: '5\r\n' }],
  ])('refuses %s', async (_what, env) => {
    const { stderr, stdout } = await failedStart({ env });

    expect(problemsIn(stderr)).toEqual(
      Object.entries(env).map(([variable, value]) =>
        expect.stringContaining(`${variable} is ${JSON.stringify(value)}, wanted `),
      ),
    );
    expect(stdout).toBe('');
  });

  it.each([
    ['an unknown flag', '--prot=1', 'did you mean --port?'],
    ['a flag without its value', '--port', '--port has no value'],
    ['a stray argument', 'serve', 'unexpected argument'],
    ['a line break in a flag', '--po\nrt', 'unknown flag --po\\nrt'],
  ])('refuses %s', async (_what, arg, sentence) => {
    const { stderr, stdout } = await failedStart({ args: [arg] });

    expect(stderr).toContain(sentence);
    expect(stderr).toContain('; --help lists the flags');
    expect(stdout).toBe('');
  });

  it('refuses ambiguous lines of .env, each with its number, together with other problems', async () => {
    const dotEnv = await readFile(fixture('faults/unreadable.env'), 'utf8');
    const { stderr, stdout } = await failedStart({
      cwd: await folderWith(`${dotEnv}REDIS_URL="redis://:${SECRET}@localhost\n`),
      env: { PORT: 'x', ADMIN_TOKEN: SECRET },
    });

    expect(problemsIn(stderr)).toEqual([
      '.env line 1: the # in the value of ADMIN_TOKEN begins a comment for many programs, wanted it quoted: ADMIN_TOKEN="..."',
      '.env line 2: the # in the value of REDIS_PASSWORD begins a comment for many programs, wanted it quoted: REDIS_PASSWORD="..."',
      '.env line 3: found a line that is not NAME=value, wanted that or a comment with #',
      '.env line 4: the value of REDIS_URL begins with " and does not end with it, wanted it closed',
      expect.stringContaining('PORT is "x"'),
    ]);
    expect(stderr).not.toMatch(/abc|def|s3cret|30s/);
    expect(stderr + stdout).not.toContain(SECRET);
  });

  it('refuses a .env that is not UTF-8, and one that is a dangling link', async () => {
    const utf16 = await newFolder();
    await writeFile(join(utf16, '.env'), Buffer.from('\uFEFFPORT=0\n', 'utf16le'));
    const dangling = await newFolder();
    await symlink(join(dangling, 'nowhere'), join(dangling, '.env'));

    expect((await failedStart({ cwd: utf16 })).stderr).toContain('.env is UTF-16 or binary, wanted UTF-8');
    expect((await failedStart({ cwd: dangling })).stderr).toContain('.env is a link to a missing file');
  });

  it('reports that .env cannot be read', async () => {
    const cwd = await newFolder();
    await mkdir(join(cwd, '.env'));
    const { stderr, stdout } = await failedStart({ cwd });

    expect(stderr).toContain('wrong configuration: .env cannot be read (EISDIR');
    expect(stdout).toBe('');
  });

  it.each([
    ['in the environment', { ADMIN_TOKEN: `${SECRET}\n` }, ''],
    ['in .env', {}, `ADMIN_TOKEN=" ${SECRET}"\n`],
    ['that is not ASCII', { ADMIN_TOKEN: `${SECRET}ü` }, ''],
  ])('refuses an admin token that a client cannot send, and does not show it: %s', async (_where, env, dotEnv) => {
    const { stderr, stdout } = await failedStart({ cwd: await folderWith(dotEnv), env: { ...env, PORT: 'x' } });

    expect(problemsIn(stderr)).toEqual([
      expect.stringContaining('PORT is "x"'),
      expect.stringMatching(/^ADMIN_TOKEN is wrong \(the value is secret\), wanted printable ASCII/),
    ]);
    expect(stderr + stdout).not.toContain(SECRET);
  });

  it('refuses an admin token that can be guessed, and does not show it', async () => {
    const { stderr } = await failedStart({ env: { ADMIN_TOKEN: 'fifteen-letters' } });

    expect(problemsIn(stderr)).toEqual([
      'ADMIN_TOKEN is wrong (the value is secret), wanted at least 16 characters, like those of openssl rand -hex 16',
    ]);
  });

  it.each([
    ['of the application', { ADMIN_TOKEN: SECRET, REDIS_PASSWORD: SECRET, PORT: 'x' }],
    ['of the plugin', { REDIS_PASSWORD: SECRET, REDIS_DB: '-1' }],
    ['of the plugin, in a URL', { REDIS_URL: `redis://user:${SECRET}@localhost:99999/x` }],
    ['of the plugin, set twice', { REDIS_URL: `redis://:${SECRET}@localhost`, REDIS_PASSWORD: SECRET }],
  ])('shows no secret with a wrong setting %s, with stacks or without', async (_whose, env) => {
    const { stderr, stdout } = await failedStart({ env: { PORT: '0', CACHE_PLUGIN_PATH: REDIS_PLUGIN, ...env } });
    const withStacks = await runProgram({
      env: { PORT: '0', CACHE_PLUGIN_PATH: REDIS_PLUGIN, LOG_LEVEL: 'trace', ...env },
    });

    expect(withStacks.stderr).toMatch(/\n\s+at /);
    expect(stderr + stdout + withStacks.stderr + withStacks.stdout).not.toContain(SECRET);
  });

  it.each([
    ['CACHE_PLUGIN_PATH', { CACHE_PLUGIN_PATH: 'no\nsuch\u001B[2J.mjs' }],
    ['CACHE_PLUGIN_FACTORY_NAME', { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_FACTORY_NAME: 'a\nb' }],
    ['CACHE_PLUGIN_INTEGRITY', { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_PLUGIN_INTEGRITY: 'sha256-a\nb' }],
    ['HOST', { HOST: 'no\nsuch' }],
  ])('prints one line for any characters in %s', async (name, env) => {
    expect((await failedStart({ env: { PORT: '0', ...env } })).stderr).toContain(name);
  });

  it('stops for a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const env = { PORT: String(port), HOST: '127.0.0.1', CACHE_PLUGIN_PATH: MEMORY_PLUGIN };
      const { stderr } = await failedStart({ env });

      expect(stderr).toContain(`cannot listen on HOST 127.0.0.1, PORT ${port}: the port is in use; `);
    } finally {
      other.close();
    }
  });

  it.each(['203.0.113.7', 'no.such.invalid', '[::1]'])(
    'stops for HOST %s, which this machine does not have',
    async (host) => {
      const { stderr } = await failedStart({ env: { PORT: '0', HOST: host } });

      expect(stderr).toContain(`cannot listen on HOST ${host}, PORT 0: this machine has no such address; `);
    },
  );
});

// The code blocks of the documents: each names its file, compiles, and runs. Each command names things that exist.
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { defineContract } from '@pluggable/contract';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsIn, problemsOf } from './docs-commands.js';
import { blocksIn, blocksOf, LANGUAGES, PAGES, Snippets } from './docs-snippets.js';
import { openPlugin } from './support/built-host.js';
import { freePort } from './support/free-port.js';
import { MEMORY_PLUGIN, ROOT, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';

const run = promisify(execFile);
const blocks = (await Promise.all(PAGES.map(blocksOf))).flat();
const checked = blocks.filter(({ excuse }) => excuse === undefined);

let snippets: Snippets;
let compilerErrors: ReadonlyMap<string, readonly string[]>;

/** The block of a page that is a file. */
function textOf(page: string, file: string): string {
  const block = checked.find((one) => one.file === file && one.place.startsWith(`${page}:`));
  if (block === undefined) throw new Error(`there is no ${file} in ${page}`);
  return block.text;
}

/** The commands of a page that begin with a text. */
function commandsOf(page: string, start: string): string {
  const text = checked.find((one) => one.place.startsWith(`${page}:`) && one.text.startsWith(start))?.text;
  if (text === undefined) throw new Error(`there is no ${start} in ${page}`);
  return text;
}

/** The lines of code: without blanks, comments and imports. */
function linesOf(code: string): string[] {
  return code.split('\n').filter((line) => !/^\s*$|^\/\/|^import /.test(line));
}

/** A plugin with one method, which says what it is. */
function pluginOf(kind: string, method: string): string {
  return `export const manifest = { kind: '${kind}', contract: 1, name: 'own', version: '1.0.0' };
export const Factory = () => ({ ${method}: async () => '${method} by own' });`;
}

const postJson = (url: string, path: string, body: unknown) =>
  ask(url, path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  }).answer;

beforeAll(async () => {
  snippets = await Snippets.write();
  compilerErrors = await snippets.compile(textOf('docs/nest.md', 'tsconfig.json'));
});
afterAll(() => snippets[Symbol.asyncDispose]());

describe('every code block', () => {
  it('is TypeScript, JavaScript, JSON or a shell command, or is excused with a reason', () => {
    const others = checked.filter(({ language }) => !LANGUAGES.includes(language));
    expect(others.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
  });

  it('names its file, unless it has commands', () => {
    const unnamed = checked.filter(({ language, file }) => language !== 'sh' && file === undefined);
    expect(unnamed.map(({ place }) => place)).toEqual([]);
  });

  it('names a file that no other block of its page names', () => {
    const names = checked.flatMap(({ place, file }) => (file === undefined ? [] : [`${place.split(':')[0]} ${file}`]));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(checked.filter(({ language }) => language === 'json'))('of JSON can be parsed: $place', ({ text }) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it.each(checked.filter(({ language }) => language === 'sh'))(
    'of commands names scripts, flags, settings, files, packages and routes that exist: $place',
    ({ text }) => {
      expect(commandsIn(text).flatMap(problemsOf)).toEqual([]);
    },
  );

  it.each(PAGES)('of TypeScript compiles with the settings of docs/nest.md: %s', (page) => {
    expect(compilerErrors.get(page)).toEqual([]);
  });
});

describe('README.md', () => {
  it('has an application that injects its plugin', async () => {
    const port = await freePort();
    await using app = snippets.run('README.md', 'main.js', { PORT: String(port) });
    await app.listens(port);

    const answer = await ask(`http://127.0.0.1:${port}`, '/orders', { method: 'POST' }).answer;
    expect(answer).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    await app.says('[plugin/console] mail');
    snippets.hasRun('README.md', 'console.mjs');
  });

  it('has a plugin of at most ten lines, and an application of at most fifteen beside its imports', () => {
    expect(linesOf(textOf('README.md', 'console.mjs')).length).toBeLessThanOrEqual(10);
    expect(linesOf(textOf('README.md', 'main.ts')).length).toBeLessThanOrEqual(15);
  });
});

describe('docs/nest.md', () => {
  const page = 'docs/nest.md';

  it('has an application with health and admin routes, and an answer for domain errors', async () => {
    const port = await freePort();
    const env = {
      PORT: String(port),
      MAILER_PLUGIN: 'plugins/console.mjs',
      MAILER_ISOLATION: 'inline',
      ADMIN_TOKEN: 'token',
    };
    await using app = snippets.run(page, 'main.js', env);
    await app.listens(port);
    const url = `http://127.0.0.1:${port}`;

    expect(await postJson(url, '/orders', { address: 'ada@example.org' })).toMatchObject({
      status: 201,
      body: { mail: expect.stringMatching(/ by console$/) },
    });
    expect(await postJson(url, '/orders', { address: 'ada' })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_ADDRESS' },
    });
    expect(await get(url, '/health')).toMatchObject({ status: 200, body: { details: { mailer: { status: 'up' } } } });
    expect(await get(url, '/admin/plugins')).toMatchObject({ status: 401 });
    snippets.hasRun(page, 'plugins/console.mjs');
  });

  it('has an application that says in one sentence that its plugin is missing', async () => {
    await using app = snippets.run(page, 'main.js', { MAILER_PLUGIN: 'plugins/none.mjs' });
    expect(await app.ended()).toBe(1);
    expect(app.output).toMatch(/^plugin \S+none\.mjs: found no such file, wanted [^\n]+; correct MAILER_PLUGIN\n$/);
  });

  it('has modules for several plugins, for a folder, and for a domain', async () => {
    await snippets.add(page, {
      'plugins/disk.mjs': pluginOf('storage', 'put'),
      'plugins/payments/card.mjs': pluginOf('payment', 'pay'),
      'driver.mjs': `import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Archive, ArchiveModule } from './archive.js';
import { MAIL, MailModule } from './mail.module.js';
import { Checkout, PaymentModule } from './payments.js';

class Root {}
const imports = [ArchiveModule, PaymentModule, MailModule.forRoot()];
const app = await NestFactory.createApplicationContext({ module: Root, imports }, { logger: false });
await app.get(Archive, { strict: false }).archive.put('key', new Uint8Array());
const checkout = app.get(Checkout, { strict: false });
const unknown = await checkout.pay('cash', 1).catch((error) => error.message);
const mail = await app.get(MAIL, { strict: false }).send('ada@example.org', 'hello');
console.log(JSON.stringify([await checkout.pay('own', 1), unknown, mail]));
await app.close();`,
    });
    await using app = snippets.run(page, 'driver.mjs');
    expect(await app.ended()).toBe(0);
    expect(JSON.parse(app.output)).toEqual(['pay by own', 'no provider cash; known: own', { id: 'none' }]);
  });

  it('has a module for metrics', async () => {
    await snippets.add(page, {
      'metrics-driver.mjs': `import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { MetricsModule } from './metrics.module.js';
import { PaymentModule } from './payments.js';

class Root {}
const app = await NestFactory.create({ module: Root, imports: [PaymentModule, MetricsModule] }, { logger: false });
await app.listen(0, '127.0.0.1');
const answer = await fetch((await app.getUrl()) + '/metrics');
console.log(await answer.text());
await app.close();`,
    });
    await using app = snippets.run(page, 'metrics-driver.mjs');
    expect(await app.ended()).toBe(0);
    expect(app.output).toContain('pluggable_plugin_state{name="payment/own",state="live"} 1');
  });

  it('has tests that pass in vitest', async () => {
    expect(await snippets.tool(page, 'vitest', 'run', 'orders.spec.ts')).toMatch(/Tests\s+3 passed/);
    snippets.hasRun(page, 'orders.spec.ts');
  });

  it('has the configuration of Jest with which the packed packages are tested', async () => {
    const wanted = JSON.parse(await readFile(join(ROOT, 'test/fixtures/installed/nest-11-jest/package.json'), 'utf8'));
    expect(JSON.parse(textOf(page, 'jest/package.json'))).toMatchObject({
      scripts: { test: wanted.scripts.test },
      jest: wanted.jest,
    });
  });

  it('has a test that passes in node:test', async () => {
    await using test = snippets.run(page, 'orders.test.js', { NODE_ENV: 'test' });
    expect(await test.ended()).toBe(0);
    expect(test.output).toMatch(/(pass|passed) 1\b/);
  });

  it('has a CommonJS application', async () => {
    await using app = snippets.run(page, 'common-js.cjs');
    expect(await app.ended()).toBe(0);
    expect(app.output).toMatch(/^\{ id: '.+' \}$/m);
  });
});

describe('docs/contracts.md', () => {
  const page = 'docs/contracts.md';
  const env = { SMTP_URL: 'smtp://127.0.0.1' };

  it('has a contract, a plugin and a program that calls it', async () => {
    const [, bundle = ''] = /`npx rolldown ([^`]+)`/.exec(await snippets.pageText(page)) ?? [];
    await snippets.tool(page, 'rolldown', ...bundle.split(' '));
    await using program = snippets.run(page, 'main.js', env);
    expect(await program.ended()).toBe(0);
    expect(program.output).toContain("{ id: '1' }");
    snippets.hasRun(page, 'smtp.ts');
  });

  it('has an adapter by which the plugin serves under version 2', async () => {
    const driver = `import { openPlugin } from '@pluggable/host';
import { MAILER_V2_HOST } from './mailer-v2.host.js';
const plugin = await openPlugin(MAILER_V2_HOST, { path: 'smtp.mjs' });
const { contract } = plugin.status();
console.log(JSON.stringify([contract, await plugin.proxy.send(['a@b', 'c@d'], 'hello')]));
await plugin.close();`;
    await snippets.add(page, { 'driver.mjs': driver });
    await using program = snippets.run(page, 'driver.mjs', env);
    expect(await program.ended()).toBe(0);
    expect(JSON.parse(program.output)).toEqual([1, { ids: ['1', '1'] }]);
  });
});

describe('docs/plugin-authors.md', () => {
  const page = 'docs/plugin-authors.md';
  const MAILER = defineContract<{ send(to: string, text: string): Promise<{ id: string }> }>({
    kind: 'mailer',
    version: 1,
    methods: { send: { args: ['to', 'text'] } },
  });

  it.each(ISOLATIONS)('has a plugin in JavaScript that runs as it is, %s', async (isolation) => {
    const plugin = await openPlugin(MAILER, { path: snippets.path(page, 'console.mjs'), isolation });
    expect(await plugin.proxy.send('ada@example.org', 'hello')).toEqual({ id: expect.any(String) });
    await plugin.close();
    snippets.hasRun(page, 'console.mjs');
  });

  it('has a plugin in TypeScript that is bundled, and whose test passes in every isolation', async () => {
    await snippets.tool(page, 'rolldown', '-c');
    expect(await snippets.tool(page, 'vitest', 'run', 'webhook.spec.ts')).toMatch(/Tests\s+3 passed/);
    snippets.hasRun(page, 'rolldown.config.js', 'webhook.ts', 'webhook.spec.ts', 'mailer.ts');
  });

  it('has a plugin that loads a native addon beside it, in every isolation', async () => {
    // Any addon will do: it is loaded, and not called.
    const [addon = ''] = globSync('node_modules/lightningcss-*/*.node', { cwd: ROOT });
    await copyFile(join(ROOT, addon), snippets.path(page, 'thumbnail.node'));
    const driver = `import { defineContract } from '@pluggable/contract';
import { inEveryIsolation } from '@pluggable/nestjs/testing';
const methods = { resize: { args: ['bytes', 'width'] } };
const THUMBNAIL = defineContract({ kind: 'thumbnail', version: 1, methods });
await inEveryIsolation(THUMBNAIL, { path: 'thumbnail.mjs' }, async (_, isolation) => console.log(isolation));`;
    await snippets.add(page, { 'driver.mjs': driver });
    await using program = snippets.run(page, 'driver.mjs');
    expect(await program.ended()).toBe(0);
    expect(program.output.trim().split('\n')).toEqual([...ISOLATIONS]);
    snippets.hasRun(page, 'thumbnail.mjs');
  });
});

describe('docs/errors.md', () => {
  it('has a function that tells late calls from others', async () => {
    const page = 'docs/errors.md';
    const driver = `import { PluginError } from '@pluggable/nestjs';
import { isLate } from './is-late.js';
const errorOf = (code) => new PluginError(code, { path: '', found: '', wanted: '', fix: '' });
console.log(isLate(errorOf('PLUGIN_CALL_TIMEOUT')), isLate(errorOf('PLUGIN_CLOSED')), isLate(new Error('late')));`;
    await snippets.add(page, { 'driver.mjs': driver });
    await using program = snippets.run(page, 'driver.mjs');
    expect(await program.ended()).toBe(0);
    expect(program.output).toBe('true false false\n');
  });
});

describe('docs/operators.md', () => {
  const page = 'docs/operators.md';

  it('pins a plugin with commands after which the program starts with it', async () => {
    const commands = commandsOf(page, 'export CACHE_PLUGIN_PATH').replace('npm start\n', 'env');
    const { stdout } = await run('sh', ['-c', commands], { cwd: ROOT });
    const { CACHE_PLUGIN_PATH, CACHE_PLUGIN_INTEGRITY } = parseEnv(stdout);
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: `${ROOT}${CACHE_PLUGIN_PATH}`, CACHE_PLUGIN_INTEGRITY: String(CACHE_PLUGIN_INTEGRITY) },
    });

    expect(CACHE_PLUGIN_INTEGRITY).toMatch(/^sha256-/);
    // Degraded while there is no Redis.
    const live = program.lines.filter(({ msg }) => msg.startsWith('cache plugin live'));
    expect(live).toMatchObject([{ plugin: 'cache-redis' }]);
  });

  it('swaps a plugin with a command', async () => {
    const ADMIN_TOKEN = 'a token for the test';
    await using program = await startProgram({ cwd: ROOT, env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, ADMIN_TOKEN } });
    const command = commandsOf(page, 'curl -H').replace('localhost:8080', program.url.replace('http://', ''));
    const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, ADMIN_TOKEN } });
    expect(JSON.parse(stdout)).toMatchObject({ swaps: 1, plugin: { isolation: 'process', state: 'live' } });
  });
});

describe('docs/reference-application.md', () => {
  const page = 'docs/reference-application.md';

  it('has a cache plugin of at most fifteen lines with which the program serves', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'pluggable-')), 'map-cache.mjs');
    const source = textOf(page, 'map-cache.mjs');
    await writeFile(path, source);
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: path, CACHE_EXPIRATION: '1m' } });
    await get(program.url, '/fib/10');

    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
    expect(linesOf(source).length).toBeLessThanOrEqual(15);
    snippets.hasRun(page, 'map-cache.mjs');
  });

  it('shows the problem that a wrong n gets', async () => {
    await using program = await startProgram();
    expect((await get(program.url, '/fib/51')).body).toEqual(JSON.parse(textOf(page, 'problem.json')));
  });
});

describe('the READMEs of the packages', () => {
  it.each([
    { page: 'libs/host/README.md', plugin: 'german.mjs', output: 'Guten Tag, Ada.' },
    { page: 'libs/nestjs/README.md', plugin: 'console.mjs', output: "{ id: '" },
    { page: 'libs/cache/README.md', output: 'a new quote of ADA' },
    { page: 'libs/otel/README.md', main: 'tracing.js', output: '' },
  ])('have a program that runs: $page', async ({ page, main = 'main.js', plugin, output }) => {
    await using program = snippets.run(page, main);
    expect(await program.ended()).toBe(0);
    expect(program.output).toContain(output);
    if (plugin !== undefined) snippets.hasRun(page, plugin);
  });

  it('have a plugin that serves: libs/contract/README.md', async () => {
    const page = 'libs/contract/README.md';
    const driver = `import { openPlugin } from '@pluggable/host';
import { GREETING } from './german.js';
const plugin = await openPlugin(GREETING, { path: 'german.js' });
console.log(await plugin.proxy.greet('Ada'));
await plugin.close();`;
    await snippets.add(page, { 'driver.mjs': driver });
    await using program = snippets.run(page, 'driver.mjs');
    expect(await program.ended()).toBe(0);
    expect(program.output).toBe('Guten Tag, Ada.\n');
  });

  it('have tests of caches that pass, and a proxy that runs: libs/testkit/README.md', async () => {
    const page = 'libs/testkit/README.md';
    await snippets.add(page, { 'dist/note': '' });
    await copyFile(MEMORY_PLUGIN, snippets.path(page, 'dist/my-cache.mjs'));
    const specs = ['my-cache.spec.ts', 'clock-cache.spec.ts'];
    const output = await snippets.tool(page, 'vitest', 'run', '--testTimeout=20000', ...specs);
    expect(output).toMatch(/Test Files\s+2 passed/);
    snippets.hasRun(page, ...specs);
    await using program = snippets.run(page, 'proxy.js');
    expect(await program.ended()).toBe(0);
  });
});

it('every file of code has run in one of the tests above', async () => {
  expect(await snippets.notRun()).toEqual([]);
});

describe('the check of the blocks', () => {
  it('finds names, languages and excuses', () => {
    const fence = '```';
    const page = [
      'text',
      '<!-- not run: a reason -->',
      '',
      `${fence}yaml`,
      'a: 1',
      fence,
      `${fence}ts`,
      '// a.ts: why',
      fence,
    ];
    expect(blocksIn([...page, `${fence}js`, 'call();', fence].join('\n'), 'page.md')).toMatchObject([
      { place: 'page.md:4', language: 'yaml', excuse: 'a reason', file: undefined },
      { place: 'page.md:7', language: 'ts', excuse: undefined, file: 'a.ts' },
      { place: 'page.md:10', language: 'js', excuse: undefined, file: undefined },
    ]);
  });

  it.each([
    ['npm run nothing', ['the script nothing']],
    ['npm start -- --prot=1', ['the flag --prot']],
    ['npm start -- --cache-plugin-path=dist/plugins/none.mjs', ['the file dist/plugins/none.mjs']],
    ['npm install left-pad', ['the package left-pad']],
    ['PROT=1 npm test', ['the setting PROT']],
    ['export CACHE_PLUGIN_PATH=dist/none.mjs', ['the file dist/none.mjs']],
    ['curl localhost:8080/fob/1', ['the route localhost:8080/fob/1']],
    ['node --no-such-flag dist/main.js', ['the options --no-such-flag of node']],
    ['make all', ['the program make']],
  ])('refuses the command %s', (command, problems) => {
    expect(problemsOf(command)).toEqual(problems);
  });
});

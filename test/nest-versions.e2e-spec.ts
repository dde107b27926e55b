// The generic Nest module on Nest 11 and 12, Express and Fastify: a full application as a real process.
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, isRunning } from './support/children.js';
import { eventually } from './support/eventually.js';
import {
  type AdapterName,
  GREETERS,
  greeter,
  InstalledApplication,
  NestApplication,
  type NestMajor,
  payment,
} from './support/nest-application.js';

const run = promisify(execFile);

const COMBINATIONS: readonly { readonly major: NestMajor; readonly adapter: AdapterName }[] = [
  { major: 11, adapter: 'express' },
  { major: 11, adapter: 'fastify' },
  { major: 12, adapter: 'express' },
  { major: 12, adapter: 'fastify' },
];

let installed: Readonly<Record<NestMajor, InstalledApplication>>;

beforeAll(async () => {
  installed = { 11: await InstalledApplication.create(11), 12: await InstalledApplication.create(12) };
  return async () => {
    for (const one of Object.values(installed)) await one[Symbol.asyncDispose]();
  };
});

beforeAll(async () => {
  const compiled = await Promise.allSettled(Object.values(installed).map((one) => one.compile()));
  for (const one of compiled) if (one.status === 'rejected') throw one.reason;
});

/** The answer of PluginProblemFilter. */
const problem = (status: number, code?: string): unknown =>
  expect.objectContaining({
    status,
    headers: expect.objectContaining({ 'content-type': 'application/problem+json; charset=utf-8' }),
    body: expect.objectContaining({ type: 'about:blank', status, ...(code !== undefined && { code }) }),
  });

describe.each(COMBINATIONS)('on Nest $major with $adapter', ({ major, adapter }) => {
  let application: NestApplication;

  beforeAll(async () => {
    application = await NestApplication.start(installed[major], adapter);
    return () => application[Symbol.asyncDispose]();
  });

  it('runs as its packages are shipped, on the Nest and the adapter of the application', async () => {
    const { body } = await application.get('/about');
    const version = expect.stringMatching(new RegExp(`^${major}\\.`)) as unknown;

    expect(body).toMatchObject({ core: version, commonOfLibrary: version, terminusOfLibrary: version, adapter });
    expect(body).toHaveProperty('library', expect.stringContaining(installed[major].folder));
  });

  it('injects plugins, inline and in a separate process', async () => {
    expect((await application.get('/greetings/english/Ann')).body).toEqual({ greeting: 'english greets Ann' });
    expect((await application.get('/greetings/isolated/Ann')).body).toEqual({ greeting: 'isolated greets Ann' });
    expect((await application.admin('GET', '/greeter/isolated')).body).toMatchObject({
      plugin: { isolation: 'process' },
    });
  });

  it('limits a plugin to the module that imports it', async () => {
    expect((await application.get('/feature/Ann')).body).toEqual({ greeting: 'feature greets Ann' });
    expect((await application.get('/about')).body).toMatchObject({ canInjectFeature: false });
  });

  it('serves with the fallback if no plugin is configured', async () => {
    expect((await application.get('/greetings/absent/Ann')).body).toEqual({ greeting: 'fallback greets Ann' });
    expect((await application.admin('GET', '/greeter/absent')).body).toMatchObject({ state: 'none', plugin: null });
  });

  it('reports each plugin as up', async () => {
    const { status, body } = await application.get('/health');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      details: {
        greeter: { status: 'up', state: 'live', name: 'english' },
        'greeter/feature': { status: 'up', state: 'live' },
        'greeter/absent': { status: 'up', state: 'none' },
        cache: { status: 'up', state: 'live' },
        'cache/sessions': { status: 'up', state: 'live' },
        'payment/shop/*': { status: 'up', plugins: 2 },
      },
    });
  });

  it('stays ready with a plugin whose ping fails, unless the plugin must be live', async () => {
    await application.ask('PUT', '/greetings/ailing/illness');
    try {
      const answer = await application.get('/health');
      const status = major === 11 ? { all: 'ok', ailing: 'up' } : { all: 'degraded', ailing: 'degraded' };
      const details = { 'greeter/ailing': { status: status.ailing, state: 'degraded', error: 'PLUGIN_CALL_FAILED' } };
      expect(answer).toMatchObject({ status: 200, body: { status: status.all, details } });

      const strict = await application.get('/health/strict');
      expect(strict).toMatchObject({
        status: 503,
        body: { status: 'error', error: { 'greeter/ailing': { status: 'down', state: 'degraded' } } },
      });
    } finally {
      await application.ask('DELETE', '/greetings/ailing/illness');
    }
    expect(await application.get('/health/strict')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('requires the token for the admin routes', async () => {
    const path = join(application.plugins, 'sessions/other.mjs');
    for (const [method, route, body] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', '/cache/sessions'],
      ['POST', '/cache/sessions', { path }],
    ] as const) {
      const headers = { Authorization: 'Bearer wrong' };
      expect(await application.ask(method, `/admin/plugins${route}`, body)).toMatchObject({ status: 401 });
      expect(await application.ask(method, `/admin/plugins${route}`, body, headers)).toMatchObject({ status: 403 });
    }
    expect((await application.admin('GET', '/cache/sessions')).body).toMatchObject({ swaps: 0 });
  });

  it('swaps one of two caches, and leaves the other unchanged', async () => {
    for (const name of ['default', 'sessions']) {
      await application.ask('PUT', `/caches/${name}/key`, { value: name });
      expect((await application.get(`/caches/${name}/key`)).body).toEqual({ status: 'hit', value: name });
    }
    const before = (await application.admin('GET', '/cache')).body;

    const path = join(application.plugins, 'sessions/other.mjs');
    const swap = await application.admin('POST', '/cache/sessions', { path });
    expect(swap).toMatchObject({ status: 200, body: { name: 'cache/sessions', plugin: { name: 'other' }, swaps: 1 } });

    expect((await application.get('/caches/sessions/key')).body).toEqual({ status: 'not-found' });
    expect((await application.admin('GET', '/cache')).body).toEqual(before);
    expect((await application.get('/caches/default/key')).body).toEqual({ status: 'hit', value: 'default' });
  });

  it('refuses an impossible swap with a problem: 422 with the code, 404 for an unknown plugin, 400 for a wrong body', async () => {
    const before = (await application.admin('GET', '')).body;
    const swap = (name: string, body: object) => application.admin('POST', name, body);
    const path = (name: string): string => join(application.plugins, name);

    expect(await swap('/cache', { path: path('missing.mjs') })).toEqual(problem(422, 'PLUGIN_NOT_FOUND'));
    expect(await swap('/cache', { path: path('english.mjs') })).toEqual(problem(422, 'PLUGIN_WRONG_KIND'));
    const outside = { path: path('cache.mjs') };
    expect(await swap('/cache/sessions', outside)).toEqual(problem(422, 'PLUGIN_OUTSIDE_DIRECTORY'));
    expect(await swap('/mailer', outside)).toEqual(problem(404));
    expect(await swap('/cache', { file: path('cache.mjs') })).toEqual(problem(400));
    expect((await application.admin('GET', '')).body).toEqual(before);
  });

  it('follows the changes of a folder on a refresh', async () => {
    const file = (name: string): string => join(application.payments, `${name}.mjs`);
    expect((await application.get('/payments')).body).toEqual({ payments: ['card', 'cash'], failed: [] });

    await writeFile(file('wire'), payment('wire'));
    await writeFile(file('broken'), 'export const manifest =');
    await rm(file('cash'));
    const changes = { added: ['wire'], changed: [], removed: ['cash'], failed: ['broken.mjs'] };
    expect(await application.admin('POST', '')).toMatchObject({
      status: 200,
      body: { folders: { 'payment/shop': changes } },
    });

    expect((await application.get('/payments')).body).toEqual({ payments: ['card', 'wire'], failed: ['broken.mjs'] });
    expect((await application.ask('POST', '/payments/wire/5')).body).toEqual({ receipt: '5 by wire' });
    expect((await application.admin('GET', '/payment/shop/wire')).body).toMatchObject({ state: 'live' });
    expect(await application.admin('GET', '/payment/shop/cash')).toEqual(problem(404));
    const swap = await application.admin('POST', '/payment/shop/card', { path: file('wire') });
    expect(swap).toEqual(problem(422, 'PLUGIN_NOT_SWAPPABLE'));
    const { details } = (await application.get('/health')).body as { details: Record<string, object> };
    expect(details['payment/shop/*']).toMatchObject({
      status: major === 11 ? 'up' : 'degraded',
      failed: 1,
    });
  });

  it('answers 504 for a late plugin, 502 for a failing one, and 503 while a breaker is open', async () => {
    const fail = () => application.get('/greetings/failing/error');

    expect(await application.get('/greetings/late/never')).toEqual(problem(504, 'PLUGIN_CALL_TIMEOUT'));
    const failed = await fail();
    expect(failed).toEqual(problem(502, 'PLUGIN_CALL_FAILED'));
    expect(JSON.stringify(failed.body)).not.toContain('secret');
    const refused = await eventually('an open breaker', async () => {
      const answer = await fail();
      return answer.status !== 502 && answer;
    });
    expect(refused).toEqual(problem(503, 'PLUGIN_BREAKER_OPEN'));
    expect(refused.headers['retry-after']).toBe('1');
  });

  it('closes its plugins after the last answer, the server and all consumers, and leaves no process', async () => {
    const { program } = application;
    const children = childrenOf(program.pid);
    expect(children).toHaveLength(1);
    const lastAnswer = application.get('/greetings/isolated/slow');
    await program.line('[plugin/isolated] greets slowly');

    const { code, stderr } = await program.stop();
    const lines = program.lines.map(({ msg }) => msg);
    const at = (line: string): number => lines.findIndex((msg) => msg.includes(line));
    const firstClose = Math.min(...GREETERS.map((name) => at(`[plugin/${name}] closed`)));

    expect([stderr, code]).toEqual(['', null]);
    expect((await lastAnswer).body).toEqual({ greeting: 'isolated greets slow' });
    for (const name of GREETERS) expect(lines.filter((msg) => msg.includes(`[plugin/${name}] closed`))).toHaveLength(1);
    for (const [consumer, plugin] of [
      ['FeatureConsumer', 'feature'],
      ['SiblingConsumer', 'english'],
      ['GlobalConsumer', 'english'],
      ['RootConsumer', 'isolated'],
    ]) {
      for (const hook of ['onModuleDestroy', 'onApplicationShutdown']) {
        expect(lines).toContain(`${consumer}: ${plugin} greets ${hook}`);
        expect(at(`${consumer}: ${plugin} greets ${hook}`)).toBeLessThan(firstClose);
      }
    }
    expect(at('server closed')).toBeGreaterThan(at('greets onModuleDestroy'));
    expect(at('server closed')).toBeLessThan(firstClose);
    await eventually('the end of the children', () => !children.some(isRunning));
  });
});

describe.each([11, 12] as const)('a CommonJS application on Nest %i', (major) => {
  /** Runs a script of the application to its end. @returns the lines that it prints */
  async function linesOf(script: string, env: Record<string, string> = {}): Promise<string[]> {
    const path = join(installed[major].folder, script);
    const { stdout, stderr } = await run(process.execPath, [path], { env: { ...process.env, ...env } });
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  }

  it('requires the package, calls a plugin and closes it', async () => {
    const plugin = join(installed[major].folder, 'german.mjs');
    await writeFile(plugin, greeter('german'));

    const [greeting, version, ...rest] = await linesOf('common-js.cjs', { PLUGIN: plugin });
    expect(greeting).toBe('german greets CommonJS');
    expect(version).toMatch(new RegExp(`^${major}\\..* live$`));
    expect(rest).toEqual(['closed']);
  });

  it('does not start with admin routes that have no guard', async () => {
    expect(await linesOf('unguarded.cjs')).toEqual([
      expect.stringMatching(/^TypeError: AdminController has no guard/) as unknown,
    ]);
  });
});

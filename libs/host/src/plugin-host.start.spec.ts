// Starts of valid plugins of any contract.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { defineContract } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import { fixture, openCache, openPlugin, pluginFile, seenBy } from '../../../test/support/built-host.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';

const hashOf = (path: string) => `sha256-${createHash('sha256').update(readFileSync(path)).digest('base64')}`;

const NO_CALLS = { answers: 0, domainErrors: 0, failures: 0, refusals: 0 };

describe('a valid plugin', () => {
  it.each(['complete.mjs', 'commonjs.cjs', 'nested-default.cjs', 'no-manifest.mjs'])(
    '%s becomes live',
    async (file) => {
      const plugin = await openCache(fixture(file));
      await plugin.proxy.set('key', '', 60_000);
      await expect(plugin.proxy.get('key')).resolves.toEqual({ status: 'hit', value: '' });
      expect(plugin.status().state).toBe('live');
      await plugin.close();
    },
  );

  it('is found by a file: URL', async () => {
    const path = fixture('complete.mjs');
    const plugin = await openCache(pathToFileURL(path).href);
    expect(plugin.status().path).toBe(path);
    await plugin.close();
  });

  it('is opened by the factory that the option factoryName names', async () => {
    const plugin = await openCache(fixture('custom-name.mjs'), { factoryName: 'createCache' });
    await expect(plugin.proxy.get('key')).resolves.toEqual({ status: 'not-found' });
  });

  it.each([
    { kind: 'synchronous', keyword: '' },
    { kind: 'asynchronous', keyword: 'async' },
  ])('may have a factory that is $kind', async ({ keyword }) => {
    const path = pluginFile(`export const Factory = ${keyword} () => ({ get: () => null, set() {} });`);
    await expect((await openCache(path)).proxy.get('key')).resolves.toBeNull();
  });

  it('may be an instance of a class', async () => {
    const path = pluginFile(`
      class Base { #entries = new Map(); get(key) { return { value: this.#entries.get(key) }; } }
      class Derived extends Base { set() {} }
      export const Factory = () => new Derived();
    `);
    await expect((await openCache(path)).proxy.get('key')).resolves.toEqual({ value: undefined });
  });

  it('describes itself in its status, with secrets masked', async () => {
    const env = { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: 'hunter2', PATH: '/bin' };
    const before = Date.now();
    const plugin = await openCache(fixture('complete.mjs'), { env });
    expect(plugin.status()).toEqual({
      path: fixture('complete.mjs'),
      name: 'complete-fixture',
      version: '1.2.3',
      kind: 'cache',
      contract: 1,
      isolation: 'inline',
      hash: hashOf(fixture('complete.mjs')),
      restarts: 0,
      openBreakers: [],
      calls: { get: NO_CALLS, set: NO_CALLS, ping: { ...NO_CALLS, answers: 1 } },
      state: 'live',
      since: expect.any(Date),
      error: null,
      config: { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: '***' },
      variables: expect.arrayContaining(['FIXTURE_URL', 'FIXTURE_TOKEN']),
    });
    expect(plugin.status().since.getTime()).toBeGreaterThanOrEqual(before);
    await plugin.close();
  });

  it('receives only the set variables of its manifest, the time limit and a signal', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', env: ['URL', 'DB', 'TOKEN'], secrets: ['TOKEN'] };
      export const Factory = (_log, context) => { seen.context = context; return { get() {}, set() {} }; };
    `);
    await openCache(path, {
      callTimeoutMs: 42,
      env: { URL: 'redis://host', DB: '', TOKEN: 'hunter2', AWS_SECRET: 'x' },
    });
    expect(seenBy(path).context).toEqual({
      config: { URL: 'redis://host', TOKEN: 'hunter2' },
      callTimeoutMs: 42,
      signal: expect.objectContaining({ aborted: false }),
    });
  });

  it('reads process.env by default', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', env: ['NODE_ENV', 'PLUGGABLE_UNSET'] };
      export const Factory = (_log, { config }) => { seen.config = config; return { get() {}, set() {} }; };
    `);
    await openCache(path, { env: undefined });
    expect(seenBy(path).config).toEqual({ NODE_ENV: process.env['NODE_ENV'] });
  });

  it('masks secrets in its log lines: in messages, fields, errors and nested objects', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
      export const Factory = (log, { config: { TOKEN } }) => {
        log.warn('with ' + TOKEN, { text: TOKEN, deep: { list: [TOKEN] }, error: new Error(TOKEN), plain: { n: 1 } });
        log.warn('no fields');
        return { get() {}, set() {} };
      };
    `);
    await openCache(path, { logger, env: { TOKEN: 'hunter2' } });
    expect(inspect(lines, { depth: null })).not.toContain('hunter2');
    expect(lines).toEqual([
      [
        'warn',
        '[plugin/n] with ***',
        {
          text: '***',
          deep: { list: ['***'] },
          error: expect.objectContaining({ message: '***' }),
          plain: { n: 1 },
        },
      ],
      ['warn', '[plugin/n] no fields', undefined],
    ]);
  });

  it('logs under its name', async () => {
    const { logger, lines } = recordingLogger();
    const plugin = await openCache(fixture('complete.mjs'), { logger, env: { FIXTURE_TOKEN: 'hunter2' } });
    expect(lines).toEqual([['info', '[plugin/complete-fixture] loaded', { variables: ['FIXTURE_TOKEN'] }]]);
    await plugin.close();
  });

  it('logs at every level', async () => {
    const { logger, lines } = recordingLogger();
    const levels = ['debug', 'info', 'warn', 'error'];
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1' };
      export const Factory = (log) => {
        for (const level of ${JSON.stringify(levels)}) log[level](level + '!');
        return { get() {}, set() {} };
      };
    `);
    await openCache(path, { logger });
    expect(lines).toEqual(levels.map((level) => [level, `[plugin/n] ${level}!`, undefined]));
  });

  it('needs no manifest: its name comes from its file, and the host warns', async () => {
    const { logger, lines } = recordingLogger();
    const path = fixture('no-manifest.mjs');
    const plugin = await openCache(path, { logger, env: { FIXTURE_URL: 'not for it' } });
    expect(plugin.status()).toMatchObject({ name: 'no-manifest', version: null, config: {} });
    expect(lines).toEqual([
      [
        'warn',
        '[plugin/no-manifest] has no manifest; version 1 of the cache contract and no configuration are assumed',
        { path },
      ],
    ]);
  });
});

describe('another contract', () => {
  interface Greeting {
    greet(name: string): Promise<string>;
  }
  const greeting = (version: number) =>
    defineContract<Greeting>({
      kind: 'greeting',
      version,
      methods: { greet: { args: ['name'] } },
    }).with({ output: { greet: (answer) => typeof answer === 'string' } });

  it('is opened by the same host', async () => {
    const plugin = await openPlugin(greeting(1), { path: fixture('wrong-kind.mjs') });
    await expect(plugin.proxy.greet('Ada')).resolves.toBe('hello, Ada');
    expect(plugin.status()).toMatchObject({ kind: 'greeting', name: 'greeting-fixture', state: 'live' });
    await plugin.close();
    await expect(plugin.proxy.greet('Ada')).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
  });

  it('refuses a cache', async () => {
    await expect(openPlugin(greeting(1), { path: fixture('complete.mjs') })).rejects.toHaveProperty(
      'code',
      'PLUGIN_WRONG_KIND',
    );
  });

  it('of a later version refuses a plugin without a manifest, for which version 1 is assumed', async () => {
    const path = pluginFile(`export const Factory = () => ({ greet: () => 'hello' });`);
    await expect(openPlugin(greeting(2), { path })).rejects.toHaveProperty('code', 'PLUGIN_WRONG_CONTRACT_VERSION');
  });
});

// The start of a plugin: the right ones become live, each wrong one is refused with its own code and sentence.
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { defineContract } from '@pluggable/plugin-contract';
import { describe, expect, it } from 'vitest';
import { CACHE, exportOf, fixture, openPlugin, pluginFile } from '../../../test/support/built-host.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import type { PluginOptions } from './plugin-options.js';

const settingNames = {
  path: 'CACHE_PLUGIN_PATH',
  factoryName: 'CACHE_PLUGIN_FACTORY_NAME',
  startTimeoutMs: 'CACHE_PLUGIN_START_TIMEOUT',
  callTimeoutMs: 'CACHE_TIMEOUT',
};

const open = (path: string, options: Partial<PluginOptions> = {}) =>
  openPlugin(CACHE, { path, env: {}, settingNames, ...options });

/** What a plugin that was opened exports as `seen`. */
const seenBy = (path: string) => exportOf(path, 'seen') as Record<string, unknown>;

interface Wrong {
  readonly file: string;
  readonly code: string;
  /** What the message says after the path. */
  readonly says: string;
  readonly options?: Partial<PluginOptions>;
}

const WRONG: readonly Wrong[] = [
  {
    file: 'no-such-file.mjs',
    code: 'PLUGIN_NOT_FOUND',
    says: 'found no such file, wanted a JavaScript module; correct CACHE_PLUGIN_PATH',
  },
  {
    file: 'syntax-error.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    says: 'found a syntax error (Unexpected string), wanted a JavaScript module; correct the file; node --check shows the place',
  },
  {
    file: 'missing-import.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    says: `found an import that is not there (Cannot find package 'pluggable-fixture-package-that-does-not-exist' imported from ${fixture('missing-import.mjs')}), wanted one self-contained file that imports only node: modules; bundle what the plugin needs into it`,
  },
  {
    file: 'throws-on-import.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    says: 'found an error while its module ran (the licence server said no), wanted a module that loads; see what the module does when it is imported',
  },
  {
    file: 'plugin.so',
    code: 'PLUGIN_NOT_LOADABLE',
    says: 'found a file that ends in .so, wanted a JavaScript module (.mjs, .js or .cjs); point at the file that the build of the plugin wrote',
  },
  {
    file: 'no-factory.mjs',
    code: 'PLUGIN_NO_FACTORY',
    says: 'found the exports VERSION, createCache, wanted a function named "Factory"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'exports-nothing.mjs',
    code: 'PLUGIN_NO_FACTORY',
    says: 'found no exports, wanted a function named "Factory"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'complete.mjs',
    options: { factoryName: 'createCache' },
    code: 'PLUGIN_NO_FACTORY',
    says: 'found the exports Factory, manifest, wanted a function named "createCache"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'factory-not-a-function.mjs',
    code: 'PLUGIN_FACTORY_NOT_A_FUNCTION',
    says: 'found an export "Factory" of type object, wanted a function named "Factory"; export a function, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'broken-manifest.mjs',
    code: 'PLUGIN_MANIFEST_INVALID',
    says: 'found a manifest in which kind is "", name is 42, version is missing, contract is "1", env is not a list of names, secrets is not a list of names, permissions is not a list of names, config is not a Standard Schema v1, wanted a manifest as plugin-contract defines it; correct the export "manifest" of the plugin',
  },
  {
    file: 'wrong-kind.mjs',
    code: 'PLUGIN_WRONG_KIND',
    says: 'found a plugin of kind "greeting", wanted one of kind "cache"; point CACHE_PLUGIN_PATH at a cache plugin',
  },
  {
    file: 'wrong-contract-version.mjs',
    code: 'PLUGIN_WRONG_CONTRACT_VERSION',
    says: 'found a plugin for version 2 of the cache contract, wanted one for version 1, which this application has; use a build of the plugin for version 1, or an application that has version 2',
  },
  {
    file: 'invalid-config.mjs',
    options: { env: { FIXTURE_URL: 'no-url', FIXTURE_TOKEN: 'hunter2' } },
    code: 'PLUGIN_CONFIG_INVALID',
    says: 'found a wrong configuration (FIXTURE_URL: wanted a URL, set to "no-url"; FIXTURE_TOKEN: "***" is too short, set to ***), wanted every variable as the plugin defines it; correct these variables',
  },
  {
    file: 'factory-throws.mjs',
    code: 'PLUGIN_FACTORY_THREW',
    says: 'found a factory that threw (no room for a cache), wanted an instance; see what the plugin needs to start',
  },
  {
    file: 'factory-rejects.mjs',
    code: 'PLUGIN_FACTORY_REJECTED',
    says: 'found a factory that rejected (connect ECONNREFUSED 127.0.0.1:1), wanted an instance; see what the plugin needs to start',
  },
  {
    file: 'factory-hangs.mjs',
    options: { startTimeoutMs: 200 },
    code: 'PLUGIN_START_TIMEOUT',
    says: 'found it not live after 200 ms, while its factory ran, wanted a live plugin by then; see what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'factory-late.mjs',
    options: { startTimeoutMs: 200 },
    code: 'PLUGIN_START_TIMEOUT',
    says: 'found it not live after 200 ms, while its factory ran, wanted a live plugin by then; see what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'top-level-await-hangs.mjs',
    options: { startTimeoutMs: 200 },
    code: 'PLUGIN_START_TIMEOUT',
    says: 'found it not live after 200 ms, while its module ran, wanted a live plugin by then; see what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'missing-method.mjs',
    code: 'PLUGIN_WRONG_SHAPE',
    says: 'found an instance without the method set, wanted an object with get() and set(), as version 1 of the cache contract has it; correct what the factory returns',
  },
  {
    file: 'returns-nothing.mjs',
    code: 'PLUGIN_WRONG_SHAPE',
    says: 'found a factory that returned a value of type undefined, wanted an object with get() and set(), as version 1 of the cache contract has it; correct what the factory returns',
  },
];

describe('a wrong plugin', () => {
  it.each(WRONG)('$file is refused with $code', async ({ file, code, says, options }) => {
    const path = fixture(file);
    await expect(open(path, options)).rejects.toMatchObject({
      name: 'PluginError',
      code,
      message: `plugin ${path}: ${says}`,
    });
  });

  it.each([
    { manifest: 'null', problems: 'there is no object but of type object' },
    { manifest: '"cache"', problems: 'there is no object but "cache"' },
    { manifest: '{ kind: "cache", contract: 1.5, name: "n", version: "1" }', problems: 'contract is 1.5' },
    {
      manifest: '{ kind: "cache", contract: 1, name: "n", version: "1", config: { "~standard": { version: 1 } } }',
      problems: 'config is not a Standard Schema v1',
    },
  ])('is refused for the manifest $manifest', async ({ manifest, problems }) => {
    const path = pluginFile(`export const manifest = ${manifest}; export const Factory = () => ({});`);
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_MANIFEST_INVALID',
      message: `plugin ${path}: found a manifest in which ${problems}, wanted a manifest as plugin-contract defines it; correct the export "manifest" of the plugin`,
    });
  });

  it.each([
    { returned: 'null', found: 'a factory that returned null' },
    { returned: '"cache"', found: 'a factory that returned a value of type string' },
    { returned: '{}', found: 'an instance without the methods get, set' },
    { returned: '{ get() {}, set() {}, ping: true }', found: 'an instance without the method ping' },
  ])('is refused when its factory returns $returned', async ({ returned, found }) => {
    const path = pluginFile(`export const Factory = async () => (${returned});`);
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: `plugin ${path}: found ${found}, wanted an object with get() and set(), as version 1 of the cache contract has it; correct what the factory returns`,
    });
  });

  it('is refused with the reason of the missing package when it is CommonJS', async () => {
    const path = pluginFile(`require('pluggable-fixture-package-that-does-not-exist');`, 'cjs');
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringMatching(/found an import that is not there \(Cannot find module 'pluggable-fixture-/),
    });
  });

  it('is refused with the error that it threw as the cause', async () => {
    await expect(open(fixture('factory-throws.mjs'))).rejects.toHaveProperty('cause.message', 'no room for a cache');
    await expect(open(fixture('throws-on-import.mjs'))).rejects.toHaveProperty(
      'cause.message',
      'the licence server said no',
    );
  });

  it('learns of its refusal before its factory runs when its configuration is wrong', async () => {
    const path = pluginFile(`
      export const seen = { factoryRan: false };
      const validate = () => ({ issues: [{ message: 'no' }] });
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', config: { '~standard': { validate } } };
      export const Factory = () => { seen.factoryRan = true; };
    `);
    await expect(open(path)).rejects.toHaveProperty('code', 'PLUGIN_CONFIG_INVALID');
    expect(seenBy(path)).toEqual({ factoryRan: false });
  });

  it.each([
    { how: 'throws', body: `throw new Error('AUTH ' + config.TOKEN)` },
    { how: 'rejects', body: `return Promise.reject(new Error('AUTH ' + config.TOKEN))` },
  ])('cannot show a secret when its factory $how', async ({ body }) => {
    const path = pluginFile(`
        export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
        export const Factory = (_log, { config }) => { ${body}; };
      `);
    await expect(open(path, { env: { TOKEN: 'hunter2' } })).rejects.toThrow(/\(AUTH \*\*\*\)/);
  });
});

describe('a failed start', () => {
  it('aborts the signal of the context, with its error as the reason', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const Factory = (_log, { signal }) => { seen.signal = signal; throw new Error('no'); };
    `);
    const error: unknown = await open(path).catch((reason: unknown) => reason);
    expect(seenBy(path)).toMatchObject({ signal: { aborted: true } });
    expect((seenBy(path).signal as AbortSignal).reason).toBe(error);
  });

  it('closes an instance of the wrong shape, once', async () => {
    Reflect.deleteProperty(globalThis, '__missingMethodClosed');
    await expect(open(fixture('missing-method.mjs'))).rejects.toHaveProperty('code', 'PLUGIN_WRONG_SHAPE');
    expect(Reflect.get(globalThis, '__missingMethodClosed')).toBe(1);
  });

  it('is refused for the wrong shape even when the instance does not close, and says so in the log', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'stubborn', version: '1' };
      export const Factory = () => ({ close() { throw new Error('not now'); } });
    `);
    await expect(open(path, { logger })).rejects.toHaveProperty('code', 'PLUGIN_WRONG_SHAPE');
    expect(lines).toEqual([
      ['warn', '[plugin/stubborn] could not be closed after a failed start', { error: 'not now' }],
    ]);
  });

  it('is refused for the wrong shape even when the close of the instance hangs', async () => {
    const path = pluginFile(`export const Factory = () => ({ close: () => new Promise(() => {}) });`);
    await expect(open(path, { startTimeoutMs: 200, closeTimeoutMs: 400 })).rejects.toHaveProperty(
      'code',
      'PLUGIN_WRONG_SHAPE',
    );
  });

  it('is refused for the wrong shape when a method is a getter that throws', async () => {
    const path = pluginFile(`export const Factory = () => ({ get() {}, get set() { throw new Error('no'); } });`);
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: expect.stringContaining('without the method set'),
    });
  });

  it('shows no secret in what it logs of the close of an instance', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'chatty', version: '1', secrets: ['TOKEN'] };
      export const Factory = (_log, { config }) => ({ close() { throw new Error('bye ' + config.TOKEN); } });
    `);
    await expect(open(path, { logger, env: { TOKEN: 'hunter2' } })).rejects.toHaveProperty(
      'code',
      'PLUGIN_WRONG_SHAPE',
    );
    expect(lines).toEqual([['warn', expect.any(String), { error: 'bye ***' }]]);
  });

  it.each(['throw Object.create(null);', 'throw null;', 'throw undefined;', "throw 'a text';"])(
    'is one with a code, whatever the factory throws: %s',
    async (statement) => {
      await expect(open(pluginFile(`export const Factory = () => { ${statement} };`))).rejects.toHaveProperty(
        'code',
        'PLUGIN_FACTORY_THREW',
      );
    },
  );

  it.each([
    [
      'an error whose message is no text',
      `throw Object.assign(new Error(), { message: { a: 1 } });`,
      'PLUGIN_FACTORY_THREW',
    ],
    [
      'an error whose message cannot be read',
      `throw Object.defineProperty(new Error(), 'message', { get() { throw new Error('gotcha'); } });`,
      'PLUGIN_FACTORY_THREW',
    ],
    [
      'a ping that fails in an odd way',
      `return { get() {}, set() {}, ping() { throw { toString: null }; } };`,
      undefined,
    ],
  ])('has a code, or none is needed, after %s', async (_what, body, code) => {
    const opened = open(pluginFile(`export const Factory = () => { ${body} };`));
    await expect(
      opened.then(
        () => undefined,
        (error: { code?: string }) => error.code,
      ),
    ).resolves.toBe(code);
  });

  it.each([
    `export const manifest = { get kind() { throw new Error('no kind today'); } }; export const Factory = () => {};`,
    `export default { get Factory() { throw new Error('no factory today'); } };`,
  ])('has a code when an export cannot be read: %s', async (source) => {
    await expect(open(pluginFile(source))).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining('found an export that cannot be read (no '),
    });
  });

  it('keeps no secret in its cause', async () => {
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
      export const Factory = (_log, { config }) => { throw new TypeError('AUTH ' + config.TOKEN); };
    `);
    const error: unknown = await open(path, { env: { TOKEN: 'hunter2' } }).catch((reason: unknown) => reason);
    expect(inspect(error)).toContain('TypeError: AUTH ***');
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('names a class that is exported in the place of a factory', async () => {
    const path = pluginFile(`export class Factory { get() {} set() {} }`);
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_FACTORY_NOT_A_FUNCTION',
      message: expect.stringContaining('found a class named "Factory", wanted a function named "Factory"'),
    });
  });

  it('names a default export that could be the factory', async () => {
    await expect(open(pluginFile(`export default function () {}`))).rejects.toMatchObject({
      code: 'PLUGIN_NO_FACTORY',
      message: expect.stringContaining('found the exports default, '),
    });
  });

  it.each([
    ['json', '{}'],
    ['ts', 'enum Kind { A } export const Factory = () => Kind.A;'],
  ])('names a file that is no JavaScript: .%s', async (extension, source) => {
    await expect(open(pluginFile(source, extension))).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining(`found a file that ends in .${extension}, wanted a JavaScript module`),
    });
  });

  it('names an import that is there but does not export what is imported', async () => {
    const path = pluginFile(`import { nope } from 'node:fs'; export const Factory = nope;`);
    await expect(open(path)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringContaining('found an import that is not there ('),
    });
  });

  it('closes an instance that its factory made too late', async () => {
    const path = pluginFile(`
      export const seen = { closed: Promise.withResolvers(), count: 0 };
      export const Factory = (_log, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({
        get() {}, set() {}, close() { seen.closed.resolve(++seen.count); },
      })));
    `);
    await expect(open(path, { startTimeoutMs: 200 })).rejects.toHaveProperty('code', 'PLUGIN_START_TIMEOUT');
    await expect((seenBy(path).closed as PromiseWithResolvers<number>).promise).resolves.toBe(1);
  });

  it('does not run a factory for which the configuration came too late', async () => {
    const path = pluginFile(`
      export const seen = { factoryRan: false };
      let finish;
      const late = new Promise((resolve) => (finish = () => resolve({ value: {} })));
      seen.finish = finish;
      const config = { '~standard': { version: 1, validate: () => late } };
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', config };
      export const Factory = () => { seen.factoryRan = true; };
    `);
    await expect(open(path, { startTimeoutMs: 200 })).rejects.toMatchObject({
      code: 'PLUGIN_START_TIMEOUT',
      message: expect.stringContaining('while its configuration was checked'),
    });
    (seenBy(path).finish as () => void)();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seenBy(path).factoryRan).toBe(false);
  });

  it('refuses wrong options before it looks for the file', async () => {
    await expect(open(fixture('no-such-file.mjs'), { startTimeoutMs: 0 })).rejects.toThrow(RangeError);
  });
});

describe('a right plugin', () => {
  it.each(['complete.mjs', 'commonjs.cjs', 'nested-default.cjs', 'no-manifest.mjs'])(
    '%s becomes live',
    async (file) => {
      const plugin = await open(fixture(file));
      await plugin.proxy.set('key', '', 60_000);
      await expect(plugin.proxy.get('key')).resolves.toEqual({ status: 'hit', value: '' });
      expect(plugin.status().state).toBe('live');
      await plugin.close();
    },
  );

  it('is found by a file: URL', async () => {
    const path = fixture('complete.mjs');
    const plugin = await open(pathToFileURL(path).href);
    expect(plugin.status().path).toBe(path);
    await plugin.close();
  });

  it('is opened by a factory of another name, when the host is told', async () => {
    const plugin = await open(fixture('custom-name.mjs'), { factoryName: 'createCache' });
    await expect(plugin.proxy.get('key')).resolves.toEqual({ status: 'not-found' });
  });

  it.each([
    { kind: 'synchronous', keyword: '' },
    { kind: 'asynchronous', keyword: 'async' },
  ])('may have a factory that is $kind', async ({ keyword }) => {
    const path = pluginFile(`export const Factory = ${keyword} () => ({ get: () => null, set() {} });`);
    await expect((await open(path)).proxy.get('key')).resolves.toBeNull();
  });

  it('may be an instance of a class', async () => {
    const path = pluginFile(`
      class Base { #entries = new Map(); get(key) { return { value: this.#entries.get(key) }; } }
      class Derived extends Base { set() {} }
      export const Factory = () => new Derived();
    `);
    await expect((await open(path)).proxy.get('key')).resolves.toEqual({ value: undefined });
  });

  it('says in its status what it is, with its secrets masked', async () => {
    const env = { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: 'hunter2', PATH: '/bin' };
    const before = Date.now();
    const plugin = await open(fixture('complete.mjs'), { env });
    expect(plugin.status()).toEqual({
      path: fixture('complete.mjs'),
      name: 'complete-fixture',
      version: '1.2.3',
      kind: 'cache',
      contract: 1,
      mode: 'inline',
      state: 'live',
      since: expect.any(Date),
      error: null,
      config: { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: '***' },
    });
    expect(plugin.status().since.getTime()).toBeGreaterThanOrEqual(before);
    await plugin.close();
  });

  it('gets the variables of its manifest that are set, the time limit, a live signal; and nothing else', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', env: ['URL', 'DB', 'TOKEN'], secrets: ['TOKEN'] };
      export const Factory = (_log, context) => { seen.context = context; return { get() {}, set() {} }; };
    `);
    await open(path, { callTimeoutMs: 42, env: { URL: 'redis://host', DB: '', TOKEN: 'hunter2', AWS_SECRET: 'x' } });
    expect(seenBy(path).context).toEqual({
      config: { URL: 'redis://host', TOKEN: 'hunter2' },
      callTimeoutMs: 42,
      signal: expect.objectContaining({ aborted: false }),
    });
  });

  it('gets process.env when the host is told no environment', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', env: ['NODE_ENV', 'PLUGGABLE_UNSET'] };
      export const Factory = (_log, { config }) => { seen.config = config; return { get() {}, set() {} }; };
    `);
    await open(path, { env: undefined });
    expect(seenBy(path).config).toEqual({ NODE_ENV: process.env['NODE_ENV'] });
  });

  it('shows no secret in its log lines: not in the message, a field, an error, nor deep in an object', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
      export const Factory = (log, { config: { TOKEN } }) => {
        log.warn('with ' + TOKEN, { text: TOKEN, deep: { list: [TOKEN] }, error: new Error(TOKEN), plain: { n: 1 } });
        log.warn('no fields');
        return { get() {}, set() {} };
      };
    `);
    await open(path, { logger, env: { TOKEN: 'hunter2' } });
    expect(inspect(lines, { depth: null })).not.toContain('hunter2');
    expect(lines).toEqual([
      [
        'warn',
        '[plugin/n] with ***',
        {
          text: '***',
          deep: "{ list: [ '***' ] }",
          error: expect.objectContaining({ message: '***' }),
          plain: { n: 1 },
        },
      ],
      ['warn', '[plugin/n] no fields', undefined],
    ]);
  });

  it('logs under its name', async () => {
    const { logger, lines } = recordingLogger();
    const plugin = await open(fixture('complete.mjs'), { logger, env: { FIXTURE_TOKEN: 'hunter2' } });
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
    await open(path, { logger });
    expect(lines).toEqual(levels.map((level) => [level, `[plugin/n] ${level}!`, undefined]));
  });

  it('needs no manifest: its file names it, and the host warns', async () => {
    const { logger, lines } = recordingLogger();
    const path = fixture('no-manifest.mjs');
    const plugin = await open(path, { logger, env: { FIXTURE_URL: 'not for it' } });
    expect(plugin.status()).toMatchObject({ name: 'no-manifest', version: null, config: {} });
    expect(lines).toEqual([
      ['warn', '[plugin/no-manifest] has no manifest; taken for contract cache 1, without configuration', { path }],
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
      methods: { greet: { check: (answer) => typeof answer === 'string' } },
    });

  it('goes through the same host', async () => {
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

  it('of a later version refuses a plugin without a manifest, which is taken for version 1', async () => {
    const path = pluginFile(`export const Factory = () => ({ greet: () => 'hello' });`);
    await expect(openPlugin(greeting(2), { path })).rejects.toHaveProperty('code', 'PLUGIN_WRONG_CONTRACT_VERSION');
  });
});

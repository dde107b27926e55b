// Invalid plugins: each is refused with its own code and message.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, folder, openCache, pluginFile, seenBy } from '../../../test/support/built-host.js';
import type { PluginOptions } from './plugin-options.js';

interface Wrong {
  readonly file: string;
  readonly code: string;
  /** The message after the path. */
  readonly expected: string;
  readonly options?: Partial<PluginOptions>;
}

const WRONG: readonly Wrong[] = [
  {
    file: 'no-such-file.mjs',
    code: 'PLUGIN_NOT_FOUND',
    expected: 'found no such file, wanted a JavaScript module; correct CACHE_PLUGIN_PATH',
  },
  {
    file: 'syntax-error.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    expected:
      'found a syntax error (Unexpected string), wanted a JavaScript module; correct the file; node --check shows the position',
  },
  {
    file: 'missing-import.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    expected: `found an import that cannot be resolved (Cannot find package 'pluggable-fixture-package-that-does-not-exist' imported from ${fixture('missing-import.mjs')}), wanted one self-contained file that imports only node: modules; bundle its dependencies into the file`,
  },
  {
    file: 'throws-on-import.mjs',
    code: 'PLUGIN_NOT_LOADABLE',
    expected:
      'found an error while running its module (the licence server said no, line 2), wanted a module that runs without an error; check the top-level code of the module',
  },
  {
    file: 'plugin.so',
    code: 'PLUGIN_NOT_LOADABLE',
    expected:
      'found a file that ends in .so, wanted a JavaScript module (.mjs, .js or .cjs); point at the file that the build of the plugin wrote',
  },
  {
    file: 'no-factory.mjs',
    code: 'PLUGIN_NO_FACTORY',
    expected:
      'found the exports VERSION, createCache, wanted a function named "Factory"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'exports-nothing.mjs',
    code: 'PLUGIN_NO_FACTORY',
    expected: 'found no exports, wanted a function named "Factory"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'complete.mjs',
    options: { factoryName: 'createCache' },
    code: 'PLUGIN_NO_FACTORY',
    expected:
      'found the exports Factory, manifest, wanted a function named "createCache"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'factory-not-a-function.mjs',
    code: 'PLUGIN_FACTORY_NOT_A_FUNCTION',
    expected:
      'found an export "Factory" of type object, wanted a function named "Factory"; export a function, or set CACHE_PLUGIN_FACTORY_NAME',
  },
  {
    file: 'broken-manifest.mjs',
    code: 'PLUGIN_MANIFEST_INVALID',
    expected:
      'found an invalid manifest (kind is "", name is 42, version is missing, contract is "1", env is not a list of names, secrets is not a list of names, permissions is not a list of names, config is not a Standard Schema v1), wanted a PluginManifest of @pluggable/contract; correct the export "manifest" of the plugin',
  },
  {
    file: 'wrong-kind.mjs',
    code: 'PLUGIN_WRONG_KIND',
    expected:
      'found a plugin of kind "greeting", wanted a plugin of kind "cache"; point CACHE_PLUGIN_PATH at a cache plugin',
  },
  {
    file: 'wrong-contract-version.mjs',
    code: 'PLUGIN_WRONG_CONTRACT_VERSION',
    expected:
      'found a plugin for version 2 of the cache contract, wanted a plugin for version 1, which this application supports; use a build of the plugin for version 1, or an application that supports version 2',
  },
  {
    file: 'invalid-config.mjs',
    options: { env: { FIXTURE_URL: 'no-url', FIXTURE_TOKEN: 'hunter2' } },
    code: 'PLUGIN_CONFIG_INVALID',
    expected:
      'found an invalid configuration (FIXTURE_URL is "no-url": wanted a URL; FIXTURE_TOKEN is ***: "***" is too short), wanted variables that the schema of the plugin accepts; correct these variables',
  },
  {
    file: 'factory-throws.mjs',
    code: 'PLUGIN_FACTORY_THREW',
    expected: 'found a factory that threw (no room for a cache), wanted an instance; check what the factory needs',
  },
  {
    file: 'factory-rejects.mjs',
    code: 'PLUGIN_FACTORY_REJECTED',
    expected:
      'found a factory that rejected (connect ECONNREFUSED 127.0.0.1:1), wanted an instance; check what the factory needs',
  },
  {
    file: 'factory-hangs.mjs',
    options: { startTimeoutMs: 1_000 },
    code: 'PLUGIN_START_TIMEOUT',
    expected:
      'found a start that took longer than 1000 ms, while running its factory, wanted a live plugin within that time; check what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'factory-late.mjs',
    options: { startTimeoutMs: 1_000 },
    code: 'PLUGIN_START_TIMEOUT',
    expected:
      'found a start that took longer than 1000 ms, while running its factory, wanted a live plugin within that time; check what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'top-level-await-hangs.mjs',
    options: { startTimeoutMs: 1_000 },
    code: 'PLUGIN_START_TIMEOUT',
    expected:
      'found a start that took longer than 1000 ms, while running its module, wanted a live plugin within that time; check what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT',
  },
  {
    file: 'missing-method.mjs',
    code: 'PLUGIN_WRONG_SHAPE',
    expected:
      'found an instance without the method set, wanted an object with get() and set(), as in version 1 of the cache contract; correct the return value of the factory',
  },
  {
    file: 'returns-nothing.mjs',
    code: 'PLUGIN_WRONG_SHAPE',
    expected:
      'found a factory that returned a value of type undefined, wanted an object with get() and set(), as in version 1 of the cache contract; correct the return value of the factory',
  },
];

describe('a wrong plugin', () => {
  it.each(WRONG)('$file is refused with $code', async ({ file, code, expected, options }) => {
    const path = fixture(file);
    await expect(openCache(path, options)).rejects.toMatchObject({
      name: 'PluginError',
      code,
      message: `plugin ${path}: ${expected}`,
    });
  });

  it.each([
    { manifest: 'null', problems: 'it is null, not an object' },
    { manifest: '"cache"', problems: 'it is "cache", not an object' },
    { manifest: '{ kind: "cache", contract: 1.5, name: "n", version: "1" }', problems: 'contract is 1.5' },
    {
      manifest: '{ kind: "cache", contract: 1, name: "n", version: "1", config: { "~standard": { version: 1 } } }',
      problems: 'config is not a Standard Schema v1',
    },
  ])('is refused for the manifest $manifest', async ({ manifest, problems }) => {
    const path = pluginFile(`export const manifest = ${manifest}; export const Factory = () => ({});`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_MANIFEST_INVALID',
      message: `plugin ${path}: found an invalid manifest (${problems}), wanted a PluginManifest of @pluggable/contract; correct the export "manifest" of the plugin`,
    });
  });

  it.each([
    { returned: 'null', found: 'a factory that returned null' },
    { returned: '"cache"', found: 'a factory that returned a value of type string' },
    { returned: '{}', found: 'an instance without the methods get, set' },
    { returned: '{ get() {}, set() {}, ping: true }', found: 'an instance without the method ping' },
  ])('is refused when its factory returns $returned', async ({ returned, found }) => {
    const path = pluginFile(`export const Factory = async () => (${returned});`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: `plugin ${path}: found ${found}, wanted an object with get() and set(), as in version 1 of the cache contract; correct the return value of the factory`,
    });
  });

  it.each([
    ['a catch-all Proxy', 'new Proxy({}, { get: () => () => ({}) })'],
    ['a catch-all Proxy of a function', 'new Proxy(function () {}, { get: () => () => ({}) })'],
    ['an instance with a method then()', '{ get() {}, set() {}, then() {} }'],
  ])('is refused at once when its factory returns %s, which looks like a promise', async (_what, returned) => {
    const path = pluginFile(`export const Factory = () => (${returned});`);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_SHAPE',
      message: `plugin ${path}: found an instance with a method then(), which makes it a promise that never settles, wanted an object with get() and set(), as in version 1 of the cache contract; correct the return value of the factory`,
    });
  });

  it('may have a factory that returns a promise of another library', async () => {
    const thenable = `{ then(resolve) { resolve({ get: () => null, set() {} }); } }`;
    const plugin = await openCache(pluginFile(`export const Factory = () => (${thenable});`));
    await expect(plugin.proxy.get('key')).resolves.toBeNull();
  });

  it.each([
    ['mjs', 'export function then() {} export const Factory = () => ({ get() {}, set() {} });'],
    ['cjs', 'exports.then = () => {}; exports.Factory = () => ({ get() {}, set() {} });'],
  ])('is refused at once for an export named then: .%s', async (extension, source) => {
    const path = pluginFile(source, extension);
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: `plugin ${path}: found an export named "then", which makes its module a promise that never settles, wanted a module that can be imported; rename that export`,
    });
  });

  it.each([
    ['the module', 'module.exports = new Proxy({}, { get: () => () => ({}) });', 'PLUGIN_NO_FACTORY'],
    ['its manifest', 'exports.manifest = new Proxy({}, { get: () => () => ({}) });', 'PLUGIN_MANIFEST_INVALID'],
  ])('is refused at once when %s is a catch-all Proxy', async (_what, source, code) => {
    await expect(openCache(pluginFile(source, 'cjs'))).rejects.toHaveProperty('code', code);
  });

  it.each([
    ['js', '"type": "commonjs" in its package.json', `export const a = 1;`, `Unexpected token 'export'`],
    [
      'js',
      '"type": "commonjs" in its package.json',
      `import 'node:fs';`,
      'Cannot use import statement outside a module',
    ],
    ['cjs', 'its extension .cjs', `import.meta.url;`, `Cannot use 'import.meta' outside a module`],
  ])(
    'is refused with the reason when it is ESM in CommonJS: .%s, by %s',
    async (extension, reason, source, expected) => {
      const directory = mkdtempSync(join(folder, 'commonjs-'));
      writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }');
      const path = join(directory, `plugin.${extension}`);
      writeFileSync(path, source);
      await expect(openCache(path)).rejects.toMatchObject({
        code: 'PLUGIN_NOT_LOADABLE',
        message: `plugin ${path}: found ES module syntax in a file that is CommonJS because of ${reason} (${expected}), wanted one module format; rename the file to .mjs`,
      });
    },
  );

  it('is refused with the reason when its file has no extension', async () => {
    const path = join(folder, 'plugin');
    writeFileSync(path, 'export {};');
    await expect(openCache(path)).rejects.toThrow('found a file without an extension, wanted a JavaScript module');
  });

  it('is refused with the advice to move an access into the factory when its module needs a permission', async () => {
    const path = pluginFile(`
      import { readFileSync } from 'node:fs';
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', permissions: ['fs.read:/etc/hostname'] };
      readFileSync('/etc/hostname');
    `);
    await expect(openCache(path, { isolation: 'worker' })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringMatching(
        /; move the access into the factory and name "fs\.read:\/etc\/hostname" in the permissions of the manifest; bundle/,
      ),
    });
  });

  it('is refused with the reason of the missing package when it is CommonJS', async () => {
    const path = pluginFile(`require('pluggable-fixture-package-that-does-not-exist');`, 'cjs');
    await expect(openCache(path)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_LOADABLE',
      message: expect.stringMatching(
        /found an import that cannot be resolved \(Cannot find module 'pluggable-fixture-/,
      ),
    });
  });

  it('is refused with the error that it threw as the cause', async () => {
    await expect(openCache(fixture('factory-throws.mjs'))).rejects.toHaveProperty(
      'cause.message',
      'no room for a cache',
    );
    await expect(openCache(fixture('throws-on-import.mjs'))).rejects.toHaveProperty(
      'cause.message',
      'the licence server said no',
    );
  });

  it('is refused before its factory runs when its configuration is invalid', async () => {
    const path = pluginFile(`
      export const seen = { factoryRan: false };
      const validate = () => ({ issues: [{ message: 'no' }] });
      export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', config: { '~standard': { validate } } };
      export const Factory = () => { seen.factoryRan = true; };
    `);
    await expect(openCache(path)).rejects.toHaveProperty('code', 'PLUGIN_CONFIG_INVALID');
    expect(seenBy(path)).toEqual({ factoryRan: false });
  });

  it.each([
    { how: 'throws', body: `throw new Error('AUTH ' + config.TOKEN)` },
    { how: 'rejects', body: `return Promise.reject(new Error('AUTH ' + config.TOKEN))` },
  ])('reveals no secret when its factory $how', async ({ body }) => {
    const path = pluginFile(`
        export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
        export const Factory = (_log, { config }) => { ${body}; };
      `);
    await expect(openCache(path, { env: { TOKEN: 'hunter2' } })).rejects.toThrow(/\(AUTH \*\*\*\)/);
  });
});

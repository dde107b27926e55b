// Names in a manifest: variables named like prototype members, and reserved variables.
import { describe, expect, it } from 'vitest';
import { fixture, openCache, pluginFile } from '../../../test/support/built-host.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { configurePlugin, environmentOf } from './open/plugin-configuration.js';
import type { ContractShapes } from './open/contract-shape.js';
import { checkManifest } from './open/plugin-manifest.js';
import { ISOLATIONS } from './plugin-options.js';

/** An environment with these variables, which may have any names. */
const environment = (...variables: [string, unknown][]) => Object.fromEntries(variables) as Record<string, string>;

/** A plugin that logs its variables. */
const pluginOf = (manifest: object) =>
  pluginFile(`
    export const manifest = ${JSON.stringify({ kind: 'cache', contract: 1, name: 'case', version: '1', ...manifest })};
    export const Factory = (log, { config }) => {
      log.info('config', { names: Object.keys(config).join() });
      return { get() {}, set() {} };
    };
  `);

describe.each(ISOLATIONS)('variables of a manifest, %s', (isolation) => {
  it('are not read from the prototype', async () => {
    const { logger, lines } = recordingLogger();
    const path = fixture('faults/env-named-constructor.mjs');
    const plugin = await openCache(path, { isolation, logger });
    expect(plugin.status()).toMatchObject({ state: 'live' });
    expect(Object.keys(plugin.status().config)).toEqual([]);
    expect(lines).toContainEqual(['info', '[plugin/case] config', { keys: [] }]);
    await plugin.close();
  });

  it('may have any name, and reach the factory, the status and the mask', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginOf({ env: ['constructor', '__proto__', 'NUMBER'], secrets: ['toString'] });
    const env = environment(['constructor', 'c'], ['__proto__', 'p'], ['toString', 'hunter2'], ['NUMBER', 5]);
    const plugin = await openCache(path, { isolation, logger, env });
    expect(Object.entries(plugin.status().config)).toEqual([
      ['constructor', 'c'],
      ['__proto__', 'p'],
      ['toString', '***'],
    ]);
    expect(lines).toContainEqual(['info', '[plugin/case] config', { names: 'constructor,__proto__,toString' }]);
    await plugin.close();
  });

  it.each(['env', 'secrets'])('are refused in %s if they are reserved, without showing a value', async (list) => {
    const { logger, lines } = recordingLogger();
    const path = pluginOf({ [list]: ['OF_ITS_OWN', 'ADMIN_TOKEN'] });
    const env = { ADMIN_TOKEN: 'hunter2', OF_ITS_OWN: 'x' };
    const refused = openCache(path, { isolation, logger, env, reservedVariables: ['PORT', 'ADMIN_TOKEN'] });
    await expect(refused).rejects.toMatchObject({
      code: 'PLUGIN_VARIABLE_RESERVED',
      message: `plugin ${path}: found the variable ADMIN_TOKEN in ${list} of its manifest, wanted only variables that the application does not reserve; rename the variable in the plugin`,
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(lines.filter(([, message]) => message.includes('config'))).toEqual([]);
  });
});

describe('a reserved variable', () => {
  it('is compared without case on Windows, and with case elsewhere', () => {
    const options = { env: {}, reservedVariables: ['ADMIN_TOKEN'] };
    const look = () => environmentOf('/p.mjs', { env: ['Admin_Token'], secrets: [] }, options);
    const { platform } = process;
    try {
      Object.defineProperty(process, 'platform', { value: 'win32' });
      expect(look).toThrow('found the variable Admin_Token in env of its manifest');
      Object.defineProperty(process, 'platform', { value: 'linux' });
      expect(look()).toEqual({});
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
  });
});

describe('an issue of a schema', () => {
  it('may be about any name', async () => {
    const issues = [{ path: ['constructor'], message: 'wanted a text' }];
    const config = { '~standard': { version: 1, validate: () => ({ issues }) } } as const;
    await expect(configurePlugin('/p.mjs', { config, env: [], secrets: [] }, {})).rejects.toThrow(
      'found an invalid configuration (constructor is not set: wanted a text)',
    );
  });
});

describe('a manifest', () => {
  const right = { kind: 'cache', contract: 1, name: 'n', version: '1' };
  const { logger } = recordingLogger();
  const settingNames = {
    path: '',
    factoryName: '',
    startTimeoutMs: '',
    callTimeoutMs: '',
    integrity: '',
    directory: '',
  };
  const contracts: ContractShapes = [{ kind: 'cache', version: 1, methods: {} }];
  const read = (exported: unknown) =>
    checkManifest(exported, { path: '/p.mjs', contracts, settingNames, logger }).manifest;

  it('is read once: later results of a getter or a Proxy have no effect', () => {
    const reads: PropertyKey[] = [];
    const fields: Record<string, unknown> = { ...right, env: ['A'], secrets: ['B'] };
    const manifest = new Proxy(fields, {
      get: (target, name) => {
        reads.push(name);
        return reads.filter((one) => one === name).length === 1 ? Reflect.get(target, name) : () => 'another value';
      },
    });
    expect(structuredClone(read(manifest))).toEqual({
      ...right,
      env: ['A'],
      telemetry: [],
      secrets: ['B'],
      permissions: [],
      config: undefined,
    });
    expect(new Set(reads).size).toBe(reads.length);
  });

  it('returns plain lists for lists of any class', () => {
    const names = ['A'];
    const env = new Proxy(names, {});
    const manifest = read({ ...right, env });
    names.push('B');
    expect(structuredClone(manifest.env)).toEqual(['A']);
  });

  it.each<[string, object, string]>([
    ['a name without end', { name: 'x'.repeat(1e6) }, 'name has 1000000 characters, more than 200'],
    [
      'a list without end',
      { env: Array.from({ length: 100_000 }, () => 'A') },
      'env has 100000 entries, more than 1000',
    ],
    [
      'a length that is a lie',
      { secrets: new Proxy([], { get: (list, name) => (name === 'length' ? 4e9 : Reflect.get(list, name)) }) },
      'secrets has 4000000000 entries, more than 1000',
    ],
    ['an entry without end', { env: ['A'.repeat(1e6)] }, 'env has an entry of more than 5000 characters'],
    ['a wrong permission without end', { permissions: ['x'.repeat(4_000)] }, `permissions has "${'x'.repeat(100)}…"`],
    ['a line break in its name', { name: 'a\nb' }, 'name is "a\\nb", with a control character'],
    ['a schema without a function', { config: { '~standard': { validate: 1 } } }, 'config is not a Standard Schema v1'],
  ])('is refused for %s, with a message of bounded length', (_what, fields, problem) => {
    let message = '';
    try {
      read({ ...right, ...fields });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain(`found an invalid manifest (${problem}`);
    expect(message.length).toBeLessThan(600);
  });
});

// PluginModule in an application: configuration, injection and refusals.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { defineContract } from '@pluggable/contract';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  codeOf,
  eventsOf,
  fallback,
  folderOf,
  GREETER,
  greeter,
  type Greeter,
  greeterFile,
  type Imports,
  startApp,
} from '../../../../test/support/greeters.js';
import { eventually } from '../../../../test/support/eventually.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import {
  getPluginRefToken,
  getPluginsToken,
  getPluginToken,
  InjectPlugin,
  InjectPluginRef,
  InjectPlugins,
  type PluginDefaults,
  type PluginFolderOptions,
  type PluginMap,
  PluginModule,
  type PluginModuleOptions,
  type PluginOptionsFactory,
  type PluginRef,
  PluginRegistry,
} from '../index.js';

type App = Awaited<ReturnType<typeof startApp>>;
type Options = PluginModuleOptions<Greeter>;

const { logger } = recordingLogger();
const pluginOf = (app: App, name?: string): Greeter => app.get(getPluginToken(GREETER, name), { strict: false });
const refOf = (app: App, name?: string): PluginRef<Greeter> =>
  app.get(getPluginRefToken(GREETER, name), { strict: false });

/** Whether a line reports the end of a process. */
const isOfEnd = ([level, text]: unknown[]): boolean => level !== 'log' && String(text).includes('code 9');

/** A plugin that greets with the variable WORD. */
const greeterOfVariable = (name: string): string => `
  export const manifest = { kind: 'greeter', contract: 1, name: '${name}', version: '1', env: ['WORD'] };
  export const Factory = (_log, { config }) => ({ greet: async () => config.WORD });
`;

/** The error of an application that does not start. */
const refusalOf = (...modules: Imports): Promise<unknown> =>
  startApp(...modules).then(
    () => 'it starts',
    (reason: unknown) => reason,
  );

const PATH = Symbol('a path from another provider');
const FILE = greeterFile('async');
const FOLDER = folderOf({ 'a.mjs': greeter('async') });

@Module({ providers: [{ provide: PATH, useValue: FILE }], exports: [PATH] })
class PathModule {}

@Injectable()
class Settings implements PluginOptionsFactory<Options> {
  createPluginOptions(): Options {
    return { path: FILE, logger };
  }
}

@Injectable()
class FolderSettings implements PluginOptionsFactory<PluginFolderOptions> {
  async createPluginOptions(): Promise<PluginFolderOptions> {
    return { directory: FOLDER, logger };
  }
}

@Injectable()
class Defaults implements PluginOptionsFactory<PluginDefaults> {
  createPluginOptions(): PluginDefaults {
    return { logger, closeTimeoutMs: 0 };
  }
}

@Module({ providers: [Settings, FolderSettings, Defaults], exports: [Settings, FolderSettings, Defaults] })
class SettingsModule {}

/** A module of a plugin, beside the one with the defaults. */
const withPlugin = (closeTimeoutMs?: number) => ({
  module: SettingsModule,
  imports: [PluginModule.forPlugin(GREETER, { path: FILE, closeTimeoutMs })],
});

const imports = [SettingsModule];

describe('PluginModule', () => {
  it.each<{ how: string; part: DynamicModule }>([
    { how: 'forPlugin', part: PluginModule.forPlugin(GREETER, { path: FILE, logger }) },
    {
      how: 'forPluginAsync with useFactory',
      part: PluginModule.forPluginAsync(GREETER, {
        imports: [PathModule],
        inject: [PATH],
        useFactory: async (path: string) => ({ path, logger }),
      }),
    },
    { how: 'forPluginAsync with useClass', part: PluginModule.forPluginAsync(GREETER, { useClass: Settings }) },
    {
      how: 'forPluginAsync with useExisting',
      part: PluginModule.forPluginAsync(GREETER, { imports, useExisting: Settings }),
    },
  ])('provides a plugin and its reference: $how', async ({ part }) => {
    const app = await startApp(part);
    await expect(pluginOf(app).greet('you')).resolves.toBe('async you');
    expect(refOf(app)).toHaveProperty('swap');
    expect(app.get(PluginRegistry).plugins).toEqual([refOf(app)]);
    expect(refOf(app).status()).toMatchObject({ name: 'greeter', kind: 'greeter', state: 'live' });
  });

  it.each<{ how: string; part: DynamicModule }>([
    { how: 'forDirectory', part: PluginModule.forDirectory(GREETER, { directory: FOLDER, logger }) },
    {
      how: 'forDirectoryAsync with useFactory',
      part: PluginModule.forDirectoryAsync(GREETER, {
        imports: [SettingsModule],
        inject: [FolderSettings],
        useFactory: (settings: FolderSettings) => settings.createPluginOptions(),
      }),
    },
    {
      how: 'forDirectoryAsync with useClass',
      part: PluginModule.forDirectoryAsync(GREETER, { useClass: FolderSettings }),
    },
    {
      how: 'forDirectoryAsync with useExisting',
      part: PluginModule.forDirectoryAsync(GREETER, { imports, useExisting: FolderSettings }),
    },
  ])('provides the plugins of a folder: $how', async ({ part }) => {
    const map = (await startApp(part)).get<PluginMap<Greeter>>(getPluginsToken(GREETER));
    expect(map).toHaveProperty('refresh');
    await expect(map.get('async')?.greet('you')).resolves.toBe('async you');
  });

  it.each<{ how: string; part: DynamicModule }>([
    { how: 'forRoot', part: PluginModule.forRoot({ logger, closeTimeoutMs: 0 }) },
    {
      how: 'forRootAsync with useFactory',
      part: PluginModule.forRootAsync({
        imports,
        inject: [Defaults],
        useFactory: (defaults: Defaults) => defaults.createPluginOptions(),
      }),
    },
    { how: 'forRootAsync with useClass', part: PluginModule.forRootAsync({ useClass: Defaults }) },
    { how: 'forRootAsync with useExisting', part: PluginModule.forRootAsync({ imports, useExisting: Defaults }) },
  ])('applies the defaults to plugins of all modules: $how', async ({ part }) => {
    const refusal = {
      message: expect.stringContaining('found closeTimeoutMs 0, wanted a whole number of milliseconds, at least 1'),
    };
    expect(await refusalOf(withPlugin(), part)).toMatchObject(refusal);
    expect(await refusalOf(part, PluginModule.forDirectory(GREETER, { directory: FOLDER }))).toMatchObject(refusal);
    expect(await refusalOf(withPlugin(100), part)).toBe('it starts');
  });

  it('prefers the options of a plugin to the defaults, unless they are undefined', async () => {
    const env = { WORD: 'default' };
    const [folder, other] = [
      folderOf({ 'a.mjs': greeterOfVariable('a'), 'b.mjs': greeterOfVariable('b') }),
      folderOf({ 'c.mjs': greeterOfVariable('c') }),
    ];
    const app = await startApp(
      PluginModule.forRoot({ env, isolation: 'worker', logger }),
      PluginModule.forPlugin(GREETER, { name: 'a', path: join(folder, 'a.mjs'), env: undefined }),
      PluginModule.forPlugin(GREETER, {
        name: 'b',
        path: join(folder, 'b.mjs'),
        env: { WORD: 'own' },
        isolation: 'inline',
      }),
      PluginModule.forDirectory(GREETER, { directory: other }),
    );
    await expect(pluginOf(app, 'a').greet('')).resolves.toBe('default');
    await expect(pluginOf(app, 'b').greet('')).resolves.toBe('own');
    const plugins = app.get(PluginRegistry).plugins.map((ref) => ref.status());
    expect(plugins.map(({ name, plugin }) => [name, plugin?.isolation, plugin?.config['WORD']])).toEqual([
      ['greeter/a', 'worker', 'default'],
      ['greeter/b', 'inline', 'own'],
      ['greeter/c', 'worker', 'default'],
    ]);
  });

  it.each([
    { given: { isolaton: 'process' }, found: 'the unknown option "isolaton"' },
    { given: { name: 'second' }, found: 'the option name in the result of an options factory' },
    { given: { path: '', paht: 'x' }, found: 'the unknown option "paht"' },
    { given: { isGlobal: true }, found: 'the option isGlobal in the result of an options factory' },
  ])('refuses options that come too late from a factory: $found', async ({ given, found }) => {
    const useFactory = () => ({ path: FILE, required: false, fallback, logger, ...given });
    expect(await refusalOf(PluginModule.forPluginAsync(GREETER, { useFactory }))).toMatchObject({
      code: 'PLUGIN_OPTION_INVALID',
      found,
    });
  });

  it('checks the options of an empty folder', async () => {
    const directory = folderOf();
    for (const given of [{ isolaton: 'process' }, { name: 'second' }, { startTimeoutMs: Number.NaN }]) {
      const useFactory = () => ({ directory, logger, ...given });
      const refusal = await refusalOf(PluginModule.forDirectoryAsync(GREETER, { useFactory }));
      expect(refusal).toHaveProperty('code', 'PLUGIN_OPTION_INVALID');
    }
    const useFactory = (() => undefined) as unknown as () => PluginFolderOptions;
    expect(await refusalOf(PluginModule.forDirectoryAsync(GREETER, { useFactory }))).toHaveProperty(
      'code',
      'PLUGIN_PATH_INVALID',
    );
  });

  it('prefers a plugin with a configured path to one of a folder with the same name', async () => {
    const directory = folderOf({ 'a.mjs': greeter('of-the-folder', { name: 'card' }), 'b.mjs': greeter('other') });
    const live = Promise.withResolvers<void>();
    const plugin = PluginModule.forPluginAsync(GREETER, {
      name: 'card',
      useFactory: async () => {
        await live.promise;
        return { path: FILE, logger };
      },
    });
    const starting = startApp(plugin, PluginModule.forDirectory(GREETER, { directory, logger }));
    await eventually('the plugin of the folder', () => eventsOf('of-the-folder').includes('opened'));
    live.resolve();
    const app = await starting;
    const map = app.get<PluginMap<Greeter>>(getPluginsToken(GREETER));
    expect([...map.keys()]).toEqual(['other']);
    expect(map.failed.get('a.mjs')).toHaveProperty('code', 'PLUGIN_NAME_TAKEN');
    expect(app.get(PluginRegistry).get('greeter/card')).toBe(refOf(app, 'card'));
    await expect(map.refresh()).resolves.toEqual({ added: [], changed: [], removed: [], failed: ['a.mjs'] });
    await app.close();
    expect(eventsOf('of-the-folder')).toEqual([
      'begins',
      'opened',
      'closes',
      'closed',
      'begins',
      'opened',
      'closes',
      'closed',
    ]);
  });

  it('refuses a contract with a method that Nest would call', () => {
    const methods = { onModuleInit: { args: [] } } as const;
    const contract = defineContract<{ onModuleInit(): Promise<void> }>({ kind: 'hooked', version: 1, methods });
    expect(() => PluginModule.forPlugin(contract, { path: FILE })).toThrow(
      new TypeError(
        'the hooked contract has a method onModuleInit(), which Nest would call as a lifecycle hook; rename the method',
      ),
    );
  });

  it('treats a factory that returns nothing as one without a path', async () => {
    const useFactory = (() => undefined) as unknown as () => object;
    expect(await refusalOf(PluginModule.forPluginAsync(GREETER, { useFactory }))).toHaveProperty(
      'code',
      'PLUGIN_PATH_INVALID',
    );
  });

  it('names the option of the allowed folder in an error', async () => {
    const path = join(folderOf({ 'a.mjs': greeter('outside') }), 'a.mjs');
    const fix = 'move the file there, or correct the option within';
    expect(await refusalOf(PluginModule.forPlugin(GREETER, { path, within: FOLDER, logger }))).toMatchObject({ fix });
  });

  it('keeps the default for an empty setting', async () => {
    const elsewhere = folderOf({ 'a.mjs': greeter('elsewhere') });
    const root = PluginModule.forRoot({ within: FOLDER, logger });
    const plugin = PluginModule.forPlugin(GREETER, { path: join(elsewhere, 'a.mjs'), within: '' });
    expect(await refusalOf(root, plugin)).toHaveProperty('code', 'PLUGIN_OUTSIDE_DIRECTORY');
  });

  it('fails the start when forRoot is imported twice', async () => {
    const root = PluginModule.forRoot({ logger });
    expect(await refusalOf(root, PluginModule.forRoot({ within: FOLDER }))).toEqual(
      new TypeError(
        'PluginModule.forRoot is imported twice, but its defaults apply to all plugins; import it once, and move other options to forPlugin or forDirectory',
      ),
    );
    @Module({ imports: [root] })
    class FeatureModule {}
    expect(await refusalOf(root, { module: FeatureModule })).toBe('it starts');
  });

  it('injects plugins, references and folders by its decorators', async () => {
    @Injectable()
    class Consumer {
      constructor(
        @InjectPlugin(GREETER) readonly plugin: Greeter,
        @InjectPlugin(GREETER, 'eu') readonly other: Greeter,
        @InjectPluginRef(GREETER, 'eu') readonly ref: PluginRef<Greeter>,
        @InjectPlugins(GREETER) readonly plugins: PluginMap<Greeter>,
      ) {}
    }
    @Module({
      imports: [
        PluginModule.forPlugin(GREETER, { path: FILE, logger }),
        PluginModule.forPlugin(GREETER, { name: 'eu', path: greeterFile('eu'), logger }),
        PluginModule.forDirectory(GREETER, { directory: FOLDER, logger }),
      ],
      providers: [Consumer],
    })
    class FeatureModule {}
    const consumer = (await startApp(FeatureModule)).get(Consumer, { strict: false });
    await expect(consumer.plugin.greet('you')).resolves.toBe('async you');
    await expect(consumer.other.greet('you')).resolves.toBe('eu you');
    expect(consumer.ref.name).toBe('greeter/eu');
    expect([...consumer.plugins.keys()]).toEqual(['async']);
  });

  describe('that is imported by one module', () => {
    @Injectable()
    class Consumer {
      constructor(@InjectPlugin(GREETER) readonly plugin: Greeter) {}
    }
    @Module({ providers: [Consumer] })
    class FeatureModule {}

    it.each<{ how: string; global: () => DynamicModule; local: () => DynamicModule }>([
      {
        how: 'forPlugin',
        global: () => PluginModule.forPlugin(GREETER, { path: FILE, logger, isGlobal: true }),
        local: () => PluginModule.forPlugin(GREETER, { path: FILE, logger }),
      },
      {
        how: 'forPluginAsync',
        global: () => PluginModule.forPluginAsync(GREETER, { isGlobal: true, useClass: Settings }),
        local: () => PluginModule.forPluginAsync(GREETER, { useClass: Settings }),
      },
    ])('provides its plugin to all modules if it is global, else to that module: $how', async ({ global, local }) => {
      const app = await startApp(global(), FeatureModule);
      expect(app.get(Consumer, { strict: false }).plugin).toBe(pluginOf(app));
      expect(await refusalOf(local(), { module: FeatureModule })).toMatchObject({
        message: expect.stringContaining('pluggable:greeter:default'),
      });
      const feature = await startApp({ module: FeatureModule, imports: [local()] });
      expect(feature.get(Consumer, { strict: false }).plugin).toBe(pluginOf(feature));
    });

    it('provides its folder to all modules if it is global', async () => {
      @Injectable()
      class FolderConsumer {
        constructor(@InjectPlugins(GREETER) readonly plugins: PluginMap<Greeter>) {}
      }
      @Module({ providers: [FolderConsumer] })
      class OtherModule {}
      const app = await startApp(
        PluginModule.forDirectory(GREETER, { directory: FOLDER, logger, isGlobal: true }),
        OtherModule,
      );
      expect(app.get(FolderConsumer, { strict: false }).plugins.size).toBe(1);
    });
  });

  it('is the same plugin for two modules that import the same object', async () => {
    const shared = PluginModule.forPlugin(GREETER, { path: greeterFile('shared-module'), logger });
    @Module({ imports: [shared] })
    class One {}
    @Module({ imports: [shared] })
    class Two {}
    const app = await startApp(One, Two);
    expect(app.get(PluginRegistry, { strict: false }).plugins).toHaveLength(1);
    expect(eventsOf('shared-module')).toEqual(['begins', 'opened']);
  });

  describe('with a contract and name that another import has', () => {
    const NAMES = [undefined, 'eu'] as const;

    it.each(NAMES)('fails the start for a plugin, and opens nothing twice: %s', async (name) => {
      const word = `twice-${name}`;
      const path = greeterFile(word);
      const part = () => PluginModule.forPlugin(GREETER, { name, path, logger });
      expect(await refusalOf(part(), part())).toMatchObject({
        name: 'PluginError',
        code: 'PLUGIN_NAME_TAKEN',
        message: `plugin ${path}: found a second plugin with the name ${JSON.stringify(name === undefined ? 'greeter' : 'greeter/eu')}, wanted one plugin for each name; set the option name of one of the two`,
      });
      expect(eventsOf(word).filter((event) => event === 'opened').length).toBeLessThan(2);
    });

    it('fails the start for a folder', async () => {
      const part = () => PluginModule.forDirectory(GREETER, { directory: FOLDER, logger });
      expect(await refusalOf(part(), part())).toMatchObject({
        code: 'PLUGIN_NAME_TAKEN',
        message: `plugin ${FOLDER}: found a second plugin with the name "greeter", wanted one plugin for each name; set the option name of one of the two`,
      });
    });

    it('allows a plugin and a folder with the same contract', async () => {
      const app = await startApp(
        PluginModule.forPlugin(GREETER, { path: FILE, logger }),
        PluginModule.forDirectory(GREETER, { directory: FOLDER, logger }),
      );
      expect(app.get(PluginRegistry).plugins.map(({ name }) => name)).toEqual(['greeter', 'greeter/async']);
    });
  });

  it.each(['', 'a b', 'a/b'])('refuses the name %j when it is imported', (name) => {
    expect(() => PluginModule.forPlugin(GREETER, { name, path: FILE })).toThrow(
      /^a plugin of the greeter contract has/,
    );
    expect(() => PluginModule.forDirectory(GREETER, { name, directory: FOLDER })).toThrow(TypeError);
  });

  it.each<{ how: string; options: Partial<Options>; expected: string }>([
    {
      how: 'no path',
      options: {},
      expected:
        'plugin: found neither a path of a greeter plugin nor a fallback, wanted at least one of them; set the option path',
    },
    {
      how: 'nothing',
      options: { path: '', settingNames: { path: 'GREETER_PLUGIN' } },
      expected:
        'plugin: found neither a path of a greeter plugin nor a fallback, wanted at least one of them; set GREETER_PLUGIN',
    },
    {
      how: 'a plugin that is not required',
      options: { path: FILE, required: false },
      expected: `plugin ${FILE}: found a plugin that is not required and has no fallback, wanted a fallback that serves while the plugin is not live; set required to true`,
    },
  ])('fails the start for $how without a fallback', async ({ options, expected }) => {
    const useFactory = () => ({ ...options, logger }) as Options;
    expect(await refusalOf(PluginModule.forPluginAsync(GREETER, { useFactory }))).toMatchObject({
      code: 'PLUGIN_PATH_INVALID',
      message: `${expected}, or add a fallback`,
    });
  });

  it('serves the fallback without a path, and logs it', async () => {
    const { logger: recording, lines } = recordingLogger();
    const app = await startApp(PluginModule.forPlugin(GREETER, { fallback, logger: recording }));
    await expect(pluginOf(app).greet('you')).resolves.toBe('fallback you');
    expect(refOf(app).status()).toMatchObject({ state: 'none', plugin: null, failure: null });
    expect(lines).toEqual([['info', 'no greeter plugin configured; using its fallback']]);
  });

  it.each([
    { what: 'its file does not exist', path: join(FOLDER, 'none.mjs'), code: 'PLUGIN_NOT_FOUND' },
    {
      what: 'its factory throws',
      path: greeterFile('thrower', { factory: 'throws' }),
      code: 'PLUGIN_FACTORY_REJECTED',
    },
    { what: 'it is of another kind', path: greeterFile('mailer', { kind: 'mailer' }), code: 'PLUGIN_WRONG_KIND' },
  ])('fails the start when a plugin is required and $what', async ({ path, code }) => {
    expect(await refusalOf(PluginModule.forPlugin(GREETER, { path, fallback, logger }))).toMatchObject({
      name: 'PluginError',
      code,
    });
  });

  it('refuses a plugin outside the folder of forRoot, unless it has its own folder', async () => {
    const [within, elsewhere] = [folderOf({ 'a.mjs': greeter('in') }), folderOf({ 'a.mjs': greeter('out') })];
    const root = PluginModule.forRoot({ within, logger });
    const path = join(elsewhere, 'a.mjs');
    expect(await refusalOf(root, PluginModule.forPlugin(GREETER, { path }))).toMatchObject({
      code: 'PLUGIN_OUTSIDE_DIRECTORY',
    });
    expect(eventsOf('out')).toEqual([]);
    const app = await startApp(
      root,
      PluginModule.forPlugin(GREETER, { path: join(within, 'a.mjs') }),
      PluginModule.forPlugin(GREETER, { name: 'own', path, within: elsewhere }),
    );
    await expect(pluginOf(app).greet('you')).resolves.toBe('in you');
    await expect(pluginOf(app, 'own').greet('you')).resolves.toBe('out you');
  });

  it('starts with a plugin whose ping fails, and warns', async () => {
    const { logger: recording, lines } = recordingLogger();
    const path = greeterFile('degraded', { ping: 'fails' });
    const app = await startApp(PluginModule.forPlugin(GREETER, { path, logger: recording }));
    expect(refOf(app).status().state).toBe('degraded');
    expect(lines.at(-1)).toEqual([
      'warn',
      'greeter plugin live, but degraded',
      expect.objectContaining({ plugin: 'degraded', isolation: 'inline', code: 'PLUGIN_CALL_FAILED' }),
    ]);
  });

  it('logs to Nest’s logger by default, also the end of an isolated plugin', async () => {
    const lines: unknown[][] = [];
    const at =
      (level: string) =>
      (...line: unknown[]) =>
        void lines.push([level, ...line]);
    const app = await NestFactory.createApplicationContext(
      {
        module: PathModule,
        imports: [PluginModule.forPlugin(GREETER, { path: greeterFile('crashing'), isolation: 'process' })],
      },
      { logger: { log: at('log'), error: at('error'), warn: at('warn'), debug: at('debug') }, abortOnError: false },
    );
    try {
      const plugin = pluginOf(app);
      expect(lines).toContainEqual([
        'log',
        expect.stringMatching(/^greeter plugin live \{ plugin: 'crashing'/),
        'greeter',
      ]);
      await plugin.greet('crash');
      await eventually('the line of its end', () => lines.some(isOfEnd));
      expect(lines.find(isOfEnd)?.at(-1)).toBe('greeter');
    } finally {
      await app.close();
    }
  });

  describe('with an overridden token', () => {
    const fake: Greeter = { greet: async (person) => `fake ${person}` };
    const compile = () =>
      Test.createTestingModule({
        imports: [PluginModule.forPlugin(GREETER, { path: '/no/such/file.mjs', within: '/no' })],
      })
        .overrideProvider(getPluginToken(GREETER))
        .useValue(fake)
        .compile();

    it('starts, opens nothing, and closes', async () => {
      const app = await compile();
      await app.init();
      expect(pluginOf(app)).toBe(fake);
      expect(refOf(app).status()).toEqual({
        name: 'greeter',
        kind: 'greeter',
        state: 'unopened',
        plugin: null,
        failure: null,
        swaps: 0,
        reimports: 0,
        details: {},
      });
      await expect(refOf(app).ping()).resolves.toBe('unopened');
      await app.close();
      expect(refOf(app).status().state).toBe('unopened');
    });

    it('refuses a swap', async () => {
      const app = await compile();
      await expect(refOf(app).swap({ path: FILE })).rejects.toMatchObject({
        code: 'PLUGIN_NOT_SWAPPABLE',
        message: `plugin ${FILE}: found a swap of an unopened plugin, wanted a plugin that the application has opened; wait for the end of the start, or remove the override of its token`,
      });
      await app.close();
    });
  });

  it('refuses options without a path and a fallback, at compile time and at the start', async () => {
    const parts = [
      // @ts-expect-error neither a path nor a fallback
      PluginModule.forPlugin(GREETER, {}),
      // @ts-expect-error a path that may be undefined
      PluginModule.forPlugin(GREETER, { path: process.env['NO_SUCH_VARIABLE'] }),
      // @ts-expect-error not required
      PluginModule.forPlugin(GREETER, { path: FILE, required: false }),
      PluginModule.forPluginAsync(GREETER, { useFactory: () => ({}) }),
      // @ts-expect-error no folder
      PluginModule.forDirectory(GREETER, {}),
    ];
    for (const part of parts) expect(await refusalOf(part)).toHaveProperty('code', 'PLUGIN_PATH_INVALID');
    expectTypeOf<{ fallback: { send(): Promise<void> } }>().not.toExtend<Options>();
    expectTypeOf<{ path: string | undefined; fallback: Greeter }>().toExtend<Options>();
    expectTypeOf<{ path: string; required: false; fallback: Greeter }>().toExtend<Options>();
  });

  it('reads the path from Nest’s ConfigService, as in the example', async () => {
    const app = await startApp(
      ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, load: [() => ({ GREETER_PLUGIN: FILE, FOLDER })] }),
      PluginModule.forPluginAsync(GREETER, {
        inject: [ConfigService],
        useFactory: (c) => ({ path: c.get('GREETER_PLUGIN'), logger }),
      }),
      PluginModule.forDirectoryAsync(GREETER, {
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({ directory: config.getOrThrow<string>('FOLDER'), logger }),
      }),
    );
    await expect(pluginOf(app).greet('you')).resolves.toBe('async you');
  });

  it('can be loaded again after a failed start', async () => {
    const app = await startApp(PluginModule.forPlugin(GREETER, { name: 'other', fallback, logger }));
    const loader = app.get(LazyModuleLoader);
    const folder = join(folderOf(), 'comes-later');
    const plugin = () => PluginModule.forPlugin(GREETER, { path: join(folder, 'a.mjs'), logger });
    const plugins = () => PluginModule.forDirectory(GREETER, { directory: folder, logger });
    expect(await codeOf(loader.load(plugin))).toBe('PLUGIN_NOT_FOUND');
    expect(await codeOf(loader.load(plugins))).toBe('PLUGIN_NOT_FOUND');
    const { plugins: listed, folders } = app.get(PluginRegistry);
    expect([...listed, ...folders].map(({ name }) => name)).toEqual(['greeter/other']);
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.mjs'), greeter('loaded-later'));
    const module = await loader.load(plugin);
    await expect(module.get<Greeter>(getPluginToken(GREETER)).greet('you')).resolves.toBe('loaded-later you');
    await expect(loader.load(plugins)).resolves.toBeDefined();
    expect(app.get(PluginRegistry).folders.map(({ size }) => size)).toEqual([1]);
  });

  it('opens each plugin once for all consumers', async () => {
    const app = await startApp(PluginModule.forPlugin(GREETER, { path: greeterFile('asked-twice'), logger }));
    expect(await refOf(app).open()).toBe(pluginOf(app));
    expect(eventsOf('asked-twice')).toEqual(['begins', 'opened']);
    await app.close();
    expect(await codeOf(pluginOf(app).greet('you'))).toBe('PLUGIN_CLOSED');
  });
});

// Plugins behind injection tokens: single ones, and those of a folder.
import { type DynamicModule, Module } from '@nestjs/common';
import type { Contract } from '@pluggable/contract';
import { getPluginsToken, registryName } from '../registry/plugin-names.js';
import { PluginMap } from '../registry/plugin-map.js';
import type {
  PluginDefaults,
  PluginFolderOptions,
  PluginModuleAsyncOptions,
  PluginModuleOptions,
} from '../registry/plugin-ref-options.js';
import { PluginRegistry } from '../registry/plugin-registry.js';
import { type PluginAsyncOptions, optionsModule, type PluginModuleExtras } from './async-options.js';
import {
  OPTIONAL_DEFAULTS,
  PLUGIN_DEFAULTS,
  pluginDynamicModule,
  refuseExtras,
  withDefaults,
  withProviders,
} from './plugin-providers.js';
import { PluginRegistryModule } from './plugin-registry.module.js';

/**
 * Opens plugins while the application starts, and closes them after the server. Each import provides one contract and name; a
 * second one with the same fails the start with PLUGIN_NAME_TAKEN. Import `forPlugin` where the plugin is used, or once with
 * `isGlobal: true`.
 *
 * @example
 * imports: [
 *   PluginModule.forPluginAsync(MAILER, { inject: [ConfigService], useFactory: (c) => ({ path: c.get('MAILER_PLUGIN') }) }),
 *   PluginModule.forDirectory(PAYMENT, { directory: 'plugins/payments' }),
 * ]
 */
@Module({})
export class PluginModule {
  /**
   * Sets defaults for all plugins of the application. A second import fails the start with a TypeError. Import it in the root
   * module when all plugin modules are loaded lazily: Nest calls no hook of a module that is not there at the start.
   * @param defaults @default none
   */
  static forRoot(defaults: PluginDefaults = {}): DynamicModule {
    return PluginModule.forRootAsync({ useFactory: () => defaults });
  }

  /** {@link forRoot} with what other providers know. A class has the method `createPluginOptions`. */
  static forRootAsync(options: PluginAsyncOptions<PluginDefaults>): DynamicModule {
    const { module, token } = optionsModule(options);
    return {
      ...module,
      module: PluginModule,
      global: true,
      imports: [PluginRegistryModule, ...(module.imports ?? [])],
      providers: [
        ...(module.providers ?? []),
        {
          provide: PLUGIN_DEFAULTS,
          inject: [PluginRegistry, token],
          useFactory: (registry: PluginRegistry, defaults: PluginDefaults) => {
            registry.addDefaults();
            return defaults;
          },
        },
      ],
      exports: [PLUGIN_DEFAULTS],
    };
  }

  /**
   * Provides a plugin: inject it by `@InjectPlugin`, and its state by `@InjectPluginRef`.
   * @throws PluginError when the application starts and the plugin cannot be opened; PLUGIN_NAME_TAKEN for a second one
   * @throws TypeError for a wrong name, and for a contract with a method that Nest would call
   */
  static forPlugin<T extends object>(
    contract: Contract<T>,
    options: PluginModuleOptions<T> & PluginModuleExtras,
  ): DynamicModule {
    const { name, isGlobal, ...own } = options;
    return PluginModule.forPluginAsync<T>(contract, {
      name,
      isGlobal,
      useFactory: () => own,
    });
  }

  /** {@link forPlugin} with what other providers know. `name` and `isGlobal` stand beside `useFactory`. A class has the method `createPluginOptions`. */
  static forPluginAsync<T extends object>(
    contract: Contract<T>,
    { name, isGlobal, ...options }: PluginAsyncOptions<PluginModuleAsyncOptions<T>> & PluginModuleExtras,
  ): DynamicModule {
    const { module, token } = optionsModule(options);
    return pluginDynamicModule(PluginModule, module, isGlobal, { contract, name, optionsToken: token });
  }

  /**
   * Provides every plugin of a folder, a `PluginMap`: inject it by `@InjectPlugins`. A file that fails is recorded, the others serve.
   * @throws PluginError when the application starts and the folder cannot be listed; PLUGIN_NAME_TAKEN for a second one
   */
  static forDirectory<T extends object>(
    contract: Contract<T>,
    options: PluginFolderOptions & PluginModuleExtras,
  ): DynamicModule {
    const { name, isGlobal, ...own } = options;
    return PluginModule.forDirectoryAsync(contract, { name, isGlobal, useFactory: () => own });
  }

  /** {@link forDirectory} with what other providers know. A class has the method `createPluginOptions`. */
  static forDirectoryAsync<T extends object>(
    contract: Contract<T>,
    { name, isGlobal, ...options }: PluginAsyncOptions<PluginFolderOptions> & PluginModuleExtras,
  ): DynamicModule {
    const { module, token } = optionsModule(options);
    const provide = getPluginsToken(contract, name);
    const provider = {
      provide,
      inject: [PluginRegistry, token, OPTIONAL_DEFAULTS],
      useFactory: (registry: PluginRegistry, given?: PluginFolderOptions, defaults: PluginDefaults = {}) => {
        const own = given ?? { directory: '' };
        refuseExtras(own, own.directory);
        return PluginMap.open(registryName(contract, name), contract, withDefaults(own, defaults), registry);
      },
    };
    return withProviders(PluginModule, module, isGlobal, [provider], [provide]);
  }
}

// The module that provides single plugins and plugin folders.
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
 * Opens plugins while the application starts, and closes them after the server has closed. Each import provides one combination
 * of contract and name; a second import of the same combination fails the start with PLUGIN_NAME_TAKEN. Import `forPlugin` in the
 * module that uses the plugin, or once with `isGlobal: true`.
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
   * Sets defaults for all plugins of the application. A second import fails the start with a TypeError. If all plugin modules are
   * loaded lazily, import it in the root module: Nest calls no lifecycle hooks of lazy modules.
   * @param defaults options for all plugins. @default {}
   */
  static forRoot(defaults: PluginDefaults = {}): DynamicModule {
    return PluginModule.forRootAsync({ useFactory: () => defaults });
  }

  /** {@link forRoot} with options from other providers, see {@link PluginAsyncOptions}. */
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
   * Provides a plugin. Inject it with {@link InjectPlugin}, and its {@link PluginRef} with {@link InjectPluginRef}.
   * @param contract the contract that the plugin must implement
   * @param options `path` is required, or a `fallback`; see {@link PluginSettings}
   * @throws TypeError for an invalid name, and for a contract with a method that Nest would call as a lifecycle hook
   * @throws PluginError when the application starts and the plugin cannot be opened; PLUGIN_NAME_TAKEN for a second plugin with
   * the same contract and name
   * @example PluginModule.forPlugin(MAILER, { path: 'plugins/smtp.mjs', isolation: 'worker' })
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

  /**
   * {@link forPlugin} with options from other providers, see {@link PluginAsyncOptions}. `name` and `isGlobal` stand beside
   * `useFactory`.
   * @example
   * PluginModule.forPluginAsync(MAILER, { inject: [ConfigService], useFactory: (c) => ({ path: c.get('MAILER_PLUGIN') }) })
   */
  static forPluginAsync<T extends object>(
    contract: Contract<T>,
    { name, isGlobal, ...options }: PluginAsyncOptions<PluginModuleAsyncOptions<T>> & PluginModuleExtras,
  ): DynamicModule {
    const { module, token } = optionsModule(options);
    return pluginDynamicModule(PluginModule, module, isGlobal, { contract, name, optionsToken: token });
  }

  /**
   * Provides all plugins of a folder as a {@link PluginMap}. Inject it with {@link InjectPlugins}. A file that cannot be opened is
   * recorded in the map; the other plugins serve.
   * @param contract the contract that the plugins must implement
   * @param options `directory` is required
   * @throws TypeError for an invalid name
   * @throws PluginError when the application starts and the folder cannot be listed; PLUGIN_NAME_TAKEN for a second folder with the
   * same contract and name
   * @example PluginModule.forDirectory(PAYMENT, { directory: 'plugins/payments' })
   */
  static forDirectory<T extends object>(
    contract: Contract<T>,
    options: PluginFolderOptions & PluginModuleExtras,
  ): DynamicModule {
    const { name, isGlobal, ...own } = options;
    return PluginModule.forDirectoryAsync(contract, { name, isGlobal, useFactory: () => own });
  }

  /** {@link forDirectory} with options from other providers, see {@link PluginAsyncOptions}. */
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

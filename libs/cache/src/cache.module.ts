// Loads the plugin while the application starts and binds what its factory provides to the CACHE token.
import { Module } from '@nestjs/common';
import { CachePlugin } from './cache-plugin.js';
import { CACHE } from './cache.token.js';
import { type CacheModuleOptions, ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './cache.module-definition.js';

/**
 * Opens the cache plugin while the application starts, provides it as `CACHE`, and closes it after the server.
 * A plugin that cannot be opened fails the start with a PluginError.
 */
@Module({
  providers: [
    {
      provide: CachePlugin,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: CacheModuleOptions) => CachePlugin.open(options),
    },
    { provide: CACHE, inject: [CachePlugin], useFactory: (plugin: CachePlugin) => plugin.cache },
  ],
  exports: [CACHE, CachePlugin],
})
export class CacheModule extends ConfigurableModuleClass {}

// The module of the PluginRegistry. Every plugin module imports it.
import { Global, Inject, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { PluginRegistry } from '../registry/plugin-registry.js';

@Global()
@Module({ providers: [PluginRegistry], exports: [PluginRegistry] })
export class PluginRegistryModule {
  /**
   * Makes this module the last to shut down. Nest shuts modules down in the order of their distance. All global modules have the
   * same distance, and the last imported shuts down first, so a consumer in an earlier global module would lose its plugin.
   */
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    for (const module of modules.values()) {
      if (module.metatype === PluginRegistryModule) module.distance = Infinity;
    }
  }
}

// The registry, once for an application: every plugin module imports it.
import { Global, Inject, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { PluginRegistry } from '../registry/plugin-registry.js';

@Global()
@Module({ providers: [PluginRegistry], exports: [PluginRegistry] })
export class PluginRegistryModule {
  /**
   * Makes the registry the last to shut down. Nest takes the modules by their distance, nearest first. All global modules have
   * the same, and of these the last imported shuts down first: a consumer in an earlier one would lose its plugin.
   */
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    for (const module of modules.values()) {
      if (module.metatype === PluginRegistryModule) module.distance = Infinity;
    }
  }
}

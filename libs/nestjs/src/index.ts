// Run-time plugins for Nest, each behind an injection token.
export { createPluginModule } from './module/create-plugin-module.js';
export type { DomainModuleOptions, PluginModuleClass, PluginModuleDefinition } from './module/create-plugin-module.js';
export type { PluginAsyncOptions, PluginOptionsFactory, PluginModuleExtras } from './module/async-options.js';
export { InjectPlugin, InjectPluginRef, InjectPlugins } from './module/inject-plugin.js';
export { PluginModule } from './module/plugin.module.js';
export { nestPluginLogger } from './registry/nest-plugin-logger.js';
export type { FolderChanges, PluginMap } from './registry/plugin-map.js';
export type { InjectionDecorator } from './module/inject-plugin.js';
export { getPluginRefToken, getPluginsToken, getPluginToken } from './registry/plugin-names.js';
export type { NamedContract } from './registry/plugin-names.js';
export type { DecorationContext } from './registry/decoration.js';
export type { PluginRef, SwapRequest } from './registry/plugin-ref.js';
export type { PluginRefState, PluginRefStatus } from './registry/plugin-ref-status.js';
export type {
  FallbackPluginOptions,
  PathPluginOptions,
  PluginDefaults,
  PluginFolderOptions,
  PluginModuleAsyncOptions,
  PluginModuleOptions,
  PluginSettingNames,
  PluginSettings,
} from './registry/plugin-ref-options.js';
export { PluginRegistry } from './registry/plugin-registry.js';
export { isPluginError, ISOLATIONS, PluginError } from '@pluggable/host';
export type { LogLevel, PluginErrorCode, Isolation, PluginStatus } from '@pluggable/host';

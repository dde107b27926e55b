// A Nest module whose cache is a plugin.
export { CACHE } from './cache.token.js';
export { CacheModule } from './cache.module.js';
export type { CacheModuleAsyncOptions, CacheModuleOptions, CacheOptionsFactory } from './cache.module-definition.js';
export { CachePlugin } from './cache-plugin.js';
export type { CachePluginStatus } from './cache-plugin.js';
export type {
  CacheCounts,
  CallFailure,
  LookupOutcome,
  FailOpenCache,
  FailOpenOptions,
  FailOpenLookup,
  WriteOutcome,
} from './fail-open-cache.js';
export type { Cache, CacheLookup } from './contract/index.js';
export type { PluginLogger } from '@pluggable/contract';
export { isPluginError, PLUGIN_MODES, PluginError } from '@pluggable/host';
export type { PluginErrorCode, PluginMode, PluginStatus, SwapOptions } from '@pluggable/host';

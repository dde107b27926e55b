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
  TolerantCache,
  TolerantCall,
  TolerantLookup,
  WriteOutcome,
} from './tolerant-cache.js';
export type { Cache, CacheCall, CacheLookup } from '@pluggable/cache-contract';
export type { PluginLogger } from '@pluggable/plugin-contract';
export { isPluginError, PLUGIN_MODES, PluginError } from '@pluggable/plugin-host';
export type { PluginErrorCode, PluginMode, PluginStatus, SwapOptions } from '@pluggable/plugin-host';

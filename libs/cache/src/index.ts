// A Nest module whose cache is a plugin.
export { CACHE, CacheModule } from './cache.module.js';
export type {
  CacheCounts,
  CallFailure,
  FailOpenCache,
  FailOpenLookup,
  FailOpenOptions,
  LookupOutcome,
  WriteOutcome,
} from './fail-open-cache.js';
export { CACHE_CONTRACT } from './contract/index.js';
export type { Cache, CacheLookup } from './contract/index.js';

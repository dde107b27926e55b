// The Nest module of a cache plugin, and its types.
export { CACHE, CacheModule } from './cache.module.js';
export type {
  CacheCounts,
  CorruptLookup,
  FailedLookup,
  FailOpenCache,
  FailOpenLookup,
  FailOpenOptions,
  LookupOutcome,
  WriteOutcome,
} from './fail-open-cache.js';
export type { CallFailure } from './plugin-call.js';
export type { AcquireOutcome, RenewOutcome } from './fail-open-leases.js';
export { CACHE_CONTRACT } from './contract/index.js';
export type { Cache, CacheHit, CacheLookup, CacheMiss } from './contract/index.js';

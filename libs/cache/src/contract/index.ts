// The cache contract, version 1.
export { assertTtl, CACHE_CONTRACT, KEY_UNAVAILABLE } from './cache.js';
export type { Cache, CacheFactory, CacheHit, CacheLookup, CacheMiss } from './cache.js';
export { CACHE_HOST_CONTRACT, isCacheLookup } from './cache-host-contract.js';
export { NopCache } from './nop-cache.js';

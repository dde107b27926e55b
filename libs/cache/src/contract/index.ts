// The contract of a cache plugin, version 1.
export { assertTtl, CACHE_CONTRACT } from './cache.js';
export type { Cache, CacheFactory, CacheLookup } from './cache.js';
export { CACHE_HOST_CONTRACT, isCacheLookup } from './cache-host-contract.js';
export { NopCache } from './nop-cache.js';

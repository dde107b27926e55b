// The contract of a cache plugin, version 1.
export { assertTtl, CACHE_CONTRACT } from './cache.js';
export type { Cache, CacheCall, CacheFactory, CacheLookup } from './cache.js';
export { NopCache } from './nop-cache.js';

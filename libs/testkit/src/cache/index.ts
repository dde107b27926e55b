// A vitest suite for the cache contract, version 1.
export { describeCacheContract } from './cache-testkit.js';
export type { CacheContractOptions } from './subject.js';

// The injection token of the cache.

/**
 * Provides a `Cache` whose methods never reject because the plugin fails: a failed look-up is a miss, which tells the code of
 * its `failure` (see `TolerantLookup`); a failed write is dropped.
 */
export const CACHE = Symbol('CACHE');

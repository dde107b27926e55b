// The injection token of the cache.

/**
 * Provides a `FailOpenCache`: a `Cache` whose methods never reject because the plugin fails. A failed look-up is a miss that tells
 * its `failure`, and so is a value that the caller's own `isValid` refuses; a failed write is dropped.
 */
export const CACHE = Symbol('CACHE');

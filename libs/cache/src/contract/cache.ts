// The cache contract, version 1, for plugins and applications.
import { type CallOptions, defineContract, type Lifecycle, type PluginFactory } from '@pluggable/contract';

/** Result of a look-up. A miss is an answer, not an error; `'0'`, `''` and `'false'` are hits. */
export type CacheLookup = CacheHit | CacheMiss;

/** Result of a look-up that found a value. */
export interface CacheHit {
  /** 'hit' */
  readonly status: 'hit';
  /** The stored value. */
  readonly value: string;
}

/** Result of a look-up that found no value. */
export interface CacheMiss {
  /** 'expired' if the back end can distinguish an expired key; else 'not-found' */
  readonly status: 'not-found' | 'expired';
}

/**
 * A cache of strings with a time to live, and optionally leases. Any rejection means that the cache failed. A call whose signal is
 * already aborted has no effect and rejects with its reason. After `close`, which may be called again, every call rejects. The suite
 * of `@pluggable/testkit/cache` tests these rules.
 */
export interface Cache extends Lifecycle {
  /**
   * Looks up a key.
   * @param key any well-formed string
   * @param options the signal of the call
   * @throws any error if the cache fails; the reason of an aborted signal
   */
  get(key: string, options?: CallOptions): Promise<CacheLookup>;
  /**
   * Stores a value under a key, in place of an earlier value.
   * @param key any well-formed string
   * @param value any well-formed string
   * @param ttlMs time to live, in milliseconds. Whole number >= 1, see {@link assertTtl}
   * @param options the signal of the call
   * @throws RangeError for an invalid `ttlMs`; any error if the cache fails; the reason of an aborted signal
   */
  set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void>;
  /**
   * Acquires the lease of a key, if the key has no lease. With a lease, one process computes a missing value while other processes
   * wait for it. A lease is advisory: two processes that compute the same value are a cost, not an error. Leases are independent of
   * the stored values. Optional: a cache has `acquire`, `renew` and `release`, or none of them.
   * @param key any well-formed string
   * @param token any well-formed string that no other caller uses, such as a UUID
   * @param ttlMs time after which the lease ends by itself, in milliseconds. Whole number >= 1, see {@link assertTtl}
   * @param options the signal of the call
   * @returns true if the caller holds the lease now; false if the key has a lease, also one of the same token, which stays as it is
   * @throws RangeError for an invalid `ttlMs`; any error if the cache fails; the reason of an aborted signal
   */
  acquire?(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean>;
  /**
   * Extends the lease of a key, if this token holds it. The lease then ends `ttlMs` from now.
   * @param key the key of the lease
   * @param token the token of the lease
   * @param ttlMs new time to live of the lease, in milliseconds. Whole number >= 1, see {@link assertTtl}
   * @param options the signal of the call
   * @returns true if the lease is extended; false if this token does not hold it, or the back end cannot extend a lease
   * @throws RangeError for an invalid `ttlMs`; any error if the cache fails; the reason of an aborted signal
   */
  renew?(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean>;
  /**
   * Ends the lease of a key, if this token holds it; else it has no effect. If the back end cannot end a lease, the lease ends by
   * its time to live.
   * @param key the key of the lease
   * @param token the token of the lease
   * @param options the signal of the call
   * @throws any error if the cache fails; the reason of an aborted signal
   */
  release?(key: string, token: string, options?: CallOptions): Promise<void>;
}

/**
 * Code of the rejection of a call whose key is in a part of the back end that is lost, while the calls of most other keys work. It is a
 * domain error, so that it opens no circuit breaker: the other keys stay in use.
 */
export const KEY_UNAVAILABLE = 'KEY_UNAVAILABLE';

/** The rules of every method: the default deadline, and the domain error. */
const RULES = { timeoutMs: 100, errors: [KEY_UNAVAILABLE] } as const;

/** The factory that a cache plugin exports. */
export type CacheFactory<Config = unknown> = PluginFactory<Cache, Config>;

/** The cache contract, version 1, for plugins. Each call has a deadline of 100 ms by default. */
export const CACHE_CONTRACT = defineContract<Cache>({
  kind: 'cache',
  version: 1,
  methods: {
    get: { args: ['key'], ...RULES },
    set: { args: ['key', 'value', 'ttlMs'], ...RULES },
    acquire: { args: ['key', 'token', 'ttlMs'], ...RULES, optional: true },
    renew: { args: ['key', 'token', 'ttlMs'], ...RULES, optional: true },
    release: { args: ['key', 'token'], ...RULES, optional: true },
  },
});

/**
 * Checks a time to live, in milliseconds.
 * @throws RangeError unless `ttlMs` is a whole number >= 1
 */
export function assertTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new RangeError(`ttlMs is ${ttlMs}; wanted a whole number of milliseconds, at least 1`);
  }
}

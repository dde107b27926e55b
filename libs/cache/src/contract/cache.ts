// What a cache is, to a plugin that is one and to an application that uses one.
import { type CallOptions, defineContract, type Lifecycle, type PluginFactory } from '@pluggable/contract';

/** The outcome of a look-up. A miss is an answer, not an error; `'0'`, `''` and `'false'` are hits. */
export type CacheLookup =
  | { readonly status: 'hit'; readonly value: string }
  /** "cache: key not found" */
  | { readonly status: 'not-found' }
  /** "cache: key expired", where the back end can tell it from `not-found`; else that */
  | { readonly status: 'expired' };

/**
 * A rejection of any method means that the cache failed; what the caller does then is the caller's business. A call whose
 * signal is aborted already does nothing and rejects with its reason. `@pluggable/testkit/cache` tests all that is said here.
 */
export interface Cache extends Lifecycle {
  /** Looks a key up. A key is any well-formed text, and so is a value. */
  get(key: string, options?: CallOptions): Promise<CacheLookup>;
  /** @param ttlMs how long the value is kept, in milliseconds: a whole number >= 1, see {@link assertTtl} */
  set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void>;
}

/** What a cache plugin exports. */
export type CacheFactory<Config = unknown> = PluginFactory<Cache, Config>;

/** The contract of a cache, version 1. After `close`, which may be called again, every call rejects. */
export const CACHE_CONTRACT = defineContract<Cache>({
  kind: 'cache',
  version: 1,
  methods: {
    get: { args: ['key'], timeoutMs: 100 },
    set: { args: ['key', 'value', 'ttlMs'], timeoutMs: 100 },
  },
});

/** @throws RangeError unless `ttlMs` is a whole number >= 1: 0, negative numbers, fractions and NaN are mistakes. */
export function assertTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new RangeError(`ttlMs is ${ttlMs}; wanted a whole number of milliseconds, at least 1`);
  }
}

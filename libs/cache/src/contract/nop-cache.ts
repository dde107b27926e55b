// The cache that keeps nothing.
import { assertTtl, type Cache, type CacheLookup } from './cache.js';

/** A cache for when there is none: every look-up is a miss. It refuses a wrong ttl as every cache does. */
export class NopCache implements Cache {
  async get(): Promise<CacheLookup> {
    return { status: 'not-found' };
  }

  async set(_key: string, _value: string, ttlMs: number): Promise<void> {
    assertTtl(ttlMs);
  }
}

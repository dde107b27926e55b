// The no-op cache.
import { assertTtl, type Cache, type CacheLookup } from './cache.js';

/** A cache that stores nothing. */
export class NopCache implements Cache {
  /** Resolves with a miss. It never rejects. */
  async get(): Promise<CacheLookup> {
    return { status: 'not-found' };
  }

  /** Stores nothing. @throws RangeError for an invalid `ttlMs` */
  async set(_key: string, _value: string, ttlMs: number): Promise<void> {
    assertTtl(ttlMs);
  }
}

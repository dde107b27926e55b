// The cache that keeps nothing: every look-up is a miss.
import type { Cache, CacheLookup } from './cache.js';

export class NopCache implements Cache {
  async get(): Promise<CacheLookup> {
    return { status: 'not-found' };
  }

  async set(): Promise<void> {}
}

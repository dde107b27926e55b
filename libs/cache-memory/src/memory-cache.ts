// An LRU cache, bounded in entries and in bytes. Entries expire by their own time stamps, without a timer.
import { assertTtl, type Cache, type CacheLookup } from '@pluggable/cache/contract';
import type { CallOptions, PluginLogger } from '@pluggable/contract';
import { LRUCache } from 'lru-cache';
import { Leases } from './leases.js';
import type { MemoryConfig } from './memory-config.js';

interface Entry {
  readonly value: string;
  /** On the clock of `performance.now()`, which does not depend on the date. */
  readonly expiresAtMs: number;
}

export class MemoryCache implements Cache {
  private readonly entries: LRUCache<string, Entry>;
  private readonly leases = new Leases();
  private isClosed = false;

  constructor(
    private readonly log: PluginLogger,
    config: MemoryConfig,
  ) {
    this.entries = new LRUCache({
      max: config.MEMORY_MAX_ENTRIES,
      maxSize: config.MEMORY_MAX_BYTES,
      sizeCalculation: ({ value }, key) => Math.max(1, Buffer.byteLength(key) + Buffer.byteLength(value)),
    });
  }

  async get(key: string, options?: CallOptions): Promise<CacheLookup> {
    options?.signal?.throwIfAborted();
    this.refuseWhenClosed();
    this.log.debug('get', { key });
    const entry = this.entries.get(key);
    if (entry === undefined) {
      this.log.debug('key not found', { key });
      return { status: 'not-found' };
    }
    if (performance.now() >= entry.expiresAtMs) {
      this.entries.delete(key);
      this.log.debug('key expired', { key });
      return { status: 'expired' };
    }
    this.log.debug('key found', { key });
    return { status: 'hit', value: entry.value };
  }

  async set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.refuseWhenClosed();
    assertTtl(ttlMs);
    this.log.debug('set', { key, ttlMs });
    this.entries.set(key, { value, expiresAtMs: performance.now() + ttlMs });
  }

  async acquire(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    this.refuseWhenClosed();
    assertTtl(ttlMs);
    const isAcquired = this.leases.acquire(key, token, ttlMs);
    this.log.debug(isAcquired ? 'lease acquired' : 'lease held', { key, ttlMs });
    return isAcquired;
  }

  async renew(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    this.refuseWhenClosed();
    assertTtl(ttlMs);
    const isRenewed = this.leases.renew(key, token, ttlMs);
    this.log.debug(isRenewed ? 'lease renewed' : 'lease lost', { key, ttlMs });
    return isRenewed;
  }

  async release(key: string, token: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.refuseWhenClosed();
    const isReleased = this.leases.release(key, token);
    this.log.debug(isReleased ? 'lease released' : 'lease lost', { key });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.entries.clear();
    this.leases.clear();
  }

  private refuseWhenClosed(): void {
    if (this.isClosed) throw new Error('the cache is closed');
  }
}

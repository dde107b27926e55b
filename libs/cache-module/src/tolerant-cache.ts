// A cache whose failures are misses and dropped writes: counted, and logged when they begin and when they end.
import { assertTtl, type Cache, type CacheCall, type CacheLookup } from '@pluggable/cache-contract';
import type { PluginLogger } from '@pluggable/plugin-contract';

/** How often the cache failed since the start. */
export interface CacheFailures {
  /** Look-ups that failed and became misses. */
  readonly failedLookups: number;
  /** Writes that failed and were dropped. */
  readonly droppedWrites: number;
}

export class TolerantCache implements Cache {
  private failedLookups = 0;
  private droppedWrites = 0;
  private isFailing = false;

  constructor(
    private readonly cache: Cache,
    private readonly log: PluginLogger,
  ) {}

  get failures(): CacheFailures {
    return { failedLookups: this.failedLookups, droppedWrites: this.droppedWrites };
  }

  /** @throws the reason of the caller's own signal, nothing else */
  async get(key: string, call?: CacheCall): Promise<CacheLookup> {
    try {
      const lookup = await this.cache.get(key, call);
      this.succeeded();
      return lookup;
    } catch (error) {
      call?.signal?.throwIfAborted();
      this.failedLookups++;
      this.failed(error);
      return { status: 'not-found' };
    }
  }

  /** @throws RangeError for a wrong ttl, and the reason of the caller's own signal, nothing else */
  async set(key: string, value: string, ttlMs: number, call?: CacheCall): Promise<void> {
    assertTtl(ttlMs);
    try {
      await this.cache.set(key, value, ttlMs, call);
      this.succeeded();
    } catch (error) {
      call?.signal?.throwIfAborted();
      this.droppedWrites++;
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.log.warn('cache failing; look-ups are misses and writes are dropped', { code, error: message });
  }

  private succeeded(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    this.log.info('cache works again', { ...this.failures });
  }
}

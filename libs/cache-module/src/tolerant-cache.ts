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

/** A look-up that failed is a miss that tells the code of the failure. */
export type TolerantLookup = CacheLookup | { readonly status: 'not-found'; readonly failure: string };

export class TolerantCache implements Cache {
  private readonly lookups: Outage;
  private readonly writes: Outage;

  constructor(
    private readonly cache: Cache,
    log: PluginLogger,
  ) {
    this.lookups = new Outage(log, 'cache look-ups fail and are misses', 'cache look-ups work again');
    this.writes = new Outage(log, 'cache writes fail and are dropped', 'cache writes work again');
  }

  get failures(): CacheFailures {
    return { failedLookups: this.lookups.count, droppedWrites: this.writes.count };
  }

  /** @throws the reason of the caller's own signal, nothing else */
  async get(key: string, call?: CacheCall): Promise<TolerantLookup> {
    try {
      const lookup = await this.cache.get(key, signalOnly(call));
      this.lookups.end();
      return lookup;
    } catch (error) {
      call?.signal?.throwIfAborted();
      this.lookups.goOn(error);
      return { status: 'not-found', failure: codeOf(error) };
    }
  }

  /** @throws RangeError for a wrong ttl, and the reason of the caller's own signal, nothing else */
  async set(key: string, value: string, ttlMs: number, call?: CacheCall): Promise<void> {
    assertTtl(ttlMs);
    try {
      await this.cache.set(key, value, ttlMs, signalOnly(call));
      this.writes.end();
    } catch (error) {
      call?.signal?.throwIfAborted();
      this.writes.goOn(error);
    }
  }
}

/** Failures in a row are one outage: one line when it begins, one when it ends. Reads may work while writes fail. */
class Outage {
  count = 0;
  private isOn = false;

  constructor(
    private readonly log: PluginLogger,
    private readonly begins: string,
    private readonly ends: string,
  ) {}

  goOn(error: unknown): void {
    this.count++;
    if (this.isOn) return;
    this.isOn = true;
    const message = error instanceof Error ? error.message : String(error);
    this.log.warn(this.begins, { code: codeOf(error), error: message });
  }

  end(): void {
    if (!this.isOn) return;
    this.isOn = false;
    this.log.info(this.ends, { failures: this.count });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

/** Call options without a signal could not be told from data. */
function signalOnly(call: CacheCall | undefined): CacheCall | undefined {
  return call?.signal && { signal: call.signal };
}

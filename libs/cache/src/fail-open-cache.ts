// A cache whose failures are misses and dropped writes: every outcome is counted, an outage is logged when it begins and ends.
import type { CallOptions, PluginLogger } from '@pluggable/contract';
import { assertTtl, type Cache, type CacheLookup } from './contract/index.js';
import { Outage } from './outage.js';

/** Why a call failed. `timeout`: no answer in time. `open`: not asked, because calls fail. `error`: all else. */
export type CallFailure = 'error' | 'timeout' | 'open';
/** What became of a look-up. `corrupt`: there was a value, and its caller says that it is none. `skipped`: there is no plugin. */
export type LookupOutcome = CacheLookup['status'] | 'corrupt' | 'skipped' | CallFailure;
/** What became of a write. `skipped`: there is no plugin, and nothing was stored. */
export type WriteOutcome = 'stored' | 'skipped' | CallFailure;

/** How often each outcome came since the start. */
export interface CacheCounts {
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  readonly writes: Readonly<Record<WriteOutcome, number>>;
}

/** A look-up that failed is a miss that tells how, and the code of the failure. */
export type FailOpenLookup =
  | CacheLookup
  | { readonly status: 'not-found'; readonly failure: 'corrupt' }
  | { readonly status: 'not-found'; readonly failure: CallFailure; readonly code: string };

export interface FailOpenOptions extends CallOptions {
  /** Tells whether a value is one that the caller wrote. What is none is a miss, for the caller to overwrite. @default all are */
  readonly isValid?: ((value: string) => boolean) | undefined;
}

/** What `CACHE` provides: a cache whose methods reject for no failure of the plugin. */
export class FailOpenCache implements Cache {
  private readonly lookups = {
    hit: 0,
    'not-found': 0,
    expired: 0,
    corrupt: 0,
    skipped: 0,
    error: 0,
    timeout: 0,
    open: 0,
  };
  private readonly writes = { stored: 0, skipped: 0, error: 0, timeout: 0, open: 0 };
  private readonly failingLookups: Outage;
  private readonly failingWrites: Outage;

  /** @param hasPlugin whether the cache is a plugin at this moment; else it is the no-op cache. @default it always is */
  constructor(
    private readonly cache: Cache,
    log: PluginLogger,
    private readonly hasPlugin: () => boolean = () => true,
  ) {
    this.failingLookups = new Outage(log, 'cache look-ups fail and are misses', 'cache look-ups work again');
    this.failingWrites = new Outage(log, 'cache writes fail and are dropped', 'cache writes work again');
  }

  get counts(): CacheCounts {
    return { lookups: { ...this.lookups }, writes: { ...this.writes } };
  }

  /** @throws the reason of the caller's own signal, nothing else */
  async get(key: string, options?: FailOpenOptions): Promise<FailOpenLookup> {
    const isSkipped = !this.hasPlugin();
    let lookup: CacheLookup;
    try {
      lookup = await this.cache.get(key, callOptions(options));
    } catch (error) {
      options?.signal?.throwIfAborted();
      const code = codeOf(error);
      const failure = failureOf(code);
      this.lookups[failure]++;
      this.failingLookups.onFailure(code, error);
      return { status: 'not-found', failure, code };
    }
    if (isSkipped) {
      this.lookups.skipped++;
      return lookup;
    }
    this.failingLookups.onSuccess();
    if (lookup.status === 'hit' && options?.isValid?.(lookup.value) === false) {
      this.lookups.corrupt++;
      return { status: 'not-found', failure: 'corrupt' };
    }
    this.lookups[lookup.status]++;
    return lookup;
  }

  /** @throws RangeError for a wrong ttl, and the reason of the caller's own signal, nothing else */
  async set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void> {
    assertTtl(ttlMs);
    const isSkipped = !this.hasPlugin();
    try {
      await this.cache.set(key, value, ttlMs, callOptions(options));
    } catch (error) {
      options?.signal?.throwIfAborted();
      const code = codeOf(error);
      this.writes[failureOf(code)]++;
      this.failingWrites.onFailure(code, error);
      return;
    }
    if (isSkipped) {
      this.writes.skipped++;
      return;
    }
    this.failingWrites.onSuccess();
    this.writes.stored++;
  }
}

function failureOf(code: string): CallFailure {
  switch (code) {
    case 'PLUGIN_CALL_TIMEOUT':
      return 'timeout';
    case 'PLUGIN_BREAKER_OPEN':
      return 'open';
    default:
      return 'error';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

/** What the cache itself is given: whether a value is valid is its caller's business. */
function callOptions(options: CallOptions | undefined): CallOptions | undefined {
  return options?.signal && { signal: options.signal };
}

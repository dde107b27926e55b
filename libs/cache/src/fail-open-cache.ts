// A cache that fails open: failures become misses, dropped writes, or outcomes of leases. Look-ups and writes are counted; an outage
// is logged once.
import type { CallOptions, PluginLogger } from '@pluggable/contract';
import { type CallFailure, callOptions, codeOf, failureOf } from './plugin-call.js';
import { assertTtl, type Cache, type CacheLookup } from './contract/index.js';
import { type AcquireOutcome, FailOpenLeases, type RenewOutcome } from './fail-open-leases.js';
import { Outage } from './outage.js';

/** Outcome of a look-up. `corrupt`: `isValid` returned false. `skipped`: there is no plugin. */
export type LookupOutcome = CacheLookup['status'] | 'corrupt' | 'skipped' | CallFailure;
/** Outcome of a write. `skipped`: there is no plugin, so nothing was stored. */
export type WriteOutcome = 'stored' | 'skipped' | CallFailure;

/** Number of each outcome since the start. */
export interface CacheCounts {
  /** Look-ups by outcome. */
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  /** Writes by outcome. */
  readonly writes: Readonly<Record<WriteOutcome, number>>;
}

/** Result of a look-up of {@link FailOpenCache}. A failed look-up is a miss with a `failure`. */
export type FailOpenLookup = CacheLookup | CorruptLookup | FailedLookup;

/** A miss because `isValid` returned false for the stored value. */
export interface CorruptLookup {
  /** 'not-found' */
  readonly status: 'not-found';
  /** 'corrupt' */
  readonly failure: 'corrupt';
}

/** A miss because the call of the plugin failed. */
export interface FailedLookup {
  /** 'not-found' */
  readonly status: 'not-found';
  /** Kind of the failure. */
  readonly failure: CallFailure;
  /** Code of the error, such as PLUGIN_CALL_TIMEOUT; 'UNKNOWN' if it has none. */
  readonly code: string;
}

/** Options of {@link FailOpenCache.get}. */
export interface FailOpenOptions extends CallOptions {
  /** Returns whether a stored value is usable. An unusable value is a miss, which the caller can overwrite. @default all are usable */
  readonly isValid?: ((value: string) => boolean) | undefined;
}

/** The cache that `CACHE` provides. A failure of the plugin rejects no call. */
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
  private readonly leases: FailOpenLeases;

  /**
   * @param cache the guarded plugin
   * @param log receives one line when an outage begins and one when it ends
   * @param hasPlugin returns whether a plugin is live; otherwise calls count as skipped. @default always true
   */
  constructor(
    private readonly cache: Cache,
    log: PluginLogger,
    private readonly hasPlugin: () => boolean = () => true,
  ) {
    this.failingLookups = new Outage(log, 'cache look-ups fail and count as misses', 'cache look-ups work again');
    this.failingWrites = new Outage(log, 'cache writes fail and are dropped', 'cache writes work again');
    this.leases = new FailOpenLeases(cache, log);
  }

  /** Number of each outcome since the start. */
  get counts(): CacheCounts {
    return { lookups: { ...this.lookups }, writes: { ...this.writes } };
  }

  /**
   * Looks up a key. A failure of the plugin is a miss.
   * @throws the reason of the caller's signal, when it is aborted; nothing else
   */
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

  /**
   * Stores a value. If the plugin fails, the write is dropped.
   * @throws RangeError for an invalid `ttlMs`; the reason of the caller's signal, when it is aborted; nothing else
   */
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

  /**
   * Acquires the lease of a key, so that one process computes a missing value while the others wait for it.
   * @param token a string that no other caller uses, such as a UUID
   * @param ttlMs time after which the lease ends by itself, in milliseconds. Whole number >= 1
   * @returns `acquired` if this token holds the lease now; `held` if the key has a lease already, also one of the same token;
   * `unsupported`, without a call, if there is no plugin or the plugin has no leases. After a failed or aborted call, the token may
   * hold the lease
   * @throws RangeError for an invalid `ttlMs`; the reason of the caller's signal, when it is aborted; nothing else
   */
  acquireLease(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<AcquireOutcome> {
    return this.leases.acquire(key, token, ttlMs, options);
  }

  /**
   * Extends the lease of a key to `ttlMs` from now, if this token holds it.
   * @returns `lost` if this token does not hold the lease, or the back end cannot extend it; `unsupported`, without a call, if there
   * is no plugin or the plugin has no leases
   * @throws RangeError for an invalid `ttlMs`; the reason of the caller's signal, when it is aborted; nothing else
   */
  renewLease(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<RenewOutcome> {
    return this.leases.renew(key, token, ttlMs, options);
  }

  /** Ends the lease of a key, if this token holds it. If that fails, the lease ends by its time to live. It never rejects. */
  releaseLease(key: string, token: string): Promise<void> {
    return this.leases.release(key, token);
  }
}

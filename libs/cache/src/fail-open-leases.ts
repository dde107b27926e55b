// Leases that fail open: a failure of the plugin is an outcome. Each method logs its outage once.
import type { CallOptions, PluginLogger } from '@pluggable/contract';
import { type CallFailure, callOptions, codeOf, failureOf } from './plugin-call.js';
import { assertTtl, type Cache } from './contract/index.js';
import { Outage } from './outage.js';

/** Outcome of {@link FailOpenCache.acquireLease}. `held`: the key has a lease. `unsupported`: no plugin, or one without leases. */
export type AcquireOutcome = 'acquired' | 'held' | 'unsupported' | CallFailure;
/** Outcome of {@link FailOpenCache.renewLease}. `lost`: this token does not hold the lease, or the plugin cannot extend it. */
export type RenewOutcome = 'renewed' | 'lost' | 'unsupported' | CallFailure;

const METHODS = ['acquire', 'renew', 'release'] as const;
type LeaseMethods = Required<Pick<Cache, (typeof METHODS)[number]>>;

export class FailOpenLeases {
  private readonly failingAcquires: Outage;
  private readonly failingRenewals: Outage;
  private readonly failingReleases: Outage;
  /** Whether it is logged that the plugin has only some of the methods. */
  private isReported = false;

  /** @param cache the guarded plugin; a swap can add or remove its methods */
  constructor(
    private readonly cache: Cache,
    private readonly log: PluginLogger,
  ) {
    this.failingAcquires = new Outage(
      log,
      'cache leases fail; each process computes missing values itself',
      'cache leases work again',
    );
    this.failingRenewals = new Outage(log, 'renewals of cache leases fail', 'renewals of cache leases work again');
    this.failingReleases = new Outage(
      log,
      'releases of cache leases fail; leases end by their time to live',
      'releases of cache leases work again',
    );
  }

  async acquire(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<AcquireOutcome> {
    assertTtl(ttlMs);
    const leases = this.methods();
    if (leases === undefined) return 'unsupported';
    const call = callOptions(options);
    const answer = await answerOf(() => leases.acquire(key, token, ttlMs, call), this.failingAcquires, call);
    return typeof answer === 'string' ? answer : answer ? 'acquired' : 'held';
  }

  async renew(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<RenewOutcome> {
    assertTtl(ttlMs);
    const leases = this.methods();
    if (leases === undefined) return 'unsupported';
    const call = callOptions(options);
    const answer = await answerOf(() => leases.renew(key, token, ttlMs, call), this.failingRenewals, call);
    return typeof answer === 'string' ? answer : answer ? 'renewed' : 'lost';
  }

  async release(key: string, token: string): Promise<void> {
    const leases = this.methods();
    if (leases !== undefined) await answerOf(() => leases.release(key, token), this.failingReleases);
  }

  /** A plugin with only some of the methods breaks the contract and counts as one without leases. */
  private methods(): LeaseMethods | undefined {
    if (hasLeases(this.cache)) {
      this.isReported = false;
      return this.cache;
    }
    this.reportSome(METHODS.filter((method) => this.cache[method] !== undefined));
    return undefined;
  }

  private reportSome(found: readonly string[]): void {
    if (found.length === 0 || this.isReported) return;
    this.isReported = true;
    const wanted = 'acquire, renew and release';
    this.log.warn('the cache plugin has only some methods of leases; it is used without leases', { found, wanted });
  }
}

function hasLeases(cache: Cache): cache is Cache & LeaseMethods {
  return METHODS.every((method) => cache[method] !== undefined);
}

/** @throws the reason of the caller's signal, when it is aborted; nothing else */
async function answerOf<Answer>(
  call: () => Promise<Answer>,
  outage: Outage,
  options?: CallOptions,
): Promise<Answer | CallFailure> {
  try {
    const answer = await call();
    outage.onSuccess();
    return answer;
  } catch (error) {
    options?.signal?.throwIfAborted();
    const code = codeOf(error);
    outage.onFailure(code, error);
    return failureOf(code);
  }
}

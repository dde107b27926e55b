// One computation for all processes: the flight that holds the lease of its n computes, the others wait for its value in the cache.
import type { AcquireOutcome, FailOpenCache, FailOpenLookup } from '@pluggable/cache';
import type { Clock } from '@pluggable/admission';
import type { Logger } from 'pino';
import { isCanonicalDecimal } from './canonical-decimal.js';
import type { FlightResult } from './flight-result.js';
import { Lease } from './lease.js';
import type { FailOpenReason, LeaseMetrics } from './lease.metrics.js';
import { type LeaseOptions, leaseTtlMs } from './lease-options.js';
import { pause, pollDelays } from './poll-delays.js';

export interface ComputeLeasesOptions extends LeaseOptions {
  /** Longest time of one computation, and longest time that it may wait, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxWaitMs: number;
  /** How long the cache keeps a value, in milliseconds. */
  readonly expirationMs: number;
}

/** What a flight without a value in the cache has to do. */
export interface Work {
  readonly n: number;
  /** Estimated duration of the computation, in milliseconds. */
  readonly costMs: number;
  /** Aborted when the last waiter has left. */
  readonly signal: AbortSignal;
  /** @param lateMs time that the flight has waited for another process beyond the estimated cost, in milliseconds */
  readonly compute: (lateMs: number) => Promise<number>;
}

/** Why a wait ends without a value. */
type WaitOutcome = Exclude<AcquireOutcome, 'held'> | 'too-long';

/**
 * - A flight that waits holds no worker and no place in the queue.
 * - The holder of a lease looks the value up again, because another process can have stored it meanwhile.
 * - A lease that was released, or that has ended with its process, is taken over.
 * - Any failure leads to a computation without a lease.
 */
export class ComputeLeases {
  private readonly ttlMs: number;

  constructor(
    private readonly cache: Pick<FailOpenCache, 'get' | 'acquireLease' | 'renewLease' | 'releaseLease'>,
    private readonly options: ComputeLeasesOptions,
    private readonly clock: Clock,
    private readonly metrics: LeaseMetrics,
    private readonly log: Pick<Logger, 'debug'>,
  ) {
    this.ttlMs = leaseTtlMs(options.cacheTimeoutMs);
  }

  /**
   * Whether a flight asks for a lease: not if it is cheap, not if it is expected to exceed the time limit, because then other processes
   * would wait for nothing, and not if the cache has just failed.
   */
  isWorthwhile(costMs: number, lookup: FailOpenLookup): boolean {
    const { isOn, minCostMs, timeoutMs } = this.options;
    return isOn && costMs >= minCostMs && costMs < timeoutMs && !('code' in lookup);
  }

  /**
   * Computes the value, or waits for another process that does.
   * @throws any error of the computation; the reason of the signal when it was aborted. The lease is released then
   */
  async solve(work: Work): Promise<FlightResult> {
    const { timeoutMs, maxWaitMs } = this.options;
    const longestMs = timeoutMs + maxWaitMs;
    const lease = new Lease(this.cache, { key: String(work.n), ttlMs: this.ttlMs, longestMs, signal: work.signal });
    const outcome = await lease.acquire();
    if (outcome !== 'held') return await this.proceed(work, lease, outcome);

    this.log.debug({ n: work.n }, 'another process calculates the fib(n); waiting');
    const startedMs = this.clock.now();
    const waitedMs = (): number => this.clock.now() - startedMs;
    let ended: WaitOutcome | FlightResult;
    try {
      ended = await this.wait(work, lease);
    } finally {
      this.metrics.waited(waitedMs());
    }
    if (typeof ended !== 'string') return ended;
    return await this.proceed(work, lease, ended, Math.max(0, waitedMs() - work.costMs));
  }

  private async wait({ n, costMs, signal }: Work, lease: Lease): Promise<WaitOutcome | FlightResult> {
    const endMs = this.clock.now() + costMs + this.options.maxWaitMs;
    const delays = pollDelays(this.options.expirationMs);
    let leftMs: number;
    while ((leftMs = endMs - this.clock.now()) > 0) {
      await pause(Math.min(delays.next().value, leftMs), signal);
      const lookup = await this.look(n, signal);
      if (lookup.status === 'hit') return fromOtherProcess(lookup.value);
      if ('code' in lookup) return lookup.failure;
      const outcome = await lease.acquire();
      if (outcome !== 'held') return outcome;
    }
    return 'too-long';
  }

  /** @param lateMs undefined if the flight has not waited */
  private async proceed(work: Work, lease: Lease, outcome: WaitOutcome, lateMs?: number): Promise<FlightResult> {
    switch (outcome) {
      case 'acquired':
        this.metrics.acquired();
        return await this.hold(work, lease, lateMs);
      case 'unsupported':
        break;
      default:
        this.failOpen(work.n, outcome);
    }
    return { value: await work.compute(lateMs ?? 0), isFromOtherProcess: false };
  }

  private async hold({ n, signal, compute }: Work, lease: Lease, lateMs?: number): Promise<FlightResult> {
    try {
      const lookup = await this.look(n, signal);
      if (lookup.status === 'hit') {
        void lease.release();
        return fromOtherProcess(lookup.value);
      }
      if (lateMs !== undefined) {
        this.metrics.tookOver();
        this.log.debug({ n }, 'the other process has not calculated the fib(n); taking over');
      }
      return { value: await compute(lateMs ?? 0), isFromOtherProcess: false, lease };
    } catch (error) {
      void lease.release();
      throw error;
    }
  }

  private async look(n: number, signal: AbortSignal): Promise<FailOpenLookup> {
    return await this.cache.get(String(n), { isValid: isCanonicalDecimal, signal });
  }

  private failOpen(n: number, reason: FailOpenReason): void {
    this.metrics.failedOpen(reason);
    this.log.debug({ n, reason }, 'calculating the fib(n) without a lease');
  }
}

function fromOtherProcess(value: string): FlightResult {
  return { value: Number(value), isFromOtherProcess: true };
}

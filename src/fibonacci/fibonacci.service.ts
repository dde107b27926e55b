// Fibonacci numbers from the cache, or computed once for all concurrent requests and then cached.
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CACHE, type FailOpenCache, type FailOpenLookup } from '@pluggable/cache';
import type { AdmissionLoad } from '@pluggable/admission';
import { isCanonicalDecimal } from './canonical-decimal.js';
import { computations } from './computation-channel.js';
import { ComputeMetrics } from './compute.metrics.js';
import { ComputeLeases } from './compute-leases.js';
import { ComputePool } from './compute-pool.js';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import type { FlightResult } from './flight-result.js';
import type { Lease } from './lease.js';
import { RequestSteps } from './request-channel.js';
import { type Flight, SingleFlight } from './single-flight.js';

/** Only these values are written to the cache. */
const VALID = { isValid: isCanonicalDecimal };

/** The outcome of a look-up with a hit, and its value. */
export interface Cached {
  readonly lookup: FailOpenLookup;
  readonly value: number;
}

/** The outcome of a look-up without a usable value. */
export interface Computable {
  readonly lookup: FailOpenLookup;
  /** Joins or starts the computation. Subscribe to it synchronously, see {@link Flight}. */
  readonly compute: () => Flight<FlightResult>;
}

export interface ComputeLoad extends AdmissionLoad {
  /** Number of different n that are being computed or stored. */
  readonly flights: number;
}

@Injectable()
export class FibonacciService implements OnApplicationShutdown {
  private readonly flights = new SingleFlight<number, FlightResult, MissedLookup>({
    load: (n, signal, lookup) => this.solve(n, signal, lookup),
    store: (n, result) => this.store(n, result),
  });

  /** The leases that are released when their values are stored. */
  private readonly releases = new Set<Promise<void>>();

  constructor(
    @Inject(CACHE) private readonly cache: Pick<FailOpenCache, 'get' | 'set'>,
    @Inject(FIBONACCI_OPTIONS) private readonly options: FibonacciOptions,
    @Inject(ComputePool) private readonly pool: Pick<ComputePool, 'fibonacci' | 'costMs' | 'estimateMs' | 'load'>,
    private readonly leases: ComputeLeases,
    private readonly metrics: ComputeMetrics,
  ) {}

  /**
   * Looks up the value. The cache is not trusted: any value other than an exact canonical decimal is a miss.
   * @param id the id of the request, for observers
   */
  async find(n: number, id: string): Promise<Cached | Computable> {
    const steps = RequestSteps.of(id, n);
    const lookup = await this.cache.get(String(n), VALID);
    if (lookup.status === 'hit') {
      const value = Number(lookup.value);
      this.options.log.debug({ n, value }, 'cache hit; returning the cached value');
      steps?.hit();
      return { lookup, value };
    }
    return { lookup, compute: () => this.compute(n, lookup, steps) };
  }

  /** The estimated duration of a computation, in milliseconds. */
  estimateMs(n: number): number {
    return this.pool.estimateMs(n);
  }

  /** The current load, for observers. */
  load(): ComputeLoad {
    return { ...this.pool.load(), flights: this.flights.size };
  }

  /** The cache closes afterwards. Each call of it has a time limit. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.releases);
  }

  private compute(n: number, lookup: MissedLookup, steps: RequestSteps | undefined): Flight<FlightResult> {
    const flight = this.flights.join(n, lookup);
    this.metrics.joined(flight.isUnderWay);
    const next = flight.isUnderWay ? 'joining the calculation of' : 'calculating';
    this.options.log.debug({ n, cache_error: errorOf(lookup) }, `cache miss; ${next} the fib(n)`);
    return steps === undefined ? flight : { ...flight, flight$: steps.watched(flight) };
  }

  /** @param lookup that of the request that started the flight */
  private async solve(n: number, signal: AbortSignal, lookup: MissedLookup): Promise<FlightResult> {
    const costMs = this.pool.costMs(n);
    if (!this.leases.isWorthwhile(costMs, lookup)) {
      return { value: await this.calculate(n, signal), isFromOtherProcess: false };
    }
    const compute = (lateMs: number): Promise<number> => this.calculate(n, signal, lateMs);
    return await this.leases.solve({ n, costMs, signal, compute });
  }

  private async calculate(n: number, signal: AbortSignal, waitedMs = 0): Promise<number> {
    const compute = (): Promise<number> => this.pool.fibonacci(n, signal, waitedMs);
    const result = await (computations.hasSubscribers ? computations.tracePromise(compute, { n }) : compute());
    this.options.log.debug({ n, result }, 'fib(n) calculated');
    return result;
  }

  private async store(n: number, { value, isFromOtherProcess, lease }: FlightResult): Promise<void> {
    if (isFromOtherProcess) return;
    const stored = this.write(n, value);
    if (lease !== undefined) this.releaseAfter(stored, lease);
    await stored;
  }

  /** Not part of the flight: a process that waits finds the value, and then does not need the lease. */
  private releaseAfter(stored: Promise<void>, lease: Lease): void {
    const released = stored.then(() => lease.release()).finally(() => this.releases.delete(released));
    this.releases.add(released);
  }

  private async write(n: number, value: number): Promise<void> {
    try {
      await this.cache.set(String(n), String(value), this.options.expirationMs);
    } catch (error) {
      this.options.log.error({ n, err: error }, 'cannot set cache');
    }
  }
}

type MissedLookup = Exclude<FailOpenLookup, { readonly status: 'hit' }>;

/** The texts of the original, and additional ones for cases that the original does not have. */
function errorOf(lookup: MissedLookup): string {
  if ('code' in lookup) return `cache: look-up failed (${lookup.code})`;
  if ('failure' in lookup) return 'cache: value is not a canonical decimal';
  return lookup.status === 'expired' ? 'cache: key expired' : 'cache: key not found';
}

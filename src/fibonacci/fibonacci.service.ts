// A Fibonacci number: from the cache, or computed once for all who wait and written to the cache.
import { Inject, Injectable } from '@nestjs/common';
import { CACHE, type FailOpenCache, type FailOpenLookup } from '@pluggable/cache';
import type { Observable } from 'rxjs';
import type { AdmissionLoad } from '@pluggable/admission';
import { isCanonicalDecimal } from './canonical-decimal.js';
import { ComputePool } from './compute-pool.js';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { Flights } from './flights.js';

/** What may be in the cache: nothing else was ever written. */
const VALID = { isValid: isCanonicalDecimal };

export interface ComputeLoad extends AdmissionLoad {
  /** The ns that somebody waits for, or whose value is on its way to the cache. */
  readonly flights: number;
}

@Injectable()
export class FibonacciService {
  private readonly flights = new Flights<number, number>({
    load: (n, signal) => this.calculate(n, signal),
    store: (n, value) => this.store(n, value),
  });

  constructor(
    @Inject(CACHE) private readonly cache: FailOpenCache,
    @Inject(FIBONACCI_OPTIONS) private readonly options: FibonacciOptions,
    private readonly pool: ComputePool,
  ) {}

  /** The value as the cache has it. What the cache holds is not trusted: all but an exact canonical decimal is a miss. */
  async lookUp(n: number): Promise<FailOpenLookup> {
    const { log } = this.options;
    const lookup = await this.cache.get(String(n), VALID);
    if (lookup.status === 'hit') {
      log.debug({ n, value: Number(lookup.value) }, 'cache hit; returning the cached value');
      return lookup;
    }
    const next = this.flights.has(n) ? 'joining the calculation of' : 'calculating';
    log.debug({ n, cache_error: errorOf(lookup) }, `cache miss; ${next} the fib(n)`);
    return lookup;
  }

  /** The value, computed. Work starts with the first subscriber and is cancelled when the last has left. */
  compute(n: number): Observable<number> {
    return this.flights.join(n);
  }

  /** Whether somebody is computing it already. */
  isComputing(n: number): boolean {
    return this.flights.has(n);
  }

  /** What goes on, for who observes it. */
  load(): ComputeLoad {
    return { ...this.pool.load(), flights: this.flights.size };
  }

  private async calculate(n: number, signal: AbortSignal): Promise<number> {
    const result = await this.pool.fibonacci(n, signal);
    this.options.log.debug({ n, result }, 'fib(n) calculated');
    return result;
  }

  private async store(n: number, value: number): Promise<void> {
    try {
      await this.cache.set(String(n), String(value), this.options.expirationMs);
    } catch (error) {
      this.options.log.error({ n, err: error }, 'cannot set cache');
    }
  }
}

type MissedLookup = Exclude<FailOpenLookup, { readonly status: 'hit' }>;

/** The original's words, and ours for what the original does not tell. */
function errorOf(lookup: MissedLookup): string {
  if ('code' in lookup) return `cache: look-up failed (${lookup.code})`;
  if ('failure' in lookup) return 'cache: value is not a canonical decimal';
  return lookup.status === 'expired' ? 'cache: key expired' : 'cache: key not found';
}

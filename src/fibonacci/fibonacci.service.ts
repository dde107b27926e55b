// A Fibonacci number: from the cache, or computed once for all who wait and written to the cache.
import { Inject, Injectable } from '@nestjs/common';
import { CACHE, type Cache, type TolerantLookup } from '@pluggable/cache-module';
import type { Observable } from 'rxjs';
import { canonicalDecimal } from './canonical-decimal.js';
import { ComputePool } from './compute-pool.js';
import { FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { Flights } from './flights.js';

/** Why a look-up gave no value. `unusable`: what the cache held is no result, and will be overwritten. */
export type Miss = 'not-found' | 'expired' | 'failed' | 'unusable';
export type Lookup = { readonly value: number } | { readonly miss: Miss };

@Injectable()
export class FibonacciService {
  private readonly flights = new Flights<number, number>({
    load: (n, signal) => this.calculate(n, signal),
    store: (n, value) => this.store(n, value),
  });

  constructor(
    @Inject(CACHE) private readonly cache: Cache,
    @Inject(FIBONACCI_OPTIONS) private readonly options: FibonacciOptions,
    private readonly pool: ComputePool,
  ) {}

  /** The value as the cache has it. What the cache holds is not trusted: all but an exact canonical decimal is a miss. */
  async lookUp(n: number): Promise<Lookup> {
    const { log } = this.options;
    const lookup: TolerantLookup = await this.cache.get(String(n));
    if (lookup.status === 'hit') {
      const value = canonicalDecimal(lookup.value);
      if (value !== undefined) {
        log.debug({ n, value }, 'cache hit; returning the cached value');
        return { value };
      }
    }
    const next = this.flights.has(n) ? 'joining the calculation of' : 'calculating';
    log.debug({ n, cache_error: errorOf(lookup) }, `cache miss; ${next} the fib(n)`);
    return { miss: missOf(lookup) };
  }

  /** The value, computed. Work starts with the first subscriber and is cancelled when the last has left. */
  compute(n: number): Observable<number> {
    return this.flights.join(n);
  }

  /** Whether somebody is computing it already. */
  isComputing(n: number): boolean {
    return this.flights.has(n);
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

function missOf(lookup: TolerantLookup): Miss {
  if (lookup.status === 'hit') return 'unusable';
  return 'failure' in lookup ? 'failed' : lookup.status;
}

/** The original's words, and ours for what the original does not tell. */
function errorOf(lookup: TolerantLookup): string {
  if ('failure' in lookup) return `cache: look-up failed (${lookup.failure})`;
  const { status } = lookup;
  switch (status) {
    case 'hit':
      return 'cache: value is not a canonical decimal';
    case 'not-found':
      return 'cache: key not found';
    case 'expired':
      return 'cache: key expired';
    default:
      return status satisfies never;
  }
}

// The Fibonacci service of one of several processes with a common cache, whose computations end when the test ends them.
import type { Cache } from '@pluggable/cache';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';
import pino from 'pino';
import { FailOpenCache } from '../../libs/cache/src/fail-open-cache.js';
import { ComputeMetrics } from '../../src/fibonacci/compute.metrics.js';
import { ComputeLeases } from '../../src/fibonacci/compute-leases.js';
import { FibonacciService } from '../../src/fibonacci/fibonacci.service.js';
import { LeaseMetrics } from '../../src/fibonacci/lease.metrics.js';
import { recordingLogger } from './recording-logger.js';

/** The estimated duration of each computation, in milliseconds. */
export const COST_MS = 1_000;
export const MAX_WAIT_MS = 10_000;

export interface ServiceOptions {
  readonly isOn?: boolean;
  readonly minCostMs?: number;
  readonly cacheTimeoutMs?: number;
  readonly timeoutMs?: number;
  readonly expirationMs?: number;
}

export interface Computation {
  readonly waitedMs: number;
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<number>;
}

export interface Asked {
  /** The value with its origin, or the error. */
  readonly outcome: Promise<unknown>;
  leave(): void;
}

export class LeasingService {
  readonly computations: Computation[] = [];
  readonly log: Record<string, unknown>[] = [];
  private readonly metrics = new MetricsRegistry();
  private readonly service: FibonacciService;

  constructor(plugin: Cache, options: ServiceOptions = {}) {
    const { isOn = true, minCostMs = 20, cacheTimeoutMs = 100, timeoutMs = 60_000, expirationMs = 15_000 } = options;
    const cache = new FailOpenCache(plugin, recordingLogger().logger);
    const write = (line: string): void => void this.log.push(JSON.parse(line) as Record<string, unknown>);
    const log = pino({ level: 'debug' }, { write });
    const compute = { workers: 1, timeoutMs, maxWaitMs: MAX_WAIT_MS };
    const lease = { isOn, minCostMs, cacheTimeoutMs };
    this.service = new FibonacciService(
      cache,
      { maxN: 78, expirationMs, compute, lease, log },
      {
        fibonacci: (_n, signal, waitedMs) => this.compute(signal, waitedMs),
        costMs: () => COST_MS,
        estimateMs: () => COST_MS,
        load: () => ({ workers: 1, busy: 0, queued: 0 }),
      },
      new ComputeLeases(
        cache,
        { ...lease, ...compute, expirationMs },
        performance,
        new LeaseMetrics(this.metrics),
        log,
      ),
      new ComputeMetrics(this.metrics),
    );
  }

  /** Number of flights that have not ended. */
  get flights(): number {
    return this.service.load().flights;
  }

  /** A request whose look-up has ended, without a value, and that waits for a flight. */
  async ask(n: number): Promise<Asked> {
    const found = await this.service.find(n, '');
    if ('value' in found) throw new Error(`fib(${n}) is in the cache`);
    const result = Promise.withResolvers<unknown>();
    const subscription = found.compute().flight$.subscribe({
      next: ({ value, isFromOtherProcess }) => result.resolve({ value, isFromOtherProcess }),
      error: (error: unknown) => result.resolve(error),
    });
    return { outcome: result.promise, leave: () => subscription.unsubscribe() };
  }

  async shutDown(): Promise<void> {
    await this.service.onApplicationShutdown();
  }

  /** The series of a metric: `{reason="open"}` to 1. */
  series(name: string): Record<string, number> {
    const lines = this.metrics.text().split('\n');
    const found = lines
      .map((line) => new RegExp(`^${name}({.*})? (\\S+)$`).exec(line))
      .filter((match) => match !== null);
    return Object.fromEntries(found.map(([, labels = '', value]) => [labels, Number(value)]));
  }

  /** The messages of the log. */
  get messages(): unknown[] {
    return this.log.map(({ msg }) => msg);
  }

  private async compute(signal: AbortSignal, waitedMs = 0): Promise<number> {
    const done = Promise.withResolvers<number>();
    const leave = (): void => done.reject(signal.reason);
    signal.addEventListener('abort', leave);
    this.computations.push({ waitedMs, signal, done });
    try {
      return await done.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}

// The pool of worker threads that compute, with admission control.
import type { OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { Logger } from 'pino';
import { Admission, type AdmissionLoad, AdmissionRefused, after, RunningClock } from '@pluggable/admission';
import { Failure } from './failure.js';
import type { ComputeMetrics, ComputeOutcome } from './compute.metrics.js';
import { ComputeCost } from './compute-cost.js';
import type { Computed } from './fibonacci.worker.js';

export interface ComputePoolOptions {
  /** Number of threads. Each runs one computation at a time. */
  readonly workers: number;
  /** Longest duration of one computation without its wait, in milliseconds of the {@link RunningClock}. */
  readonly timeoutMs: number;
  /** Longest time that a computation may wait for a thread, in milliseconds. */
  readonly maxWaitMs: number;
}

/** The computation that is measured at the start, in less than a millisecond. The fastest run counts, because the first runs unoptimized code. */
const FIRST_RUNS = { n: 27, count: 3 };

export class ComputePool implements OnApplicationShutdown {
  /** The clock of all waits and limits of computations. */
  readonly clock = new RunningClock();
  private readonly admission: Admission;

  private constructor(
    private readonly workers: Piscina<number, Computed>,
    private readonly cost: ComputeCost,
    private readonly options: ComputePoolOptions,
    private readonly metrics: ComputeMetrics,
  ) {
    this.admission = new Admission({ ...options, clock: this.clock });
  }

  /**
   * Starts the threads and measures the cost of a computation.
   * @throws Error when the threads cannot compute
   */
  static async start(options: ComputePoolOptions, log: Logger, metrics: ComputeMetrics): Promise<ComputePool> {
    const workers = new Piscina<number, Computed>({
      filename: new URL('./fibonacci.worker.js', import.meta.url).href,
      minThreads: options.workers,
      maxThreads: options.workers,
    });
    let isStarted = false;
    // The pool replaces a thread that dies while idle; no computation fails. A failed start is reported once, below.
    workers.on('error', (error: unknown) => isStarted && log.error({ err: error }, 'a worker thread died'));
    try {
      const cost = await measuredCost(workers);
      isStarted = true;
      return new ComputePool(workers, cost, options, metrics);
    } catch (error) {
      await workers.destroy();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`the worker threads cannot compute (${reason}); build the application again`, { cause: error });
    }
  }

  /**
   * The nth Fibonacci number. An abort frees the place at once, whether queued or running; the thread of a running computation is
   * terminated.
   * @param waitedMs time that it has waited elsewhere, in milliseconds. It counts towards `maxWaitMs`
   * @throws Failure `overloaded` when the wait would be too long, `deadline` when the computation took too long
   * @throws the reason of the signal when it was aborted
   */
  async fibonacci(n: number, signal: AbortSignal, waitedMs = 0): Promise<number> {
    const costMs = this.costMs(n);
    const arrivedMs = this.clock.now();
    try {
      return await this.admission.run(
        costMs,
        () => {
          this.metrics.waited(this.clock.now() - arrivedMs);
          return this.compute(n, signal);
        },
        signal,
        waitedMs,
      );
    } catch (error) {
      if (!(error instanceof AdmissionRefused)) throw error;
      this.metrics.refused(error.reason);
      throw new Failure('overloaded', `computing fib(${n}) was ${error.message}`, error.retryAfterMs);
    }
  }

  /** The estimated duration of a computation without its wait, in milliseconds. */
  estimateMs(n: number): number {
    return this.cost.estimateMs(n);
  }

  /** The same, as far as the time limit allows. */
  costMs(n: number): number {
    return Math.min(this.cost.estimateMs(n), this.options.timeoutMs);
  }

  load(): AdmissionLoad {
    return this.admission.load();
  }

  async onApplicationShutdown(): Promise<void> {
    this.clock.stop();
    await this.workers.destroy();
  }

  private async compute(n: number, signal: AbortSignal): Promise<number> {
    const { timeoutMs } = this.options;
    const end = new AbortController();
    const leave = (): void => end.abort(signal.reason);
    const cancelDeadline = after(this.clock, timeoutMs, () => {
      end.abort(new Failure('deadline', `computing fib(${n}) took longer than ${timeoutMs} ms`));
    });
    signal.addEventListener('abort', leave);
    const startedMs = this.clock.now();
    let outcome: ComputeOutcome = 'failed';
    try {
      const { value, cpuMs } = await this.workers.run(n, { signal: end.signal });
      this.cost.learn(n, cpuMs);
      outcome = 'completed';
      return value;
    } catch (error) {
      if (end.signal.aborted) outcome = signal.aborted ? 'cancelled' : 'deadline';
      end.signal.throwIfAborted();
      throw error;
    } finally {
      this.metrics.computed(this.clock.now() - startedMs, outcome);
      cancelDeadline();
      signal.removeEventListener('abort', leave);
    }
  }
}

async function measuredCost(workers: Piscina<number, Computed>): Promise<ComputeCost> {
  let fastestMs = Infinity;
  for (let run = 1; run <= FIRST_RUNS.count; run++) {
    // Not the CPU time, which may be 0 for such a short run. The fastest of several runs contains no pause.
    const { tookMs } = await workers.run(FIRST_RUNS.n);
    fastestMs = Math.min(fastestMs, tookMs);
  }
  return new ComputeCost(FIRST_RUNS.n, fastestMs);
}

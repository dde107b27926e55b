// Worker threads that compute, and the queue in front of them.
import type { OnApplicationShutdown } from '@nestjs/common';
import PQueue, { TimeoutError } from 'p-queue';
import { Piscina } from 'piscina';
import type { Logger } from 'pino';
import { Failure } from '../http/failure.js';

export interface ComputePoolOptions {
  /** Threads, each of which does one computation at a time. */
  readonly workers: number;
  /** Longest time of one computation, from its start, in milliseconds. */
  readonly timeoutMs: number;
}

/** More computations than this, for each worker, do not wait: they are refused. */
const QUEUED_PER_WORKER = 8;
/** What a refused caller is told to wait when nothing has been measured yet, in milliseconds. */
const FIRST_RETRY_MS = 1_000;

export class ComputePool implements OnApplicationShutdown {
  private readonly queue: PQueue;
  private readonly workers: Piscina<number, number>;
  private readonly maxQueued: number;

  constructor({ workers, timeoutMs }: ComputePoolOptions, log: Logger) {
    // The queue, not Piscina's own, because its time-out begins when the work begins.
    this.queue = new PQueue({ concurrency: workers, timeout: timeoutMs });
    this.maxQueued = workers * QUEUED_PER_WORKER;
    this.workers = new Piscina({
      filename: new URL('./fibonacci.worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
    });
    // A thread that dies while it is idle fails no computation, and is replaced.
    this.workers.on('error', (error: unknown) => log.error({ err: error }, 'a worker thread died'));
  }

  /**
   * The nth Fibonacci number. Aborting, queued or running, frees the place at once; the thread of running work is ended.
   * @throws Failure `overloaded` when the queue is full, `deadline` when the computation took too long
   * @throws the reason of the signal when that ended it
   */
  async fibonacci(n: number, signal: AbortSignal): Promise<number> {
    if (this.queue.size >= this.maxQueued) {
      throw new Failure('overloaded', 'too many computations wait already', { retryAfterMs: this.retryAfterMs() });
    }
    try {
      return await this.queue.add(({ signal: ended }) => this.workers.run(n, { signal: ended ?? null }), { signal });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new Failure('deadline', `computing fib(${n}) took longer than ${this.queue.timeout} ms`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.workers.destroy();
  }

  /** Until the queue has been worked off, by the mean of the runs so far, cancelled ones among them. */
  private retryAfterMs(): number {
    const meanMs = this.workers.histogram.runTime.mean || FIRST_RETRY_MS;
    return Math.max(FIRST_RETRY_MS, (this.queue.size * meanMs) / this.queue.concurrency);
  }
}

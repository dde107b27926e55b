// Admission: a queue in front of a number of places, bounded by estimated waiting time. It only decides when work starts.
import { AdmissionRefused } from './admission-refused.js';
import { Job, longPlacesOf } from './job.js';
import { after, type Clock } from './running-clock.js';
import { type RunningJob, Schedule } from './schedule.js';

export interface AdmissionOptions {
  /** The number of places, that is of jobs that run at a time. Whole number >= 1. */
  readonly workers: number;
  /** Longest time that work may wait for its place, in milliseconds. Work with a longer estimated wait is refused. */
  readonly maxWaitMs: number;
  /** The clock that measures waits and runs. @default performance, which counts a pause of the process as a wait */
  readonly clock?: Clock;
}

/** The current load, for observers. */
export interface AdmissionLoad {
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
}

interface Waiting {
  readonly job: Job;
  readonly admit: () => void;
  readonly refuse: (error: AdmissionRefused) => void;
}

/**
 * - Order: shortest first with ageing, see {@link Job.key}.
 * - Long jobs may hold all places but one. A short job starts before a long one that may not start yet.
 * - A job whose estimated wait exceeds `maxWaitMs` is refused, on arrival or when it is overtaken. No job waits longer than
 *   `maxWaitMs`.
 * - A place is held until the promise of its work has settled.
 *
 * An arrival costs time proportional to the number of waiting jobs.
 */
export class Admission {
  private readonly workers: number;
  private readonly maxWaitMs: number;
  private readonly longPlaces: number;
  private readonly clock: Clock;
  private readonly running = new Set<RunningJob>();
  /** Sorted by key. */
  private readonly waiting: Waiting[] = [];

  constructor({ workers, maxWaitMs, clock = performance }: AdmissionOptions) {
    this.workers = workers;
    this.maxWaitMs = maxWaitMs;
    this.longPlaces = longPlacesOf(workers);
    this.clock = clock;
  }

  /**
   * Runs the work in its turn, possibly at once.
   * @param costMs estimated duration, in milliseconds
   * @param work not called if it is refused or aborted before its turn
   * @param signal when it is aborted, waiting work leaves the queue at once; running work must end itself
   * @param waitedMs time that the work has waited elsewhere, in milliseconds. It counts towards `maxWaitMs`; the excess does not count,
   * so that a free place is given at once. @default 0
   * @throws AdmissionRefused when the wait is too long
   * @throws the reason of the signal when it is aborted before the work starts, and any error of the work
   */
  async run<Result>(costMs: number, work: () => Promise<Result>, signal: AbortSignal, waitedMs = 0): Promise<Result> {
    signal.throwIfAborted();
    const countedMs = Math.min(waitedMs, this.maxWaitMs);
    const job = new Job(costMs, this.clock.now() - countedMs);
    return await new Promise<Result>((resolve, reject) => {
      const leave = (): void => refuse(signal.reason);
      const cancelExpiry = after(this.clock, this.maxWaitMs - countedMs, () => refuse(new AdmissionRefused('expired')));
      signal.addEventListener('abort', leave);
      const stopWaiting = (): void => {
        cancelExpiry();
        signal.removeEventListener('abort', leave);
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
      };
      const refuse = (reason: unknown): void => {
        stopWaiting();
        reject(reason);
      };
      const admit = (): void => {
        stopWaiting();
        resolve(this.hold(job, work));
      };
      const waiting: Waiting = { job, admit, refuse };
      this.enqueue(waiting);
    });
  }

  load(): AdmissionLoad {
    return { workers: this.workers, busy: this.running.size, queued: this.waiting.length };
  }

  /** Holds a place until the work has settled. */
  private async hold<Result>(job: Job, work: () => Promise<Result>): Promise<Result> {
    const place = { job, startedMs: this.clock.now() };
    this.running.add(place);
    try {
      return await work();
    } finally {
      this.running.delete(place);
      this.admitNext();
    }
  }

  private enqueue(newcomer: Waiting): void {
    const { key } = newcomer.job;
    const before = this.waiting.findLastIndex(({ job }) => job.key <= key);
    this.waiting.splice(before + 1, 0, newcomer);
    this.refuseExcessiveWaits(newcomer);
    this.admitNext();
  }

  private refuseExcessiveWaits(newcomer: Waiting): void {
    const nowMs = this.clock.now();
    const schedule = new Schedule(this.workers, this.running, nowMs);
    const tooLong: [Waiting, excessMs: number][] = [];
    for (const waiting of this.waiting) {
      // Work that can start at once is not refused.
      const leftMs = Math.max(0, waiting.job.arrivedMs + this.maxWaitMs - nowMs);
      const excessMs = schedule.add(waiting.job, leftMs) - leftMs;
      if (excessMs > 0) tooLong.push([waiting, excessMs]);
    }
    for (const [waiting, excessMs] of tooLong) {
      waiting.refuse(new AdmissionRefused(waiting === newcomer ? 'too-long' : 'overtaken', excessMs));
    }
  }

  /** Assigns free places to the first jobs that may have one. */
  private admitNext(): void {
    while (this.running.size < this.workers) {
      const mayBeLong = this.longBusy() < this.longPlaces;
      const next = this.waiting.find(({ job }) => mayBeLong || !job.isLong);
      if (next === undefined) return;
      next.admit();
    }
  }

  private longBusy(): number {
    let longs = 0;
    for (const { job } of this.running) longs += Number(job.isLong);
    return longs;
  }
}

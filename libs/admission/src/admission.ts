// Admission: a queue in front of a number of places, bounded by estimated waiting time. It hands out work and does none.
import { AdmissionRefused } from './admission-refused.js';
import { Job, longPlacesOf } from './job.js';
import { after, type Clock } from './running-clock.js';
import { type RunningJob, Schedule } from './schedule.js';

export interface AdmissionOptions {
  /** How many may work at a time: the places. Whole number >= 1. */
  readonly workers: number;
  /** Longest time that work may wait for its place, in milliseconds; work that is estimated to wait longer is refused. */
  readonly maxWaitMs: number;
  /** By which waits and runs are measured. @default performance, which counts a pause of the process as a wait */
  readonly clock?: Clock;
}

/** What goes on, for who observes it. */
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
 * - Long work may hold all places but one; the next that is not long goes before a long one that may not start.
 * - Nobody waits who is estimated to wait longer than `maxWaitMs`: neither who comes, nor who was overtaken. Nobody waits
 *   longer than `maxWaitMs` in fact.
 * - A place is held until the promise of its work has settled.
 *
 * An arrival costs one look at each who waits.
 */
export class Admission {
  private readonly workers: number;
  private readonly maxWaitMs: number;
  private readonly longPlaces: number;
  private readonly clock: Clock;
  private readonly running = new Set<RunningJob>();
  /** By their keys. */
  private readonly waiting: Waiting[] = [];

  constructor({ workers, maxWaitMs, clock = performance }: AdmissionOptions) {
    this.workers = workers;
    this.maxWaitMs = maxWaitMs;
    this.longPlaces = longPlacesOf(workers);
    this.clock = clock;
  }

  /**
   * Does the work when its turn has come, which may be at once.
   * @param costMs how long it is estimated to take, in milliseconds
   * @param work not called when it is refused or aborted before
   * @param signal when it is aborted, work that waits leaves the queue at once; work that runs sees to its own end
   * @throws AdmissionRefused when the wait is too long
   * @throws the reason of the signal when it is aborted before the work starts, and whatever the work rejects with
   */
  async run<Result>(costMs: number, work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const job = new Job(costMs, this.clock.now());
    return await new Promise<Result>((resolve, reject) => {
      const leave = (): void => refuse(signal.reason);
      const cancelExpiry = after(this.clock, this.maxWaitMs, () => refuse(new AdmissionRefused('expired')));
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

  /** Holds a place as long as the work takes. */
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
    this.refuseWhoWouldWaitTooLong(newcomer);
    this.admitNext();
  }

  private refuseWhoWouldWaitTooLong(newcomer: Waiting): void {
    const nowMs = this.clock.now();
    const schedule = new Schedule(this.workers, this.running, nowMs);
    const tooLong: [Waiting, excessMs: number][] = [];
    for (const waiting of this.waiting) {
      const leftMs = waiting.job.arrivedMs + this.maxWaitMs - nowMs;
      const excessMs = schedule.add(waiting.job, leftMs) - leftMs;
      if (excessMs > 0) tooLong.push([waiting, excessMs]);
    }
    for (const [waiting, excessMs] of tooLong) {
      waiting.refuse(new AdmissionRefused(waiting === newcomer ? 'too-long' : 'overtaken', excessMs));
    }
  }

  /** Gives free places to the first who may have one. */
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

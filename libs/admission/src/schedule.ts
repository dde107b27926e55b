// When waiting jobs are estimated to start: list scheduling, each on the place that is free first.
import { type Job, longPlacesOf } from './job.js';

export interface RunningJob {
  readonly job: Job;
  /** By the clock of the admission, in milliseconds. */
  readonly startedMs: number;
}

interface Place {
  /** In milliseconds from now. */
  freeInMs: number;
  /** Whether the last job on it is a long one. */
  isLong: boolean;
}

/**
 * The places as they are now, to which jobs are added in the order of the queue. It keeps each place apart: a place that is
 * free serves a job at once, however long the others are taken.
 */
export class Schedule {
  private readonly places: Place[];
  private readonly longPlaces: number;
  private longs = 0;

  constructor(workers: number, running: Iterable<RunningJob>, nowMs: number) {
    this.longPlaces = longPlacesOf(workers);
    this.places = Array.from(running, ({ job, startedMs }) => {
      if (job.isLong) this.longs += 1;
      // What takes longer than estimated is expected to take as long again as it is late.
      return { freeInMs: Math.abs(startedMs + job.costMs - nowMs), isLong: job.isLong };
    });
    while (this.places.length < workers) this.places.push({ freeInMs: 0, isLong: false });
  }

  /** Lets the job have its place, unless it would wait longer than that. @returns how long it waits, or would wait */
  add(job: Job, maxWaitMs = Infinity): number {
    const place = this.placeFor(job);
    const waitMs = place.freeInMs;
    if (waitMs > maxWaitMs) return waitMs;
    this.longs += Number(job.isLong) - Number(place.isLong);
    place.freeInMs += job.costMs;
    place.isLong = job.isLong;
    return waitMs;
  }

  /** The first to be free, for a long job of those that long ones hold, once they hold all they may. */
  private placeFor(job: Job): Place {
    const onlyAfterLong = job.isLong && this.longs >= this.longPlaces;
    let first: Place | undefined;
    for (const place of this.places) {
      if (onlyAfterLong && !place.isLong) continue;
      if (first === undefined || place.freeInMs < first.freeInMs) first = place;
    }
    if (first === undefined) throw new RangeError('there must be a place at least');
    return first;
  }
}

// Estimated start times of waiting jobs: list scheduling, each job on the place that becomes free first.
import { type Job, longPlacesOf } from './job.js';

export interface RunningJob {
  readonly job: Job;
  /** Time of the start on the clock of the admission, in milliseconds. */
  readonly startedMs: number;
}

interface Place {
  /** In milliseconds from now. */
  freeInMs: number;
  /** Whether the last job on the place is a long one. */
  isLong: boolean;
}

/**
 * The current places, to which jobs are added in the order of the queue. Each place is kept apart: a free place starts a job
 * at once, however long the other places are taken.
 */
export class Schedule {
  private readonly places: Place[];
  private readonly longPlaces: number;
  private longs = 0;

  constructor(workers: number, running: Iterable<RunningJob>, nowMs: number) {
    this.longPlaces = longPlacesOf(workers);
    this.places = Array.from(running, ({ job, startedMs }) => {
      if (job.isLong) this.longs += 1;
      // A late job is expected to take the time by which it is late once more.
      return { freeInMs: Math.abs(startedMs + job.costMs - nowMs), isLong: job.isLong };
    });
    while (this.places.length < workers) this.places.push({ freeInMs: 0, isLong: false });
  }

  /** Assigns a place to the job, unless its wait would exceed the limit. @returns the estimated wait in both cases */
  add(job: Job, maxWaitMs = Infinity): number {
    const place = this.placeFor(job);
    const waitMs = place.freeInMs;
    if (waitMs > maxWaitMs) return waitMs;
    this.longs += Number(job.isLong) - Number(place.isLong);
    place.freeInMs += job.costMs;
    place.isLong = job.isLong;
    return waitMs;
  }

  /** The place that becomes free first. A long job has only the places of long jobs once these hold as many as they may. */
  private placeFor(job: Job): Place {
    const onlyAfterLong = job.isLong && this.longs >= this.longPlaces;
    let first: Place | undefined;
    for (const place of this.places) {
      if (onlyAfterLong && !place.isLong) continue;
      if (first === undefined || place.freeInMs < first.freeInMs) first = place;
    }
    if (first === undefined) throw new RangeError('the schedule needs at least one place');
    return first;
  }
}

// A job: its estimated cost, and its position in the queue.

/** A job gives way to a shorter one for this many milliseconds per millisecond of difference in cost. */
export const AGEING = 2;
/** A job with a higher estimated cost is a long job, in milliseconds. */
export const LONG_MS = 1_000;
/** Lowest cost of a job, in milliseconds. With it, the bound on time bounds the length of the queue, too. */
const DISPATCH_MS = 1;

export class Job {
  readonly costMs: number;
  readonly isLong: boolean;
  /**
   * The job with the smallest key goes first. Shortest first with ageing, in one constant number: arrival + {@link AGEING} x
   * cost. A job gives way to a shorter one that arrives within {@link AGEING} times the difference in cost.
   */
  readonly key: number;

  /**
   * @param costMs estimated duration, in milliseconds
   * @param arrivedMs time from which its wait counts, on the clock of the admission, in milliseconds
   * @throws RangeError when the cost is not a finite number >= 0
   */
  constructor(
    costMs: number,
    readonly arrivedMs: number,
  ) {
    if (!(costMs >= 0 && costMs < Infinity)) throw new RangeError(`a job cannot cost ${costMs} ms`);
    this.costMs = Math.max(costMs, DISPATCH_MS);
    this.isLong = costMs > LONG_MS;
    this.key = arrivedMs + AGEING * this.costMs;
  }
}

/** The number of places that long jobs may hold at a time: all but one, at least one. */
export function longPlacesOf(workers: number): number {
  return Math.max(1, workers - 1);
}

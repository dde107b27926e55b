// A piece of work that asks for a place: what it is estimated to cost, and where that puts it in the queue.

/** For each millisecond that a job takes longer than another, it gives way to that one for so many milliseconds. */
export const AGEING = 2;
/** Jobs that are estimated to take longer than this are long, in milliseconds. */
export const LONG_MS = 1_000;
/** What handing out a place costs at least, in milliseconds: the queue is bounded by time, and so by count too. */
const DISPATCH_MS = 1;

export class Job {
  readonly costMs: number;
  readonly isLong: boolean;
  /**
   * The smaller goes first. Shortest first with ageing in one number that never changes: a job gives way to shorter ones that
   * arrive within {@link AGEING} times what they are shorter, and to none that come later.
   */
  readonly key: number;

  /**
   * @param costMs how long it is estimated to take, in milliseconds
   * @param arrivedMs by the clock of the admission, in milliseconds
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

/** How many of the places long jobs may hold at a time: all but one, which is left to the others, or the only one. */
export function longPlacesOf(workers: number): number {
  return Math.max(1, workers - 1);
}

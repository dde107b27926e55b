// One computation on the timeline, and the requests that wait for it.
import type { RequestStepName } from '../../../fibonacci/request-step.js';

/** How a bar ends. `lost`: the step that ended it never came. */
export type BarEnd = Exclude<RequestStepName, 'hit' | 'started' | 'joined'> | 'lost';

/** A request that came or left. */
interface Moment {
  readonly atMs: number;
  readonly isOwn: boolean;
}

export interface Bar {
  readonly key: number;
  readonly n: number;
  readonly lane: number;
  readonly startMs: number;
  /** False for a computation that began before the page looked. */
  readonly isStartKnown: boolean;
  /** Undefined while it runs. */
  endMs: number | undefined;
  end: BarEnd | undefined;
  /** Number of requests that have waited for it. */
  requests: number;
  /** Whether one of them came from this page. */
  isOwn: boolean;
  readonly joins: Moment[];
  readonly leaves: Moment[];
  /** Ids of the requests that wait now. */
  readonly waiting: Set<string>;
}

/** Ends a bar, also one that seemed to have ended otherwise. */
export function endBar(bar: Bar, end: BarEnd, atMs: number): void {
  bar.end = end;
  bar.endMs = Math.max(atMs, bar.startMs);
  bar.waiting.clear();
}

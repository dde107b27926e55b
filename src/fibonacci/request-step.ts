// The steps of a request for fib(n), as observers see them.

/**
 * - `hit`: answered from the cache
 * - `started`, `joined`: it waits for a new computation, here or in another process, or for that of another request
 * - `answered`: with the computed value
 * - `cancelled`: its client left
 * - `refused`: its wait would have been too long
 * - `timed-out`: the computation took longer than COMPUTE_TIMEOUT
 * - `failed`: for another reason
 */
export type RequestStepName =
  'hit' | 'started' | 'joined' | 'answered' | 'cancelled' | 'refused' | 'timed-out' | 'failed';

/** `hit` is the only step of its request. Otherwise the first step is `started` or `joined`, and the second one ends the request. */
export interface RequestStep {
  readonly step: RequestStepName;
  /** Id of the request, as in its log line. */
  readonly id: string;
  readonly n: number;
  /** Time of the step, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Time since the arrival of the request, in milliseconds. */
  readonly durationMs: number;
  /**
   * Whether the request waits, or has waited, for the computation of another request. False for a hit. For the computation of another
   * process, it is true from the answer on.
   */
  readonly isJoined: boolean;
}

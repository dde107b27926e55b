// The tracing channel of the computations (node:diagnostics_channel).
import { tracingChannel } from 'node:diagnostics_channel';

/** The message of all events of one computation. */
export interface Computation {
  readonly n: number;
}

export const COMPUTATIONS = 'pluggable:computation';

export const computations = tracingChannel<Computation>(COMPUTATIONS);

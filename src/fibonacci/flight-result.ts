// The result of a flight: the value, and where it comes from.
import type { Lease } from './lease.js';

export interface FlightResult {
  readonly value: number;
  /** Whether another process computed it. It is in the cache then. */
  readonly isFromOtherProcess: boolean;
  /** To be released after the value is stored. */
  readonly lease?: Lease;
}

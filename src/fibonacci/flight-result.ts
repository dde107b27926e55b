// The result of a flight: the value, and where it comes from.
import type { Lease } from './lease.js';

export interface FlightResult {
  readonly value: number;
  /** Whether the flight found it in the cache: another process computed it, or an earlier flight that ended during the look-up. */
  readonly isFromOtherProcess: boolean;
  /** To be released after the value is stored. */
  readonly lease?: Lease;
}

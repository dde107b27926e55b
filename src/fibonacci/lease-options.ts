// The options of leases, and the time to live that follows from them.

/** Default time to live, in milliseconds. After the death of a process, others wait at most so long. */
const TTL_MS = 2_000;
/** Two renewals fit into a time to live, even if each takes as long as a cache call may. */
const CALLS_PER_TTL = 6;
/** A longer delay would overflow Node's timers. */
const MAX_TTL_MS = 2 ** 31 - 1;

export interface LeaseOptions {
  readonly isOn: boolean;
  /** A flight with a lower estimated cost takes no lease, in milliseconds. */
  readonly minCostMs: number;
  /** Longest time of one cache call, in milliseconds. */
  readonly cacheTimeoutMs: number;
}

/** The time to live of a lease, in milliseconds. */
export function leaseTtlMs(cacheTimeoutMs: number): number {
  return Math.min(Math.max(TTL_MS, CALLS_PER_TTL * cacheTimeoutMs), MAX_TTL_MS);
}

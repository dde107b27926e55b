// The buckets of the durations of calls that the page shows.

/** Upper bounds in milliseconds. */
export const LATENCY_BOUNDS_MS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] as const;

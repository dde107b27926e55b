// The growth of the recursion. Only constants: the page imports them, too.

/** The naive recursion makes 2 fib(n + 1) - 1 calls, so each n takes the golden ratio times as long as n - 1. */
export const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;
/** Shorter computations are no sample: caches and interrupts dominate their time, in milliseconds. */
export const SHORTEST_SAMPLE_MS = 20;

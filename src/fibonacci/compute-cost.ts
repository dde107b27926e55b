// What computing fib(n) costs: a time learnt from runs, and the growth that the recursion has.

/** The naive recursion makes 2 fib(n + 1) - 1 calls: each n takes the golden ratio times as long as the one before. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;
/** The n whose time is kept. */
const BASE_N = 30;
/** The part of what is known that a run replaces. */
const WEIGHT = 0.2;
/** Shorter runs tell more of their thread's luck with a core than of n, in milliseconds. */
const SHORTEST_TELLING_MS = 20;

export class ComputeCost {
  private baseMs: number;

  /** @param tookMs how long a first fib(n) took, in milliseconds */
  constructor(n: number, tookMs: number) {
    this.baseMs = baseOf(n, tookMs);
  }

  /** How long fib(n) will take, in milliseconds: t(30) x 1.618^(n - 30). */
  estimateMs(n: number): number {
    return this.baseMs * GOLDEN_RATIO ** (n - BASE_N);
  }

  /** Learns from a run to its end, by an exponentially moving average. Short runs teach nothing. */
  learn(n: number, tookMs: number): void {
    if (this.estimateMs(n) < SHORTEST_TELLING_MS) return;
    this.baseMs += WEIGHT * (baseOf(n, tookMs) - this.baseMs);
  }
}

function baseOf(n: number, tookMs: number): number {
  return tookMs / GOLDEN_RATIO ** (n - BASE_N);
}

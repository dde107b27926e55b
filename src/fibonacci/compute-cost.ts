// What computing fib(n) costs a core: a time learnt from runs, and the growth that the recursion has.

/** The naive recursion makes 2 fib(n + 1) - 1 calls: each n takes the golden ratio times as long as the one before. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;
/** The n whose time is kept. */
const BASE_N = 30;
/** The part of what is known that a run replaces. */
const WEIGHT = 0.2;
/** A run that took more than so many times what is known counts as just that, and so does one that took less than this part. */
const MAX_FACTOR = 2;
/** Shorter runs tell more of caches and interrupts than of n, in milliseconds. */
const SHORTEST_TELLING_MS = 20;

export class ComputeCost {
  private baseMs: number;

  /** @param firstMs how long a first fib(n) took, in milliseconds. More than 0 */
  constructor(n: number, firstMs: number) {
    this.baseMs = baseOf(n, firstMs);
  }

  /** How long fib(n) will take, in milliseconds: t(30) x 1.618^(n - 30). */
  estimateMs(n: number): number {
    return this.baseMs * GOLDEN_RATIO ** (n - BASE_N);
  }

  /** Learns from a run to its end, by an exponentially moving average. Short runs teach nothing, and no single run much. */
  learn(n: number, cpuMs: number): void {
    if (this.estimateMs(n) < SHORTEST_TELLING_MS) return;
    const known = this.baseMs;
    const sample = Math.min(Math.max(baseOf(n, cpuMs), known / MAX_FACTOR), known * MAX_FACTOR);
    this.baseMs += WEIGHT * (sample - known);
  }
}

function baseOf(n: number, cpuMs: number): number {
  return cpuMs / GOLDEN_RATIO ** (n - BASE_N);
}

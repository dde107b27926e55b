// The estimated cost of fib(n): a time that is learnt from runs, scaled by the growth of the recursion.
import { GOLDEN_RATIO, SHORTEST_SAMPLE_MS } from './growth.js';

/** The n whose time is stored. */
const BASE_N = 30;
/** The weight of a new run in the average. */
const WEIGHT = 0.2;
/** A run counts as at most this multiple of the estimate, and at least the estimate divided by it. */
const MAX_FACTOR = 2;

export class ComputeCost {
  private baseMs: number;

  /** @param firstMs duration of a first fib(n), in milliseconds. More than 0 */
  constructor(n: number, firstMs: number) {
    this.baseMs = baseOf(n, firstMs);
  }

  /** The estimated duration of fib(n), in milliseconds: t(30) x 1.618^(n - 30). */
  estimateMs(n: number): number {
    return this.baseMs * GOLDEN_RATIO ** (n - BASE_N);
  }

  /** Updates the estimate with a completed run, as an exponential moving average. Short runs are ignored, outliers are clamped. */
  learn(n: number, cpuMs: number): void {
    if (this.estimateMs(n) < SHORTEST_SAMPLE_MS) return;
    const known = this.baseMs;
    const sample = Math.min(Math.max(baseOf(n, cpuMs), known / MAX_FACTOR), known * MAX_FACTOR);
    this.baseMs += WEIGHT * (sample - known);
  }
}

function baseOf(n: number, cpuMs: number): number {
  return cpuMs / GOLDEN_RATIO ** (n - BASE_N);
}

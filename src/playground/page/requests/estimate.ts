// The expected duration of fib(n).
import { GOLDEN_RATIO, SHORTEST_SAMPLE_MS } from '../../../fibonacci/growth.js';

/** The estimate of the server, or without it that of the computations of this page. */
export class Estimate {
  private known: { readonly n: number; readonly ms: number } | undefined;

  /** Takes over the estimate of the server. */
  set(estimate: { readonly n: number; readonly ms: number }): void {
    this.known = estimate;
  }

  /** Learns from a computation of fib(n). Short ones are ignored. */
  learn(n: number, ms: number): void {
    if (ms >= SHORTEST_SAMPLE_MS) this.known = { n, ms };
  }

  /** In milliseconds; undefined while nothing is known. */
  of(n: number): number | undefined {
    return this.known && this.known.ms * GOLDEN_RATIO ** (n - this.known.n);
  }
}

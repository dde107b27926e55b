// Delays between attempts to start a plugin.

const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** Fraction of the delay, up or down, so that many hosts do not retry at the same moment. */
const JITTER = 0.2;
const HEALTHY_MS = 60_000;

/** 100 ms, doubled after each failure up to 30 s, with 20 % jitter; reset after 60 s of health. */
export class RestartDelays {
  private failures = 0;
  private startedMs: number | undefined;

  /** The attempt succeeded. */
  onStarted(): void {
    this.startedMs = performance.now();
  }

  /** Call it after a failed attempt or an unexpected end. @returns milliseconds until the next attempt */
  next(): number {
    if (this.startedMs !== undefined && performance.now() - this.startedMs >= HEALTHY_MS) this.failures = 0;
    this.startedMs = undefined;
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures++;
    return delayMs * (1 - JITTER + 2 * JITTER * Math.random());
  }
}

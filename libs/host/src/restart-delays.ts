// How long to wait before the next attempt.

const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** Of the delay, in both directions: many hosts should not come back at the same moment. */
const JITTER = 0.2;
const HEALTHY_MS = 60_000;

/** 100 ms, doubling to 30 s, with 20 % of jitter; from the start again after 60 s of health. */
export class RestartDelays {
  private failures = 0;
  private startedMs: number | undefined;

  /** The attempt went well; what it started is healthy from now on. */
  onStarted(): void {
    this.startedMs = performance.now();
  }

  /** After an attempt that failed, or the end of what was started. @returns milliseconds */
  next(): number {
    if (this.startedMs !== undefined && performance.now() - this.startedMs >= HEALTHY_MS) this.failures = 0;
    this.startedMs = undefined;
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures++;
    return delayMs * (1 - JITTER + 2 * JITTER * Math.random());
  }
}

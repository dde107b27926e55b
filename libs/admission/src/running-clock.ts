// A clock that stops while the process is paused, for limits and estimates that must not depend on pauses.

/** A monotonic clock in milliseconds, from an arbitrary origin. `performance` is one that counts pauses. */
export interface Clock {
  now(): number;
}

/** Longest interval between readings, in milliseconds, so that a long step is a pause and not a quiet time. */
const TICK_MS = 100;
/** The longest step between two readings that counts in full, in milliseconds. The rest of a longer step is a pause. */
const MAX_STEP_MS = 300;

/**
 * The time for which this process was able to run. Of a pause of the process (SIGSTOP), its container or its machine, it counts
 * {@link MAX_STEP_MS}. The same holds while the thread is blocked.
 */
export class RunningClock implements Clock {
  private ranMs = 0;
  private readMs = performance.now();
  private readonly tick = setInterval(() => this.now(), TICK_MS).unref();

  now(): number {
    const nowMs = performance.now();
    this.ranMs += Math.min(nowMs - this.readMs, MAX_STEP_MS);
    this.readMs = nowMs;
    return this.ranMs;
  }

  stop(): void {
    clearInterval(this.tick);
  }
}

/**
 * Calls back when the clock has advanced by this many milliseconds. Node's own timers are due at once after a pause.
 * @returns a function that cancels the timer
 */
export function after(clock: Clock, ms: number, callback: () => void): () => void {
  const endMs = clock.now() + ms;
  const look = (): void => {
    const leftMs = endMs - clock.now();
    if (leftMs > 0) timer = setTimeout(look, leftMs);
    else callback();
  };
  let timer = setTimeout(look, ms);
  return () => clearTimeout(timer);
}

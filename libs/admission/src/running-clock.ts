// A clock that stands still while the process does: for limits and estimates that a pause must not decide.

/** Milliseconds from some moment, never backwards. `performance` is one that counts pauses. */
export interface Clock {
  now(): number;
}

/** How often the clock is read at least, in milliseconds, so that a long step is a pause and not a quiet time. */
const TICK_MS = 100;
/** The longest time between two readings that counts in full, in milliseconds. The rest of a longer one is a pause. */
const MAX_STEP_MS = 300;

/**
 * The time for which this process was able to run. Of a pause of the process (SIGSTOP), of its container or of its machine it
 * counts {@link MAX_STEP_MS}. So it does with a time for which something blocks this thread.
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
 * Calls back when the clock has gone on for so many milliseconds. Node's own timers are due at once after a pause.
 * @returns what cancels it
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

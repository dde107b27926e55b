// Time that a test controls: timers and performance. Promises and setImmediate stay real.
import { afterEach, beforeEach, vi } from 'vitest';

/** Call it at the top of a file. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Lets time pass, with all that happens meanwhile. */
export async function advance(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Gives all pending calls time to end. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

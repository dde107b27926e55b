// The delays between look-ups of a value that another process computes.

/** First and longest delay, in milliseconds. */
const FIRST_MS = 25;
const LONGEST_MS = 250;

/**
 * Delays in milliseconds, each twice the one before, times a random factor from 0.5 to 1. The factor spreads the look-ups of
 * processes that wait for the same value.
 */
export function* pollDelays(random: () => number = Math.random): Generator<number, never> {
  for (let ms = FIRST_MS; ; ms = Math.min(2 * ms, LONGEST_MS)) yield ms * (0.5 + random() / 2);
}

/** @throws the reason of the signal, at once when it is aborted */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    }, ms).unref();
    signal.addEventListener('abort', leave, { once: true });
  });
}

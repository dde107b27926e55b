// The delays between look-ups of a value that another process computes.

/** First and longest delay, in milliseconds. */
const FIRST_MS = 25;
const LONGEST_MS = 250;
/** Fewest look-ups in the life of a value, so that it is not missed. No delay becomes shorter than the first one for it. */
const LOOKS_PER_LIFE = 2;

/**
 * Delays in milliseconds, each twice the one before, times a random factor from 0.5 to 1. The factor spreads the look-ups of
 * processes that wait for the same value.
 * @param expirationMs how long the cache keeps the value, in milliseconds
 */
export function* pollDelays(expirationMs: number, random: () => number = Math.random): Generator<number, never> {
  const longestMs = Math.max(FIRST_MS, Math.min(LONGEST_MS, expirationMs / LOOKS_PER_LIFE));
  for (let ms = FIRST_MS; ; ms = Math.min(2 * ms, longestMs)) yield ms * (0.5 + random() / 2);
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

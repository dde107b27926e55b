// Durations as Go writes them: 250ms, 15s, 1m30s. Grammar: https://pkg.go.dev/time#ParseDuration, without a sign.
import parseDuration from 'parse-duration';

const GO_DURATION = /^(0|((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

/** @returns milliseconds, or undefined when the text is not a duration */
export function durationMs(text: string): number | undefined {
  const ms = GO_DURATION.test(text) ? parseDuration(text, 'ms') : null;
  // To the nanosecond: 1.001s is 1001 ms, and not 1000.9999999999999.
  return ms === null ? undefined : Math.round(ms * 1e6) / 1e6;
}

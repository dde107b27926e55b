// Durations as Go writes them: 250ms, 15s, 1m30s. Grammar: https://pkg.go.dev/time#ParseDuration, without a sign.
import parseDuration from 'parse-duration';

const GO_DURATION = /^(0|((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

/** @returns milliseconds, or undefined when the text is not a duration */
export function durationMs(text: string): number | undefined {
  return GO_DURATION.test(text) ? (parseDuration(text, 'ms') ?? undefined) : undefined;
}

// Durations as Go writes them: 250ms, 15s, 1m30s. Grammar: https://pkg.go.dev/time#ParseDuration, without a sign.
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;

/** @returns milliseconds, rounded to the nanosecond, or undefined when the text is not a duration */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = [...text.matchAll(PART)];
  if (text === '' || parts.map(([part]) => part).join('') !== text) return undefined;
  const ms = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (MS_PER_UNIT[unit] ?? NaN), 0);
  return Math.round(ms * 1e6) / 1e6;
}

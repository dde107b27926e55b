// Numbers as texts for people.

const COUNT = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A whole number with separators: `1,134,903,170`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** A duration with two significant digits, or more: `0.05 ms`, `870 ms`, `1.2 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 0.01) return '< 0.01 ms';
  if (ms < 9.95) return `${Number(ms.toPrecision(ms < 1 ? 1 : 2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${formatCount(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** A share of a whole: `97.3 %`; `–` of nothing. Only a whole is `100 %`, and only nothing `0 %`. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (part / whole) * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  return `${Math.min(Math.max(percent, 0.1), 99.9).toFixed(1)} %`;
}

/** The time of day, by the clock of this machine: `21:30:05`. */
export function formatClock(epochMs: number): string {
  return CLOCK.format(epochMs);
}

/** `1 request`, `2 requests`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

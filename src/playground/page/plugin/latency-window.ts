// The durations of the calls of plugins in the last minute, in buckets.
import { LATENCY_BOUNDS_MS } from '../../../events/latency-bounds.js';
import type { LiveCalls } from '../../../events/live-message.js';
import { formatDuration } from '../format.js';

/** Time that the histogram shows, in milliseconds. */
const WINDOW_MS = 60_000;
/** One bucket for each bound, and one for longer calls. */
const BUCKETS = LATENCY_BOUNDS_MS.length + 1;

export class LatencyWindow {
  private calls: { readonly atMs: number; readonly calls: LiveCalls }[] = [];

  add(calls: readonly LiveCalls[], nowMs: number): void {
    this.calls.push(...calls.map((one) => ({ atMs: nowMs, calls: one })));
    this.calls = this.calls.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
  }

  /** Number of calls in each bucket, by the name of the plugin. Without a method, those of all methods. */
  counts(plugin: string, method?: string): number[] {
    const sums = Array.from({ length: BUCKETS }, () => 0);
    for (const { calls } of this.calls) {
      if (calls.plugin !== plugin || (method !== undefined && calls.method !== method)) continue;
      for (let index = 0; index < BUCKETS; index += 1) sums[index] = (sums[index] ?? 0) + (calls.counts[index] ?? 0);
    }
    return sums;
  }
}

/** The bucket in which a quantile lies, as a text: `≤ 0.1 ms`, `> 1 s`; `–` without calls. */
export function quantileText(counts: readonly number[], quantile: number): string {
  const index = quantileBucket(counts, quantile);
  return index === -1 ? '–' : bucketText(index);
}

/** The bucket in which a quantile lies; -1 without calls. */
export function quantileBucket(counts: readonly number[], quantile: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  return total === 0 ? -1 : counts.findIndex((count) => (below += count) >= quantile * total);
}

/** The upper bound of a bucket: `≤ 0.1 ms`; of the last one the lower bound: `> 1 s`. */
export function bucketText(index: number): string {
  const bound = LATENCY_BOUNDS_MS[index];
  if (bound !== undefined) return `≤ ${boundText(bound)}`;
  return `> ${boundText(LATENCY_BOUNDS_MS.at(-1) ?? 0)}`;
}

function boundText(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : formatDuration(ms);
}

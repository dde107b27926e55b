// The durations of plugin calls, counted in buckets.
import type { PluginCallMessage } from '@pluggable/host';
import { LATENCY_BOUNDS_MS } from './latency-bounds.js';
import type { LiveCalls } from './live-message.js';

interface Counted {
  readonly plugin: string;
  readonly method: string;
  readonly counts: number[];
}

export class CallLatencies {
  private counted = new Map<string, Counted>();

  add({ plugin, method, durationMs }: PluginCallMessage): void {
    const key = `${method} ${plugin}`;
    let calls = this.counted.get(key);
    if (calls === undefined) {
      calls = { plugin, method, counts: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0) };
      this.counted.set(key, calls);
    }
    const index = LATENCY_BOUNDS_MS.findIndex((bound) => durationMs <= bound);
    const place = index === -1 ? LATENCY_BOUNDS_MS.length : index;
    calls.counts[place] = (calls.counts[place] ?? 0) + 1;
  }

  /** The calls since the last time. */
  take(): readonly LiveCalls[] {
    const taken = [...this.counted.values()];
    this.counted = new Map();
    return taken;
  }
}

// The metrics of the process, of Node.js and of the build, by the names that Prometheus dashboards know.
import { readdirSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { MetricsRegistry } from '@pluggable/nestjs/metrics';
import packageJson from '../../../package.json' with { type: 'json' };

/** Upper bounds in seconds. */
const GC_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
/** https://nodejs.org/api/perf_hooks.html#performance-entries-of-type-gc */
const GC_KINDS: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** The entry of a collection; the types of Node.js do not have its detail. */
interface Collection {
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

export function addRuntimeMetrics(metrics: MetricsRegistry): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.observe('gauge', { name, help }, () => [[read()]]);
  const counter = (name: string, help: string, read: () => number): void =>
    metrics.observe('counter', { name, help }, () => [[read()]]);

  metrics.observe(
    'gauge',
    { name: 'pluggable_build_info', help: 'The versions that run; always 1.', labels: ['version', 'node'] },
    () => [[1, packageJson.version, process.versions.node]],
  );
  const startSeconds = performance.timeOrigin / 1_000;
  gauge('process_start_time_seconds', 'Start of the process, since the Unix epoch.', () => startSeconds);
  counter('process_cpu_seconds_total', 'CPU time of the process, with its threads.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_resident_memory_bytes', 'Resident memory of the process.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Used heap of the main thread.', () => getHeapStatistics().used_heap_size);
  gauge(
    'nodejs_heap_size_limit_bytes',
    'Limit of the heap of the main thread.',
    () => getHeapStatistics().heap_size_limit,
  );
  counter('nodejs_eventloop_active_seconds_total', 'Time in which the event loop of the main thread was busy.', () => {
    return performance.eventLoopUtilization().active / 1_000;
  });
  counter('nodejs_eventloop_idle_seconds_total', 'Time in which the event loop of the main thread was idle.', () => {
    return performance.eventLoopUtilization().idle / 1_000;
  });
  metrics.observe('gauge', { name: 'process_open_fds', help: 'Open file descriptors; on Linux only.' }, () => {
    const count = openDescriptors();
    return count === undefined ? [] : [[count]];
  });
  observeCollections(metrics);
}

function observeCollections(metrics: MetricsRegistry): void {
  const durations = metrics.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Duration of garbage collections of the main thread, by kind.',
    labels: ['kind'],
    buckets: GC_BUCKETS,
  });
  new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as unknown as readonly Collection[]) {
      durations.of(GC_KINDS[detail.kind] ?? 'other').observe(duration / 1_000);
    }
  }).observe({ entryTypes: ['gc'] });
}

function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

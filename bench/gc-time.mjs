// Loaded into a server that is measured (node --import): tells its parent how much time it has spent in garbage collections.
import { PerformanceObserver } from 'node:perf_hooks';

let spentMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) spentMs += duration;
}).observe({ entryTypes: ['gc'] });
process.on('message', () => process.send?.({ spentMs }));
process.channel?.unref();

// Loaded into measured servers with node --import: reports the time spent in garbage collections to the parent process.
import { PerformanceObserver } from 'node:perf_hooks';

let spentMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) spentMs += duration;
}).observe({ entryTypes: ['gc'] });
process.on('message', () => process.send?.({ spentMs }));
process.channel?.unref();

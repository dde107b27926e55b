// Loaded into measured servers with node --import: reports the CPU time, and the time spent in garbage collections, to the parent
// process.
import { PerformanceObserver } from 'node:perf_hooks';

let gcMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) gcMs += duration;
}).observe({ entryTypes: ['gc'] });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ gcMs, cpuMs: (user + system) / 1e3 });
});
process.channel?.unref();

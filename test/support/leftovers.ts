// Resources that plugins may leave behind in this process: child processes, threads, timers that keep it alive.
import type { Worker } from 'node:worker_threads';
import { childrenOf } from './children.js';

const threads = new Set<Worker>();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

/** The current counts. Includes threads that were started after the import of this file. */
export function leftovers(): { readonly children: number; readonly threads: number; readonly timers: number } {
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { children: childrenOf(process.pid).length, threads: threads.size, timers };
}

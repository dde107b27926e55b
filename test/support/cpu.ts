// The CPU usage of a process.
import { setTimeout as delay } from 'node:timers/promises';
import pidusage from 'pidusage';

/** The share of one core that all threads of a process use, measured for `forMs` milliseconds. */
export async function cpuShare(pid: number, forMs: number): Promise<number> {
  const before = await pidusage(pid);
  const startedMs = performance.now();
  await delay(forMs);
  const after = await pidusage(pid);
  return (after.ctime - before.ctime) / (performance.now() - startedMs);
}

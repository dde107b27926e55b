// How busy a process is.
import { setTimeout as delay } from 'node:timers/promises';
import pidusage from 'pidusage';

/** The part of one core that a process uses, with all its threads, measured for `forMs` milliseconds. */
export async function cpuShare(pid: number, forMs: number): Promise<number> {
  const before = await pidusage(pid);
  const startedMs = performance.now();
  await delay(forMs);
  const after = await pidusage(pid);
  return (after.ctime - before.ctime) / (performance.now() - startedMs);
}

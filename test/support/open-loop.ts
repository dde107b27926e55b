// An open loop: arrivals do not wait for earlier ones, even if all are late.
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 2;

/**
 * Schedules arrivals at a fixed rate for a fixed time.
 * @param arrive gets the planned time of arrival on the clock of `performance.now()`
 */
export async function openLoop(perSecond: number, forMs: number, arrive: (dueMs: number) => void): Promise<void> {
  const startedMs = performance.now();
  const total = Math.round((perSecond * forMs) / 1_000);
  let arrived = 0;
  while (arrived < total) {
    const due = Math.min(total, ((performance.now() - startedMs) * perSecond) / 1_000);
    for (; arrived < due; arrived += 1) arrive(startedMs + (arrived * 1_000) / perSecond);
    await delay(PAUSE_MS);
  }
}

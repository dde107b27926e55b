// An open loop: what arrives does not wait for what came before it, however late everything is.
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 2;

/**
 * Lets so many arrive for so long, evenly.
 * @param arrive gets the time at which it should have come, by the clock of `performance.now()`
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

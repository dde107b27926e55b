// Polling for a state of another process, with a time limit.
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 10;

/** Polls until the result is neither undefined nor false. Fails with `what` at the time limit. */
export async function eventually<Answer>(
  what: string,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
): Promise<Answer> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpMs) throw new Error(`waited ${PATIENCE_MS} ms without success for ${what}`);
    await delay(PAUSE_MS);
  }
}

// Waiting for what another process does: asked again until it is so, for a bounded time.
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 10;

/** Asks until the answer is neither undefined nor false. Fails with `what` when that takes too long. */
export async function eventually<Answer>(
  what: string,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
): Promise<Answer> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpMs) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`);
    await delay(PAUSE_MS);
  }
}

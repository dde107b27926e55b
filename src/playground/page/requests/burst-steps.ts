// The steps of a burst as numbers, from its result.
import type { RequestStepName } from '../../../fibonacci/request-step.js';
import type { BurstResult } from '../../page-facts.js';

type BurstEnd = 'answered' | 'refused' | 'timed-out';

/** The step that ends the request that is shown for the burst. */
export function burstEnd({ hits, computed, joined, refused, timedOut }: BurstResult): BurstEnd {
  if (hits + computed + joined > 0 || refused + timedOut === 0) return 'answered';
  return timedOut > 0 ? 'timed-out' : 'refused';
}

/**
 * Number of the steps of a burst. Of requests without an answer, the first one counts as the start of a computation that the others join.
 * @param shown steps that are not counted: those of the request that is shown for the burst
 */
export function burstCounts(
  { hits, computed, joined, refused, timedOut }: BurstResult,
  shown: readonly RequestStepName[],
): Partial<Record<RequestStepName, number>> {
  const unanswered = refused + timedOut;
  const started = Math.max(computed, unanswered > 0 && joined === 0 ? 1 : 0);
  const counts = {
    hit: hits,
    started,
    joined: computed + joined + unanswered - started,
    answered: computed + joined,
    refused,
    'timed-out': timedOut,
  };
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [
      name,
      Math.max(count - shown.filter((step) => step === name).length, 0),
    ]),
  );
}

// The error of refused work, with the time after which a retry is worthwhile.

/** Shortest base of `retryAfterMs`, in milliseconds. */
const SHORTEST_RETRY_MS = 1_000;

/**
 * `too-long`: the estimated wait exceeds the limit on arrival. `overtaken`: shorter work arrived, and the estimated wait now
 * exceeds the limit. `expired`: the work has waited as long as the limit, because estimates were wrong.
 */
export type RefusalReason = 'too-long' | 'overtaken' | 'expired';

export class AdmissionRefused extends Error {
  override readonly name = 'AdmissionRefused';
  /**
   * In milliseconds: the excess of the wait, at least a second, times a random factor from 0.5 to 1.5. The factor spreads the
   * retries of clients that were refused together.
   */
  readonly retryAfterMs: number;

  /** @param excessMs the excess of the estimated wait over the limit, in milliseconds */
  constructor(
    readonly reason: RefusalReason,
    excessMs = 0,
  ) {
    super(`refused: ${SENTENCES[reason]}`);
    this.retryAfterMs = Math.max(SHORTEST_RETRY_MS, excessMs) * (0.5 + Math.random());
  }
}

const SENTENCES: Readonly<Record<RefusalReason, string>> = {
  'too-long': 'the estimated wait is too long',
  overtaken: 'shorter work came, and now the estimated wait is too long',
  expired: 'it has waited too long',
};

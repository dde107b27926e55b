// A refusal: the work was not started, and when it is worth to ask again.

/** It is never worth to ask again sooner than about this, in milliseconds. */
const SHORTEST_RETRY_MS = 1_000;

/**
 * `too-long`: it would wait longer than it may. `overtaken`: the same, because of shorter work that came after it. `expired`:
 * it has waited as long as it may, because estimates were wrong.
 */
export type RefusalReason = 'too-long' | 'overtaken' | 'expired';

export class AdmissionRefused extends Error {
  override readonly name = 'AdmissionRefused';
  /**
   * In milliseconds: what the wait is too long, at least a second, times a random number from a half to one and a half, so that
   * those who were refused together do not come back together.
   */
  readonly retryAfterMs: number;

  /** @param excessMs how much longer than it may the work would wait, in milliseconds */
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

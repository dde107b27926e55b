// What the work behind a request may fail with, in words that know no HTTP. problem.filter.ts turns them into answers.

/**
 * `invalid`: wrong input. `unauthorized`: without the right token. `throttled`: the same, too often. `refused`: understood, and cannot be done.
 * `overloaded`: refused for now. `deadline`: took too long. `unready`: not in service.
 */
export type FailureKind = 'invalid' | 'unauthorized' | 'throttled' | 'refused' | 'overloaded' | 'deadline' | 'unready';

export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details: {
      /** When it is worth to ask again, in milliseconds. */
      readonly retryAfterMs?: number;
      /** Which of the closed codes of a library says it more exactly. */
      readonly code?: string;
    } = {},
  ) {
    super(message);
  }
}

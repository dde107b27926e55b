// What the work behind a request may fail with, in words that know no HTTP.

/** `invalid`: wrong input. `overloaded`: refused for now. `deadline`: took too long. */
export type FailureKind = 'invalid' | 'overloaded' | 'deadline';

export class Failure extends Error {
  override readonly name = 'Failure';

  /** @param retryAfterMs when it is worth to ask again, in milliseconds */
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

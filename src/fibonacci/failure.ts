// The expected failures of a computation, independent of HTTP.

/** `invalid`: wrong input. `overloaded`: refused for now. `deadline`: took too long. */
export type FailureKind = 'invalid' | 'overloaded' | 'deadline';

export class Failure extends Error {
  override readonly name = 'Failure';

  /** @param retryAfterMs time until a retry is worthwhile, in milliseconds */
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

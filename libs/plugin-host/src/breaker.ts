// Stops calling what keeps failing, and finds out when it works again, at nobody's cost.
import { circuitBreaker, CircuitState, CountBreaker, handleWhen } from 'cockatiel';

/** It opens when more than half of the last calls have failed, and there were at least ten. */
const WINDOW = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 };
/** How long nothing is tried after it has opened, or after a trial or a ping has failed, in milliseconds. */
const PAUSE_MS = 1_000;

export interface BreakerOptions {
  /** Tells a failure of what is called from one that says nothing of it, such as a caller who left. */
  readonly isFailure: (error: unknown) => boolean;
  /** Rejects while a trial would be in vain. @default a trial is always worth it */
  readonly ping?: (() => Promise<unknown>) | undefined;
  /** Told the last failure when it opens for the first time, not after each trial in vain. */
  readonly onOpen: (failure: unknown) => void;
  readonly onClose: () => void;
}

/** An error that cockatiel is to take for what it is not. */
class Reinterpreted {
  constructor(
    readonly error: unknown,
    readonly isFailure: boolean,
  ) {}
}

/**
 * A circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
 *
 * - Closed, it does what it is given.
 * - Open, it refuses at once. After a pause a ping, for which nobody waits, tells whether a trial is worth it.
 * - Half open: what it is given next is the trial, and all else is refused until that has ended. Success closes it.
 *
 * What began before it opened, and fails after that, says nothing of what came since.
 */
export class Breaker {
  /** What the last call failed with that counted. */
  lastFailure: unknown;
  private readonly policy;
  /** How often it has opened. */
  private openings = 0;
  private nextTryMs = 0;
  private isPinging = false;
  private hasAnswered = false;

  constructor(private readonly options: BreakerOptions) {
    this.policy = circuitBreaker(
      handleWhen((error) => (error instanceof Reinterpreted ? error.isFailure : options.isFailure(error))),
      // When it is time for a trial is decided here: cockatiel goes by the wall clock, which may be set back.
      { halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: new CountBreaker(WINDOW) },
    );
    let previous = CircuitState.Closed;
    this.policy.onStateChange((state) => {
      if (state === CircuitState.Open) {
        this.openings++;
        this.nextTryMs = performance.now() + PAUSE_MS;
        this.hasAnswered = options.ping === undefined;
        if (previous === CircuitState.Closed) options.onOpen(this.lastFailure);
      }
      if (state === CircuitState.Closed) options.onClose();
      previous = state;
    });
  }

  /** Whether calls fail, as far as is known: until a trial has succeeded. */
  get isOpen(): boolean {
    return this.policy.state !== CircuitState.Closed;
  }

  /** @param refusal makes what is thrown when the work is not done */
  run<Result>(work: () => Promise<Result>, refusal: () => Error): Promise<Result> {
    if (!this.isOpen || this.mayTry()) return this.attempt(work);
    return Promise.reject(refusal());
  }

  private async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    const { isOpen: isTrial, openings } = this;
    try {
      return await this.policy.execute(async () => {
        try {
          return await work();
        } catch (error) {
          throw this.interpreted(error, isTrial, openings);
        }
      });
    } catch (error) {
      throw error instanceof Reinterpreted ? error.error : error;
    }
  }

  private interpreted(error: unknown, isTrial: boolean, openings: number): unknown {
    if (!this.options.isFailure(error)) {
      // A trial that proves nothing leaves it open, where cockatiel would close it.
      return isTrial ? new Reinterpreted(error, true) : error;
    }
    if (openings !== this.openings) return new Reinterpreted(error, false);
    this.lastFailure = error;
    return error;
  }

  private mayTry(): boolean {
    if (this.policy.state === CircuitState.HalfOpen || performance.now() < this.nextTryMs) return false;
    if (!this.hasAnswered) this.ping();
    return this.hasAnswered;
  }

  private ping(): void {
    if (this.isPinging || this.options.ping === undefined) return;
    this.isPinging = true;
    this.options
      .ping()
      .then(
        () => (this.hasAnswered = true),
        () => (this.nextTryMs = performance.now() + PAUSE_MS),
      )
      .finally(() => (this.isPinging = false));
  }
}

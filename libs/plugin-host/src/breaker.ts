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

/** The end of a trial that says nothing of what was tried. */
class Undecided {
  constructor(readonly error: unknown) {}
}

/**
 * A circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
 *
 * - Closed, it does what it is given.
 * - Open, it refuses at once. After a pause a ping, for which nobody waits, tells whether a trial is worth it.
 * - Half open: what it is given next is the trial, and all else is refused until that has ended. Success closes it.
 */
export class Breaker {
  private readonly policy;
  private nextTryMs = 0;
  private isPinging = false;
  private hasAnswered = false;

  constructor(private readonly options: BreakerOptions) {
    this.policy = circuitBreaker(
      handleWhen((error) => error instanceof Undecided || options.isFailure(error)),
      // When it is time for a trial is decided here: cockatiel goes by the wall clock, which may be set back.
      { halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: new CountBreaker(WINDOW) },
    );
    let previous = CircuitState.Closed;
    this.policy.onStateChange((state) => {
      if (state === CircuitState.Open) {
        this.nextTryMs = performance.now() + PAUSE_MS;
        this.hasAnswered = options.ping === undefined;
        if (previous === CircuitState.Closed) options.onOpen(this.lastFailure);
      }
      if (state === CircuitState.Closed) options.onClose();
      previous = state;
    });
  }

  /** Whether it would refuse a call. Open, but with a trial due, it would not. */
  get isRefusing(): boolean {
    return this.policy.state !== CircuitState.Closed && !(this.hasAnswered && this.isTrialDue());
  }

  /** What the last failed call failed with. */
  get lastFailure(): unknown {
    const { lastFailure } = this.policy;
    return lastFailure !== undefined && 'error' in lastFailure ? lastFailure.error : undefined;
  }

  /** @param refusal makes what is thrown when the work is not done */
  run<Result>(work: () => Promise<Result>, refusal: () => Error): Promise<Result> {
    if (this.policy.state === CircuitState.Closed) return this.policy.execute(work);
    if (!this.isTrialDue()) return Promise.reject(refusal());
    if (this.hasAnswered) return this.try(work);
    this.ping();
    return Promise.reject(refusal());
  }

  /** A ping has answered, this one's or another's: the next trial needs none. */
  onPingAnswered(): void {
    this.hasAnswered = true;
  }

  private async try<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await this.policy.execute(async () => {
        try {
          return await work();
        } catch (error) {
          throw this.options.isFailure(error) ? error : new Undecided(error);
        }
      });
    } catch (error) {
      throw error instanceof Undecided ? error.error : error;
    }
  }

  private isTrialDue(): boolean {
    return this.policy.state === CircuitState.Open && performance.now() >= this.nextTryMs;
  }

  private ping(): void {
    if (this.isPinging || this.options.ping === undefined) return;
    this.isPinging = true;
    this.options
      .ping()
      .then(
        () => this.onPingAnswered(),
        () => (this.nextTryMs = performance.now() + PAUSE_MS),
      )
      .finally(() => (this.isPinging = false));
  }
}

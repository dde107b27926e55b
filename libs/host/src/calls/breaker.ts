// Circuit breaker that probes for recovery without delaying callers.

/** It opens when more than half of the last calls have failed, and there were at least ten. */
const WINDOW = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 };
/** How long nothing is tried after it has opened, or after a trial or a ping has failed, in milliseconds. */
const PAUSE_MS = 1_000;
/** After so many failed pings in a row a call is the trial all the same: a ping may fail for a reason of its own. */
const FEWEST_PINGS = 3;
/** Each such trial that fails doubles the number of pings before the next one, up to this: one caller in about 30 s. */
const MOST_PINGS = 30;

/** A call that was let through: how often the breaker had opened before it, or {@link TRIAL}. */
export type Permit = number;

const TRIAL = -1;

export interface BreakerOptions {
  /** Tells a failure of what is called from one that says nothing of it, such as a caller who left. */
  readonly isFailure: (error: unknown) => boolean;
  /** Resolves when a trial is worth it. It must settle. @default a trial is always worth it */
  readonly ping?: (() => Promise<unknown>) | undefined;
  /** Told the last failure when it opens for the first time, not after each trial in vain. */
  readonly onOpen: (failure: unknown) => void;
  readonly onClose: () => void;
}

/**
 * A circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
 *
 * - Closed: calls are made.
 * - Open: they are refused at once. After a pause of 1 s a call starts a ping, but does not wait for it.
 * - Half open: the next call is the trial, and all others are refused until the trial ends. Success closes the breaker.
 *
 * A ping that succeeds makes it half open. So do 3 failed pings in a row, because a ping may fail while calls work (the back
 * end forbids it); after each trial in vain that number doubles, up to 30. While the back end is gone, that costs one caller
 * the time of one call, at most every 3 s at first and every 30 s later; all others are refused at once.
 *
 * What began before it opened says nothing of what came since.
 */
export class Breaker {
  /** How the last call failed that counted. */
  lastFailure: unknown;
  private state: 'closed' | 'open' | 'half-open' = 'closed';
  private readonly outcomes = new Outcomes();
  /** How often it has opened. */
  private openings = 0;
  private nextTryMs = 0;
  private isTrying = false;
  private isPinging = false;
  private failedPings = 0;
  private pingsBeforeTrial = FEWEST_PINGS;

  constructor(private readonly options: BreakerOptions) {}

  /** Whether calls fail, as far as is known: until a trial has succeeded. */
  get isOpen(): boolean {
    return this.state !== 'closed';
  }

  /**
   * Asks whether a call may be made now.
   * @returns what to hand to {@link onSuccess} or {@link onError} when the call has ended: one of them, once; undefined for no
   */
  tryAcquire(): Permit | undefined {
    if (this.state === 'closed') return this.openings;
    if (!this.mayTry()) return undefined;
    this.isTrying = true;
    return TRIAL;
  }

  onSuccess(permit: Permit): void {
    if (permit === TRIAL) this.close();
    else if (permit === this.openings) this.outcomes.add('success');
  }

  onError(permit: Permit, error: unknown): void {
    const isFailure = this.options.isFailure(error);
    if (permit === TRIAL) this.onTrialInVain(isFailure ? error : this.lastFailure);
    else if (permit === this.openings && isFailure) this.onFailure(error);
  }

  private onFailure(error: unknown): void {
    this.lastFailure = error;
    this.outcomes.add('failure');
    if (!this.outcomes.areBad()) return;
    this.openings++;
    this.pingsBeforeTrial = FEWEST_PINGS;
    this.pause();
    this.options.onOpen(error);
  }

  /** A trial that proves nothing leaves it open, too. */
  private onTrialInVain(failure: unknown): void {
    this.lastFailure = failure;
    if (this.failedPings > 0) this.pingsBeforeTrial = Math.min(2 * this.pingsBeforeTrial, MOST_PINGS);
    this.isTrying = false;
    this.pause();
  }

  private close(): void {
    this.state = 'closed';
    this.isTrying = false;
    this.outcomes.clear();
    this.options.onClose();
  }

  private pause(): void {
    this.state = this.options.ping === undefined ? 'half-open' : 'open';
    this.failedPings = 0;
    this.nextTryMs = performance.now() + PAUSE_MS;
  }

  private mayTry(): boolean {
    if (this.isTrying || performance.now() < this.nextTryMs) return false;
    if (this.state === 'open') this.ping();
    return this.state === 'half-open';
  }

  private ping(): void {
    if (this.isPinging || this.options.ping === undefined) return;
    this.isPinging = true;
    this.options
      .ping()
      .then(
        () => this.onPing('success'),
        () => this.onPing('failure'),
      )
      .finally(() => (this.isPinging = false));
  }

  private onPing(outcome: Outcome): void {
    if (outcome === 'success') this.failedPings = 0;
    else {
      this.failedPings++;
      this.nextTryMs = performance.now() + PAUSE_MS;
    }
    if (outcome === 'success' || this.failedPings >= this.pingsBeforeTrial) this.state = 'half-open';
  }
}

type Outcome = 'success' | 'failure';

/** How the last calls ended. */
class Outcomes {
  private last: Outcome[] = [];
  /** Where the next one comes, when there are as many as count. */
  private oldest = 0;
  private failures = 0;

  add(outcome: Outcome): void {
    if (this.last[this.oldest] === 'failure') this.failures--;
    if (outcome === 'failure') this.failures++;
    this.last[this.oldest] = outcome;
    this.oldest = (this.oldest + 1) % WINDOW.size;
  }

  areBad(): boolean {
    const { length } = this.last;
    return length >= WINDOW.minimumNumberOfCalls && this.failures > WINDOW.threshold * length;
  }

  clear(): void {
    this.last = [];
    this.oldest = 0;
    this.failures = 0;
  }
}

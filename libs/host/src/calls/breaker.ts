// Circuit breaker that probes for recovery without delaying callers.

/** The breaker opens when more than half of the last 20 calls failed, and at least 10 were made. */
const WINDOW = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 };
/** Pause after the breaker has opened, or a trial or a ping has failed, in milliseconds. */
const PAUSE_MS = 1_000;
/** Consecutive failed pings after which a trial is made anyway: a ping may fail although calls work. */
const FEWEST_PINGS = 3;
/** Upper limit of that number, which doubles with each failed trial. It results in one trial about every 30 s. */
const MOST_PINGS = 30;

/** Permit of an admitted call: the number of openings before it, or {@link TRIAL}. */
export type Permit = number;

const TRIAL = -1;

export interface BreakerOptions {
  /** Whether the error is a failure of the callee. A call that its caller aborted, for example, is not. */
  readonly isFailure: (error: unknown) => boolean;
  /** Resolves when a trial is worthwhile. It must settle. @default every trial is worthwhile */
  readonly ping?: (() => Promise<unknown>) | undefined;
  /** Called with the last failure when the breaker opens, but not again after a failed trial. */
  readonly onOpen: (failure: unknown) => void;
  readonly onClose: () => void;
}

/**
 * A circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker).
 *
 * - Closed: calls are made.
 * - Open: calls are refused at once. After a pause of 1 s, a refused call starts a ping in the background.
 * - Half open: the next call is the trial; all others are refused until it ends. A successful trial closes the breaker.
 *
 * A successful ping makes the breaker half open. So do 3 consecutive failed pings, because a ping may fail although calls work
 * (the back end forbids it). This number doubles with each failed trial, up to 30. While the back end is down, a trial delays one
 * caller at most every 3 s at first and every 30 s later; all other calls are refused at once.
 *
 * Calls that began before the breaker opened do not count afterwards.
 */
export class Breaker {
  /** Error of the last failure that counted. */
  lastFailure: unknown;
  private state: 'closed' | 'open' | 'half-open' = 'closed';
  private readonly outcomes = new Outcomes();
  /** Number of openings. */
  private openings = 0;
  private nextTryMs = 0;
  private isTrying = false;
  private isPinging = false;
  private failedPings = 0;
  private pingsBeforeTrial = FEWEST_PINGS;

  constructor(private readonly options: BreakerOptions) {}

  /** True from the opening until a trial succeeds. */
  get isOpen(): boolean {
    return this.state !== 'closed';
  }

  /**
   * Requests permission for a call.
   * @returns the permit, to pass once to {@link onSuccess} or {@link onError} when the call has ended; undefined if refused
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
    if (permit === TRIAL) this.onTrialFailed(isFailure ? error : this.lastFailure);
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

  /** Also for a trial without a result, such as one that its caller aborted. */
  private onTrialFailed(failure: unknown): void {
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

/** Outcomes of the last calls, in a ring buffer. */
class Outcomes {
  private last: Outcome[] = [];
  /** Index of the next entry, which is the oldest one when the buffer is full. */
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

// The lease of one flight: acquired, renewed while it is held, and released once.
import { randomUUID } from 'node:crypto';
import type { AcquireOutcome, FailOpenCache } from '@pluggable/cache';

/** Renewals per time to live. */
const RENEWALS_PER_TTL = 3;

export interface LeaseTerms {
  /** Key of the value. */
  readonly key: string;
  readonly ttlMs: number;
  /** Longest time for which the lease is renewed, in milliseconds. */
  readonly longestMs: number;
  /** Releases the lease when it is aborted. */
  readonly signal: AbortSignal;
}

/** A renewal that fails, and a lease that is lost, are not reported: two processes that compute one value are a cost, not an error. */
export class Lease {
  private readonly token = randomUUID();
  private readonly intervalMs: number;
  private renewalsLeft: number;
  private isHeld = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly cache: Pick<FailOpenCache, 'acquireLease' | 'renewLease' | 'releaseLease'>,
    private readonly terms: LeaseTerms,
  ) {
    this.intervalMs = terms.ttlMs / RENEWALS_PER_TTL;
    this.renewalsLeft = Math.ceil(terms.longestMs / this.intervalMs);
  }

  /** @throws the reason of the signal when it was aborted; then the lease is not held */
  async acquire(): Promise<AcquireOutcome> {
    const { key, ttlMs, signal } = this.terms;
    // Without the signal: a call that is abandoned could leave a lease that is never released.
    const outcome = await this.cache.acquireLease(key, this.token, ttlMs);
    // After a call without an answer, the token may hold the lease.
    this.isHeld = outcome === 'acquired' || outcome === 'error' || outcome === 'timeout';
    if (signal.aborted || outcome !== 'acquired') void this.release();
    else {
      signal.addEventListener('abort', this.onAbort);
      this.renewLater();
    }
    signal.throwIfAborted();
    return outcome;
  }

  /** Ends the lease, if it is held. It never rejects. */
  async release(): Promise<void> {
    if (!this.isHeld) return;
    this.isHeld = false;
    clearTimeout(this.timer);
    this.terms.signal.removeEventListener('abort', this.onAbort);
    await this.cache.releaseLease(this.terms.key, this.token);
  }

  private readonly onAbort = (): void => void this.release();

  private renewLater(): void {
    if (this.renewalsLeft-- <= 0) return;
    this.timer = setTimeout(() => void this.renew(), this.intervalMs).unref();
  }

  private async renew(): Promise<void> {
    const { key, ttlMs } = this.terms;
    const outcome = await this.cache.renewLease(key, this.token, ttlMs);
    if (this.isHeld && outcome !== 'lost') this.renewLater();
  }
}

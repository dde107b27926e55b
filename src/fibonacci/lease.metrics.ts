// The metrics of leases: acquired ones, waits for other processes, take-overs, computations without a lease.
import { Inject, Injectable } from '@nestjs/common';
import type { CallFailure } from '@pluggable/cache';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';

/** Why a flight computes without a lease. `too-long`: it waited too long for the process that holds the lease. Else a cache call failed. */
export type FailOpenReason = CallFailure | 'too-long';

/** Upper bounds in seconds. */
const BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

@Injectable()
export class LeaseMetrics {
  private readonly acquisitions;
  private readonly waits;
  private readonly takeOvers;
  private readonly failures;

  constructor(@Inject(MetricsRegistry) metrics: MetricsRegistry) {
    this.acquisitions = metrics
      .counter({ name: 'pluggable_leases_acquired_total', help: 'Leases that flights acquired.' })
      .of();
    this.waits = metrics
      .histogram({
        name: 'pluggable_lease_wait_seconds',
        help: 'Time that flights waited for the computation of another process.',
        buckets: BUCKETS,
      })
      .of();
    this.takeOvers = metrics
      .counter({
        name: 'pluggable_lease_take_overs_total',
        help: 'Flights that waited for another process, and then computed with the lease.',
      })
      .of();
    this.failures = metrics.counter({
      name: 'pluggable_lease_fail_opens_total',
      help: 'Flights that computed without the lease that they asked for, by reason.',
      labels: ['reason'],
    });
  }

  acquired(): void {
    this.acquisitions.add();
  }

  waited(ms: number): void {
    this.waits.observe(ms / 1_000);
  }

  tookOver(): void {
    this.takeOvers.add();
  }

  failedOpen(reason: FailOpenReason): void {
    this.failures.of(reason).add();
  }
}

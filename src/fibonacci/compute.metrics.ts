// The metrics of the computations: waits, durations, refusals, flights.
import { Inject, Injectable } from '@nestjs/common';
import type { RefusalReason } from '@pluggable/admission';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';

/** `cancelled`: the last client left. `deadline`: it took longer than COMPUTE_TIMEOUT. */
export type ComputeOutcome = 'completed' | 'cancelled' | 'deadline' | 'failed';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

@Injectable()
export class ComputeMetrics {
  private readonly waits;
  private readonly durations;
  private readonly refusals;
  private readonly flights;
  private readonly joins;

  constructor(@Inject(MetricsRegistry) metrics: MetricsRegistry) {
    this.waits = metrics
      .histogram({
        name: 'pluggable_compute_wait_seconds',
        help: 'Time that computations waited for a worker.',
        buckets: BUCKETS,
      })
      .of();
    this.durations = metrics.histogram({
      name: 'pluggable_compute_duration_seconds',
      help: 'Duration of computations in a worker, by outcome.',
      labels: ['outcome'],
      buckets: BUCKETS,
    });
    this.refusals = metrics.counter({
      name: 'pluggable_compute_refusals_total',
      help: 'Computations that were refused because their wait would be too long, by reason.',
      labels: ['reason'],
    });
    this.flights = metrics
      .counter({ name: 'pluggable_flights_total', help: 'Computations that were started for one or more requests.' })
      .of();
    this.joins = metrics
      .counter({ name: 'pluggable_flight_joins_total', help: 'Requests that joined the computation of another one.' })
      .of();
  }

  waited(ms: number): void {
    this.waits.observe(ms / 1_000);
  }

  computed(ms: number, outcome: ComputeOutcome): void {
    this.durations.of(outcome).observe(ms / 1_000);
  }

  refused(reason: RefusalReason): void {
    this.refusals.of(reason).add();
  }

  /** @param isUnderWay whether the request joins a flight; otherwise it starts one */
  joined(isUnderWay: boolean): void {
    (isUnderWay ? this.joins : this.flights).add();
  }
}

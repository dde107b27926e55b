// The channel of the steps of requests (node:diagnostics_channel), and its publisher.
import { channel } from 'node:diagnostics_channel';
import { type Observable, tap } from 'rxjs';
import { Failure, type FailureKind } from './failure.js';
import type { FlightResult } from './flight-result.js';
import type { RequestStep, RequestStepName } from './request-step.js';
import type { Flight } from './single-flight.js';

/** Name of the channel. Its messages are {@link RequestStep}. */
export const REQUESTS = 'pluggable:request';

const requestChannel = channel(REQUESTS);

const ENDS: Readonly<Partial<Record<FailureKind, RequestStepName>>> = { overloaded: 'refused', deadline: 'timed-out' };

/** Publishes the steps of one request. */
export class RequestSteps {
  private readonly startedMs = performance.now();
  private isJoined = false;

  private constructor(
    private readonly id: string,
    private readonly n: number,
  ) {}

  /** @returns undefined without a subscriber, so that a request costs nothing then */
  static of(id: string, n: number): RequestSteps | undefined {
    return requestChannel.hasSubscribers ? new RequestSteps(id, n) : undefined;
  }

  hit(): void {
    this.publish('hit');
  }

  /** The same flight, whose waiter is published. */
  watched({ isUnderWay, flight$ }: Flight<FlightResult>): Observable<FlightResult> {
    this.isJoined = isUnderWay;
    return flight$.pipe(
      tap({
        subscribe: () => this.publish(isUnderWay ? 'joined' : 'started'),
        next: ({ isFromOtherProcess }) => (this.isJoined ||= isFromOtherProcess),
        complete: () => this.publish('answered'),
        error: (error: unknown) => this.publish((error instanceof Failure && ENDS[error.kind]) || 'failed'),
        unsubscribe: () => this.publish('cancelled'),
      }),
    );
  }

  private publish(step: RequestStepName): void {
    const { id, n, startedMs, isJoined } = this;
    const durationMs = Math.round((performance.now() - startedMs) * 1_000) / 1_000;
    requestChannel.publish({ step, id, n, atMs: Date.now(), durationMs, isJoined } satisfies RequestStep);
  }
}

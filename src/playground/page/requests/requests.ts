// The requests of this page: questions and bursts, and their cancellation.
import type { BurstRequest, BurstResult } from '../../page-facts.js';
import { errorText, type HowAnswered, howAnswered, problemText, timingOf } from './answer.js';
import type { RequestIds } from './request-ids.js';

export interface Answered {
  readonly kind: 'answered';
  readonly n: number;
  readonly result: number;
  readonly how: HowAnswered;
  readonly status: number;
  readonly durationMs: number;
  /** Duration of the computation; undefined for a hit. */
  readonly computeMs: number | undefined;
}

export interface BurstAnswered {
  readonly kind: 'burst';
  readonly burst: BurstResult;
}

/** A request without a result. `status` 0: the service did not answer. */
export interface Unanswered {
  readonly kind: 'cancelled' | 'refused';
  readonly n: number;
  readonly status: number;
  readonly durationMs: number;
  readonly detail: string;
}

export interface RunningRequest {
  readonly id: string;
  readonly n: number;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

export interface RequestsListener {
  onStart(request: RunningRequest): void;
  onEnd(request: RunningRequest, outcome: Answered | BurstAnswered | Unanswered): void;
}

export class Requests {
  readonly running = new Set<RunningRequest>();
  private readonly aborts = new Set<AbortController>();

  constructor(
    private readonly ids: RequestIds,
    private readonly listener: RequestsListener,
  ) {}

  /** Asks for fib(n). Never rejects. */
  ask(n: number): Promise<Answered | BurstAnswered | Unanswered> {
    return this.run(n, async (id, signal, startedMs) => {
      const response = await fetch(`fib/${n}`, { cache: 'no-store', headers: { 'X-Request-Id': id }, signal });
      if (!response.ok) return refused(n, response, startedMs);
      const { result } = (await response.json()) as { result: number };
      return {
        kind: 'answered',
        n,
        result,
        how: howAnswered(response.headers.get('Cache-Status')),
        status: response.status,
        durationMs: performance.now() - startedMs,
        computeMs: timingOf(response.headers.get('Server-Timing'), 'compute'),
      };
    });
  }

  /** Requests a burst: a browser makes only few equal requests at a time. Never rejects. */
  burst(request: BurstRequest): Promise<Answered | BurstAnswered | Unanswered> {
    return this.run(request.n, async (id, signal, startedMs) => {
      const response = await fetch('playground/bursts', {
        method: 'POST',
        headers: { 'X-Request-Id': id, 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
        signal,
      });
      if (!response.ok) return refused(request.n, response, startedMs);
      return { kind: 'burst', burst: (await response.json()) as BurstResult };
    });
  }

  /** Aborts all requests. */
  cancelAll(): void {
    for (const abort of this.aborts) abort.abort();
  }

  private async run(
    n: number,
    request: (id: string, signal: AbortSignal, startedMs: number) => Promise<Answered | BurstAnswered | Unanswered>,
  ): Promise<Answered | BurstAnswered | Unanswered> {
    const abort = new AbortController();
    const running = { id: this.ids.next(), n, startedMs: performance.now() };
    this.running.add(running);
    this.aborts.add(abort);
    this.listener.onStart(running);
    const outcome = await request(running.id, abort.signal, running.startedMs).catch((error: unknown) =>
      failed(n, abort.signal.aborted, error, running.startedMs),
    );
    this.running.delete(running);
    this.aborts.delete(abort);
    this.listener.onEnd(running, outcome);
    return outcome;
  }
}

async function refused(n: number, response: Response, startedMs: number): Promise<Unanswered> {
  const detail = await problemText(response);
  return { kind: 'refused', n, status: response.status, durationMs: performance.now() - startedMs, detail };
}

function failed(n: number, isCancelled: boolean, error: unknown, startedMs: number): Unanswered {
  const durationMs = performance.now() - startedMs;
  const detail = isCancelled ? 'the service ends the work, unless other requests wait for it' : errorText(error);
  return { kind: isCancelled ? 'cancelled' : 'refused', n, status: 0, durationMs, detail };
}

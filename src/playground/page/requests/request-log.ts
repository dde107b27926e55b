// The last requests and the number of each outcome since the page was opened.
import type { RequestsMessage } from '../../../events/live-message.js';
import type { RequestStep, RequestStepName } from '../../../fibonacci/request-step.js';

/** Outcome of a request. `computed` and `joined` were answered with a computed value. */
type RequestOutcome = Exclude<RequestStepName, 'started' | 'answered'> | 'computed';

export interface LoggedRequest {
  /** Unique: a client can send the same id again. */
  readonly key: number;
  readonly id: string;
  readonly n: number;
  readonly outcome: RequestOutcome;
  /** In milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly isOwn: boolean;
}

const MAX_ENTRIES = 20;

export class RequestLog {
  /** Newest first. */
  readonly entries: LoggedRequest[] = [];
  readonly counts: Record<RequestStepName, number> = {
    hit: 0,
    started: 0,
    joined: 0,
    answered: 0,
    cancelled: 0,
    refused: 0,
    'timed-out': 0,
    failed: 0,
  };
  private nextKey = 1;

  /** @param isOwn whether a request came from this page */
  constructor(private readonly isOwn: (id: string) => boolean) {}

  apply({ steps, omitted = {} }: RequestsMessage): void {
    for (const step of steps) this.applyStep(step);
    for (const name of Object.keys(this.counts) as RequestStepName[]) this.counts[name] += omitted[name] ?? 0;
  }

  private applyStep(step: RequestStep): void {
    this.counts[step.step] += 1;
    if (step.step === 'started' || step.step === 'joined') return;
    const { id, n, atMs, durationMs, isJoined } = step;
    const outcome = step.step === 'answered' ? (isJoined ? 'joined' : 'computed') : step.step;
    this.entries.unshift({ key: this.nextKey++, id, n, outcome, atMs, durationMs, isOwn: this.isOwn(id) });
    this.entries.length = Math.min(this.entries.length, MAX_ENTRIES);
  }
}

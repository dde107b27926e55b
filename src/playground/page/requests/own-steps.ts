// The steps of the requests of this page, for a page without live events.
import type { RequestsMessage } from '../../../events/live-message.js';
import type { RequestStep, RequestStepName } from '../../../fibonacci/request-step.js';
import { burstCounts, burstEnd } from './burst-steps.js';
import type { Answered, BurstAnswered, RunningRequest, Unanswered } from './requests.js';
import { isClientError, outcomeOfStatus } from './status-outcome.js';

/** Requests that end sooner are not shown as waiting, in milliseconds. */
const QUICK_MS = 100;

interface WaitingRequest {
  readonly n: number;
  readonly isJoined: boolean;
  /** Whether its first step was emitted. */
  isShown: boolean;
}

export class OwnSteps {
  /** The requests without an answer, by id. */
  private readonly waiting = new Map<string, WaitingRequest>();

  constructor(
    private readonly nowMs: () => number,
    private readonly emit: (message: RequestsMessage) => void,
  ) {}

  /** Shows the request as waiting, unless it ends soon. */
  start({ id, n }: RunningRequest): void {
    const atMs = this.nowMs();
    const isJoined = [...this.waiting.values()].some((other) => other.n === n);
    const request = { n, isJoined, isShown: false };
    this.waiting.set(id, request);
    setTimeout(() => {
      if (!this.waiting.has(id)) return;
      request.isShown = true;
      this.send([{ step: firstStep(isJoined), id, n, atMs, durationMs: 0, isJoined }]);
    }, QUICK_MS);
  }

  /** Ends the request. A request that was not shown, and was refused with a status from 400 to 499, has no steps. */
  end({ id, n, startedMs }: RunningRequest, outcome: Answered | BurstAnswered | Unanswered): void {
    const request = this.waiting.get(id);
    this.waiting.delete(id);
    const isShown = request?.isShown ?? false;
    const isJoined = outcome.kind === 'answered' ? outcome.how === 'joined' : (request?.isJoined ?? false);
    const durationMs = performance.now() - startedMs;
    const atMs = this.nowMs();
    const last = { id, n, atMs, durationMs, isJoined };
    if (outcome.kind === 'burst') {
      const step = burstEnd(outcome.burst);
      const shown = isShown ? [firstStep(isJoined), step] : [];
      this.emit({
        nowMs: atMs,
        steps: isShown ? [{ ...last, step }] : [],
        omitted: burstCounts(outcome.burst, shown),
      });
      return;
    }
    const step = stepOf(outcome);
    if (isShown) this.send([{ ...last, step: step === 'hit' ? 'answered' : step }]);
    else if (step === 'hit') this.send([{ ...last, step }]);
    else if (outcome.kind !== 'refused' || !isClientError(outcome.status)) {
      const first = { ...last, step: firstStep(isJoined), atMs: atMs - durationMs, durationMs: 0 };
      this.send([first, { ...last, step }]);
    }
  }

  private send(steps: readonly RequestStep[]): void {
    this.emit({ nowMs: this.nowMs(), steps });
  }
}

function firstStep(isJoined: boolean): 'joined' | 'started' {
  return isJoined ? 'joined' : 'started';
}

function stepOf(outcome: Answered | Unanswered): RequestStepName {
  if (outcome.kind === 'cancelled') return 'cancelled';
  if (outcome.kind === 'answered') return outcome.how === 'cache' ? 'hit' : 'answered';
  return outcomeOfStatus(outcome.status);
}

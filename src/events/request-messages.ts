// The steps of requests, collected into messages of limited size.
import { bufferTime, filter, map, type Observable } from 'rxjs';
import type { RequestStep, RequestStepName } from '../fibonacci/request-step.js';
import type { RequestsMessage } from './live-message.js';

/** Interval of the messages, in milliseconds. */
const INTERVAL_MS = 100;
/** Most steps of a message. A service answers more hits in this time than a page can show. */
const MAX_HITS = 50;
const MAX_OTHER_STEPS = 500;

export function requestMessages(steps$: Observable<RequestStep>): Observable<RequestsMessage> {
  return steps$.pipe(
    bufferTime(INTERVAL_MS),
    filter(({ length }) => length > 0),
    map(limited),
  );
}

/** Beginnings are left out first: a computation whose end is left out would stay on the page. */
function limited(all: readonly RequestStep[]): RequestsMessage {
  const ends = Math.min(all.filter(({ step }) => kindOf(step) === 'end').length, MAX_OTHER_STEPS);
  const left = { hit: MAX_HITS, end: ends, begin: MAX_OTHER_STEPS - ends };
  const steps: RequestStep[] = [];
  const omitted: Partial<Record<RequestStepName, number>> = {};
  for (const step of all) {
    if (left[kindOf(step.step)]-- > 0) steps.push(step);
    else omitted[step.step] = (omitted[step.step] ?? 0) + 1;
  }
  const nowMs = Date.now();
  return steps.length === all.length ? { nowMs, steps } : { nowMs, steps, omitted };
}

function kindOf(step: RequestStepName): 'hit' | 'begin' | 'end' {
  if (step === 'hit') return 'hit';
  return step === 'started' || step === 'joined' ? 'begin' : 'end';
}

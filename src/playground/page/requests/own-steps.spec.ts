// The steps of the requests of this page.
import { beforeEach, describe, expect, it, vi, onTestFinished } from 'vitest';
import type { RequestsMessage } from '../../../events/live-message.js';
import type { RequestStepName } from '../../../fibonacci/request-step.js';
import type { BurstResult } from '../../page-facts.js';
import { OwnSteps } from './own-steps.js';
import type { Answered, RunningRequest } from './requests.js';

let messages: RequestsMessage[] = [];
beforeEach(() => {
  messages = [];
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

const steps = () => messages.flatMap((message) => message.steps.map(({ step, id }) => `${id} ${step}`));
const request = (id: string): RunningRequest => ({ id, n: 42, startedMs: performance.now() });
const answered = (how: Answered['how']): Answered => ({
  kind: 'answered',
  n: 42,
  result: 267_914_296,
  how,
  status: 200,
  durationMs: 1,
  computeMs: undefined,
});
const burst = (counts: Partial<BurstResult>): BurstResult => ({
  n: 42,
  count: 40,
  hits: 0,
  computed: 0,
  joined: 0,
  refused: 0,
  timedOut: 0,
  durationMs: 50,
  ...counts,
});
const counts = (some: Partial<Record<RequestStepName, number>>) => ({
  hit: 0,
  started: 0,
  joined: 0,
  answered: 0,
  refused: 0,
  'timed-out': 0,
  ...some,
});
const ownSteps = () => new OwnSteps(Date.now, (message) => void messages.push(message));

describe('OwnSteps', () => {
  it('shows a quick hit as a hit', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    own.end(one, answered('cache'));
    vi.advanceTimersByTime(1_000);

    expect(steps()).toEqual(['a hit']);
  });

  it('shows a request while it waits, and one that joins it', () => {
    const own = ownSteps();
    const [one, other] = [request('a'), request('b')];
    own.start(one);
    vi.advanceTimersByTime(200);
    own.start(other);
    vi.advanceTimersByTime(200);
    expect(steps()).toEqual(['a started', 'b joined']);

    own.end(one, answered('computed'));
    own.end(other, answered('joined'));
    vi.advanceTimersByTime(1_000);
    expect(steps()).toEqual(['a started', 'b joined', 'a answered', 'b answered']);
  });

  it('shows equal requests of one moment as one computation', () => {
    const own = ownSteps();
    own.start(request('a'));
    own.start(request('b'));
    vi.advanceTimersByTime(200);

    expect(steps()).toEqual(['a started', 'b joined']);
  });

  it('shows start and end of a quick computation', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    own.end(one, answered('computed'));
    vi.advanceTimersByTime(1_000);

    expect(steps()).toEqual(['a started', 'a answered']);
  });

  it.each([
    ['cancelled', 0, 'cancelled'],
    ['refused', 429, 'refused'],
    ['refused', 503, 'refused'],
    ['refused', 504, 'timed-out'],
    ['refused', 500, 'failed'],
    ['refused', 0, 'failed'],
  ] as const)('shows %s with status %d as %s', (kind, status, step) => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    vi.advanceTimersByTime(200);
    own.end(one, { kind, n: 42, status, durationMs: 200, detail: '' });

    expect(steps()).toEqual(['a started', `a ${step}`]);
  });

  it('counts the requests of a burst', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    vi.advanceTimersByTime(200);
    own.end(one, { kind: 'burst', burst: burst({ computed: 1, joined: 39 }) });

    expect(messages.at(-1)?.omitted).toEqual(counts({ joined: 39, answered: 39 }));
    expect(steps()).toEqual(['a started', 'a answered']);
  });

  it('counts the requests of a quick burst, without a step', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    own.end(one, { kind: 'burst', burst: burst({ hits: 40 }) });

    expect(messages.at(-1)?.omitted).toEqual(counts({ hit: 40 }));
    expect(steps()).toEqual([]);
  });

  it('counts the requests of a burst that were refused', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    vi.advanceTimersByTime(200);
    own.end(one, { kind: 'burst', burst: burst({ refused: 40 }) });

    expect(messages.at(-1)?.omitted).toEqual(counts({ joined: 39, refused: 39 }));
    expect(steps()).toEqual(['a started', 'a refused']);
  });

  it('shows nothing of a request that was refused before any work, and before it was shown as waiting', () => {
    const own = ownSteps();
    const one = request('a');
    own.start(one);
    own.end(one, { kind: 'refused', n: 42, status: 429, durationMs: 5, detail: '' });
    vi.advanceTimersByTime(1_000);

    expect(messages).toEqual([]);
  });

  it('says of each step whether its request has joined', () => {
    const own = ownSteps();
    const [one, other] = [request('a'), request('b')];
    own.start(one);
    own.start(other);
    vi.advanceTimersByTime(200);
    own.end(one, answered('computed'));
    own.end(other, answered('joined'));

    const joined = messages.flatMap((message) => message.steps.map(({ id, isJoined }) => `${id} ${isJoined}`));
    expect(joined).toEqual(['a false', 'b true', 'a false', 'b true']);
  });
});

// Bars of computations from steps of requests.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RequestStepName } from '../../../fibonacci/request-step.js';
import { Computations } from './computations.js';

let computations: Computations;
beforeEach(() => {
  computations = new Computations((id) => id.startsWith('own'));
});

function apply(step: RequestStepName, id: string, atMs: number, n = 42, durationMs = 0): void {
  computations.apply({ step, id, n, atMs, durationMs, isJoined: step === 'joined' });
}

const bars = () =>
  computations.bars.map(({ n, startMs, endMs, end, requests }) => ({ n, startMs, endMs, end, requests }));

describe('Computations', () => {
  it('shows requests for the same n as one bar, which ends with the first answer', () => {
    apply('started', 'a', 1_000);
    apply('joined', 'b', 1_200);
    apply('answered', 'a', 2_000);
    apply('answered', 'b', 2_003);

    expect(bars()).toEqual([{ n: 42, startMs: 1_000, endMs: 2_000, end: 'answered', requests: 2 }]);
    expect(computations.bars[0]?.joins).toEqual([{ atMs: 1_200, isOwn: false }]);
  });

  it('shows different n at the same time in different lanes', () => {
    apply('started', 'a', 1_000, 42);
    apply('started', 'b', 1_000, 43);

    expect(computations.bars.map(({ lane }) => lane)).toEqual([0, 1]);
  });

  it('goes on while one request waits, and ends where the last one is cancelled', () => {
    apply('started', 'a', 1_000);
    apply('joined', 'b', 1_100);
    apply('cancelled', 'a', 1_500);
    expect(bars()).toMatchObject([{ end: undefined, endMs: undefined }]);

    apply('cancelled', 'b', 1_700);
    expect(bars()).toMatchObject([{ end: 'cancelled', endMs: 1_700, requests: 2 }]);
    expect(computations.bars[0]?.leaves.map(({ atMs }) => atMs)).toEqual([1_500, 1_700]);
  });

  it('begins a new bar after all requests of the one before were cancelled', () => {
    apply('started', 'a', 1_000);
    apply('cancelled', 'a', 1_100);
    apply('started', 'b', 1_200);

    expect(bars()).toMatchObject([{ end: 'cancelled' }, { startMs: 1_200, end: undefined }]);
  });

  it.each(['refused', 'timed-out', 'failed'] as const)('ends as %s', (step) => {
    apply('started', 'a', 1_000);
    apply(step, 'a', 1_400);

    expect(bars()).toMatchObject([{ end: step, endMs: 1_400 }]);
  });

  it('highlights a bar from the moment at which a request of this page joins', () => {
    apply('started', 'a', 1_000);
    expect(computations.bars[0]?.isOwn).toBe(false);

    apply('joined', 'own-1', 1_100);
    expect(computations.bars[0]?.isOwn).toBe(true);
  });

  it.each([42, 43])('shows a request for fib(%d) whose id is that of an ended one for fib(42)', (n) => {
    apply('started', 'a', 1_000);
    apply('answered', 'a', 2_000);
    apply('started', 'a', 5_000, n);
    apply('answered', 'a', 6_000, n);

    expect(bars()).toMatchObject([
      { n: 42, startMs: 1_000, endMs: 2_000, requests: 1 },
      { n, startMs: 5_000, endMs: 6_000, end: 'answered', requests: 1 },
    ]);
  });

  it('adds a request that joins with the id of one that has left', () => {
    apply('started', 'a', 1_000);
    apply('joined', 'b', 1_100);
    apply('cancelled', 'b', 1_200);
    apply('joined', 'b', 1_300);

    expect(bars()).toMatchObject([{ end: undefined, requests: 3 }]);
  });

  it('adds a request that joins while the value is stored', () => {
    apply('started', 'a', 1_000);
    apply('answered', 'a', 2_000);
    apply('joined', 'b', 2_010);
    apply('answered', 'b', 2_011);

    expect(bars()).toMatchObject([{ endMs: 2_000, requests: 2 }]);
  });
});

describe('Computations with missing steps', () => {
  it('begins a bar of unknown start for a request that joins an unknown computation', () => {
    apply('joined', 'a', 1_000);

    expect(computations.bars).toMatchObject([{ startMs: 1_000, isStartKnown: false, end: undefined }]);
  });

  it('begins the bar of an unknown request at its arrival', () => {
    apply('answered', 'a', 3_000, 42, 1_200);

    expect(computations.bars).toMatchObject([{ startMs: 1_800, endMs: 3_000, isStartKnown: false, requests: 1 }]);
  });

  it('counts all unknown requests of one computation in one bar', () => {
    apply('answered', 'a', 3_000, 42, 1_200);
    apply('answered', 'b', 3_002, 42, 700);

    expect(bars()).toEqual([{ n: 42, startMs: 1_800, endMs: 3_000, end: 'answered', requests: 2 }]);
  });

  it('continues a cancelled bar whose other requests were left out, until their answer', () => {
    apply('started', 'a', 1_000);
    apply('cancelled', 'a', 1_500);
    apply('answered', 'b', 2_000, 42, 900);

    expect(bars()).toEqual([{ n: 42, startMs: 1_000, endMs: 2_000, end: 'answered', requests: 2 }]);
  });

  it('ends a bar without a known end when the next computation of this n begins', () => {
    apply('started', 'a', 1_000);
    apply('started', 'b', 5_000);

    expect(bars()).toMatchObject([
      { end: 'lost', endMs: 5_000 },
      { startMs: 5_000, end: undefined },
    ]);
  });

  it('ends all bars when the events end', () => {
    apply('started', 'a', 1_000);
    computations.loseAll(1_300);

    expect(bars()).toMatchObject([{ end: 'lost', endMs: 1_300 }]);
  });

  it('ignores a cancellation after the answer of another request', () => {
    apply('started', 'a', 1_000);
    apply('joined', 'b', 1_100);
    apply('answered', 'a', 2_000);
    apply('cancelled', 'b', 2_001);

    expect(computations.bars).toMatchObject([{ end: 'answered', endMs: 2_000, leaves: [] }]);
  });
});

describe('Computations over a long time', () => {
  it('drop bars that have left, and their requests', () => {
    apply('started', 'a', 1_000);
    apply('answered', 'a', 2_000);
    apply('started', 'b', 1_000, 45);
    computations.prune(2_500, 32_500);

    expect(bars()).toMatchObject([{ n: 45 }]);
    apply('answered', 'a', 40_000, 42, 100);
    expect(bars()).toMatchObject([{ n: 45 }, { n: 42, startMs: 39_900 }]);
  });

  it('end a bar that never ends', () => {
    apply('started', 'a', 1_000);
    computations.prune(270_000, 300_000);

    expect(bars()).toMatchObject([{ end: 'lost', endMs: 300_000 }]);
  });

  it('are at most a hundred, the newest', () => {
    for (let at = 0; at < 250; at += 1) {
      apply('started', `r${at}`, at, at);
      apply('answered', `r${at}`, at, at);
    }

    expect(bars()).toHaveLength(100);
    expect(bars().at(-1)?.n).toBe(249);
  });

  it('mark at most sixty of the requests that join', () => {
    apply('started', 'a', 0);
    for (let at = 1; at <= 200; at += 1) apply('joined', `r${at}`, at);

    expect(computations.bars[0]?.joins).toHaveLength(60);
    expect(bars()).toMatchObject([{ requests: 201 }]);
  });
});

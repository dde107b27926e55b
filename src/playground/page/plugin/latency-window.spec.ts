// The durations of calls in the last minute.
import { describe, expect, it } from 'vitest';
import { LATENCY_BOUNDS_MS } from '../../../events/latency-bounds.js';
import { LatencyWindow, quantileText } from './latency-window.js';

/** Counts of calls by the index of their bucket. */
function counts(byBucket: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, index) => byBucket[index] ?? 0);
}

describe('LatencyWindow', () => {
  it('adds up the calls of a plugin, of one method or all', () => {
    const window = new LatencyWindow();
    window.add([{ plugin: 'a', method: 'get', counts: counts({ 2: 5 }) }], 1_000);
    window.add(
      [
        { plugin: 'a', method: 'get', counts: counts({ 2: 1, 3: 1 }) },
        { plugin: 'a', method: 'set', counts: counts({ 15: 2 }) },
        { plugin: 'b', method: 'get', counts: counts({ 0: 9 }) },
      ],
      2_000,
    );

    expect(window.counts('a', 'get')).toEqual(counts({ 2: 6, 3: 1 }));
    expect(window.counts('a')).toEqual(counts({ 2: 6, 3: 1, 15: 2 }));
    expect(window.counts('c')).toEqual(counts({}));
  });

  it('forgets calls after a minute', () => {
    const window = new LatencyWindow();
    window.add([{ plugin: 'a', method: 'get', counts: counts({ 2: 5 }) }], 1_000);
    window.add([{ plugin: 'a', method: 'get', counts: counts({ 3: 1 }) }], 61_001);

    expect(window.counts('a')).toEqual(counts({ 3: 1 }));
  });
});

describe('quantileText', () => {
  it.each([
    [{ 2: 50, 3: 49, 9: 1 }, 0.5, '≤ 0.1 ms'],
    [{ 2: 50, 3: 49, 9: 1 }, 0.99, '≤ 0.2 ms'],
    [{ 2: 50, 3: 48, 9: 2 }, 0.99, '≤ 20 ms'],
    [{ 14: 1 }, 0.5, '≤ 1 s'],
    [{ 15: 1 }, 0.5, '> 1 s'],
    [{}, 0.5, '–'],
  ])('of %j at %d is %s', (byBucket, quantile, text) => {
    expect(quantileText(counts(byBucket), quantile)).toBe(text);
  });
});

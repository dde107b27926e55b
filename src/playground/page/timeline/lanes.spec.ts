// The choice of a lane.
import { describe, expect, it } from 'vitest';
import type { Bar } from './bar.js';
import { freeLane, LANES } from './lanes.js';

function bar(lane: number, startMs: number, endMs?: number): Bar {
  const counts = { key: lane, n: 42, isStartKnown: true, requests: 1, isOwn: false };
  return { ...counts, lane, startMs, endMs, end: undefined, joins: [], leaves: [], waiting: new Set() };
}

describe('freeLane', () => {
  it('is the first one', () => {
    expect(freeLane([], 1_000)).toBe(0);
  });

  it('is not one with a running bar', () => {
    expect(freeLane([bar(0, 0), bar(1, 0)], 60_000)).toBe(2);
  });

  it('is one of a long bar soon after its end', () => {
    expect(freeLane([bar(0, 0, 10_000)], 11_000)).toBe(0);
  });

  it('leaves space for the label after a short bar', () => {
    expect(freeLane([bar(0, 0, 10)], 2_000)).toBe(1);
    expect(freeLane([bar(0, 0, 10)], 4_000)).toBe(0);
  });

  it('covers a label when no other lane is free', () => {
    const busy = Array.from({ length: LANES - 1 }, (_, lane) => bar(lane + 1, 0));

    expect(freeLane([bar(0, 0, 10), ...busy], 2_000)).toBe(0);
  });

  it('is the last one when all are busy', () => {
    expect(
      freeLane(
        Array.from({ length: LANES }, (_, lane) => bar(lane, 0)),
        5_000,
      ),
    ).toBe(LANES - 1);
  });
});

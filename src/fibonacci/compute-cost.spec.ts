// The estimated cost of a computation, and its updates.
import { describe, expect, it } from 'vitest';
import { ComputeCost } from './compute-cost.js';

const RATIO = 1.618_034;

describe('ComputeCost', () => {
  it('estimates the time of every n from one run', () => {
    const cost = new ComputeCost(30, 2);

    expect(cost.estimateMs(30)).toBeCloseTo(2);
    expect(cost.estimateMs(31)).toBeCloseTo(2 * RATIO);
    expect(cost.estimateMs(45)).toBeCloseTo(2 * RATIO ** 15, 0);
    expect(cost.estimateMs(0)).toBeGreaterThan(0);
  });

  it('returns the measured time for the measured n', () => {
    expect(new ComputeCost(27, 0.4).estimateMs(27)).toBeCloseTo(0.4);
  });

  it('moves a fifth of the way with each run', () => {
    const cost = new ComputeCost(40, 100);
    cost.learn(40, 200);

    expect(cost.estimateMs(40)).toBeCloseTo(120);
  });

  it('learns from a run of any n for all n', () => {
    const cost = new ComputeCost(40, 100);
    for (let run = 1; run <= 50; run++) cost.learn(38, 200);

    expect(cost.estimateMs(40)).toBeCloseTo(200 * RATIO ** 2, 0);
  });

  it.each([
    ['a pause of 15 s', 15_500, 1.2],
    ['a clock that jumps ahead', Number.MAX_VALUE, 1.2],
    ['a clock that stands still', 0, 0.9],
  ])('moves by at most a fifth with one run, even with %s', (_, cpuMs, factor) => {
    const cost = new ComputeCost(41, 500);
    cost.learn(41, cpuMs);

    expect(cost.estimateMs(41) / 500).toBeCloseTo(factor);
  });

  it('recovers with correct runs after wrong ones', () => {
    const cost = new ComputeCost(41, 500);
    for (let run = 1; run <= 8; run++) cost.learn(41, 15_500);
    for (let run = 1; run <= 30; run++) cost.learn(41, 500);

    expect(cost.estimateMs(41) / 500).toBeCloseTo(1, 1);
  });

  it('ignores a run that is too short to measure', () => {
    const cost = new ComputeCost(30, 2);
    cost.learn(30, 50);

    expect(cost.estimateMs(30)).toBeCloseTo(2);
  });
});

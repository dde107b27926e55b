// The expected duration.
import { expect, it } from 'vitest';
import { Estimate } from './estimate.js';

it('grows by the golden ratio with each n', () => {
  const estimate = new Estimate();
  estimate.set({ n: 40, ms: 100 });

  expect(estimate.of(40)).toBe(100);
  expect(estimate.of(42)).toBeCloseTo(261.8, 1);
  expect(estimate.of(39)).toBeCloseTo(61.8, 1);
});

it('is unknown until a computation was long enough to learn from', () => {
  const estimate = new Estimate();
  estimate.learn(10, 3);
  expect(estimate.of(40)).toBeUndefined();

  estimate.learn(40, 330);
  expect(estimate.of(40)).toBe(330);
});

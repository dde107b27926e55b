// The default number of workers, by cores and quota.
import { expect, it } from 'vitest';
import { defaultWorkers } from './default-workers.js';

it.each([
  [1, Infinity, 2],
  [2, Infinity, 2],
  [8, Infinity, 7],
  [8, 0.5, 1],
  [8, 1, 1],
  [8, 1.9, 1],
  [8, 2.5, 2],
  [8, 7.5, 7],
  [8, 16, 7],
  [1, 0.5, 1],
])('%d cores with a quota of %d CPUs have %d workers', (cores, quota, workers) => {
  expect(defaultWorkers(cores, quota)).toBe(workers);
});

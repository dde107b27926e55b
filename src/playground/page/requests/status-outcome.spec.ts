// The outcome of a request by its status.
import { expect, it } from 'vitest';
import { outcomeOfStatus } from './status-outcome.js';

it.each([
  [429, 'refused'],
  [503, 'refused'],
  [504, 'timed-out'],
  [500, 'failed'],
  [0, 'failed'],
])('of status %d is %s', (status, outcome) => {
  expect(outcomeOfStatus(status)).toBe(outcome);
});

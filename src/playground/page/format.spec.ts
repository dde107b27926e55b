// Numbers as texts.
import { expect, it } from 'vitest';
import { formatDuration, formatPlural, formatShare } from './format.js';

it.each([
  [0, '< 0.01 ms'],
  [0.054, '0.05 ms'],
  [1.24, '1.2 ms'],
  [2, '2 ms'],
  [9.96, '10 ms'],
  [869.6, '870 ms'],
  [999.6, '1.0 s'],
  [1_234, '1.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [125_000, '2 min 5 s'],
])('%d milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it.each([
  [0, 0, '–'],
  [0, 5, '0 %'],
  [5, 5, '100 %'],
  [1, 3, '33.3 %'],
  [99_999, 100_000, '99.9 %'],
  [1, 100_000, '0.1 %'],
])('%d of %d is %s', (part, whole, text) => {
  expect(formatShare(part, whole)).toBe(text);
});

it('uses the singular for one', () => {
  expect([formatPlural(1, 'call'), formatPlural(1_200, 'call')]).toEqual(['1 call', '1,200 calls']);
});

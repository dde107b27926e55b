// The hit ratio and the reasons of misses.
import { expect, it } from 'vitest';
import { lookupsOf, reasonText } from './lookups.js';

it('counts all look-ups but the skipped ones', () => {
  const { hits, all } = lookupsOf({ hit: 90, 'not-found': 6, expired: 1, timeout: 3, skipped: 50 });

  expect([hits, all]).toEqual([90, 100]);
});

it('lists the other outcomes, the most frequent first', () => {
  const { misses } = lookupsOf({ hit: 9, expired: 2, error: 0, 'not-found': 4, skipped: 3 });

  expect(misses.map(([reason, count]) => `${count} ${reasonText(reason)}`)).toEqual([
    '4 not found',
    '3 skipped',
    '2 expired',
  ]);
});

it('is zero without a plugin', () => {
  expect(lookupsOf({})).toEqual({ hits: 0, all: 0, misses: [] });
});

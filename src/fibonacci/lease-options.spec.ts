// The time to live of leases.
import { expect, it } from 'vitest';
import { leaseTtlMs } from './lease-options.js';

it.each([
  ['2 s', 100, 2_000],
  ['six times the longest time of a cache call, if that is more', 1_000, 6_000],
  ['at most the longest delay of a timer', 2 ** 31 - 1, 2 ** 31 - 1],
])('is %s', (_, cacheTimeoutMs, ttlMs) => {
  expect(leaseTtlMs(cacheTimeoutMs)).toBe(ttlMs);
});

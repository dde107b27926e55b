// The Cache-Status header for each outcome of a look-up.
import type { FailOpenLookup } from '@pluggable/cache';
import { expect, it } from 'vitest';
import { cacheStatus } from './cache-status.js';

it.each<[lookup: FailOpenLookup, header: string]>([
  [{ status: 'hit', value: '0' }, 'pluggable; hit'],
  [{ status: 'not-found' }, 'pluggable; fwd=uri-miss'],
  [{ status: 'expired' }, 'pluggable; fwd=stale'],
  [{ status: 'not-found', failure: 'corrupt' }, 'pluggable; fwd=miss'],
  [{ status: 'not-found', failure: 'error', code: 'ECONNRESET' }, 'pluggable; fwd=miss'],
  [{ status: 'not-found', failure: 'timeout', code: 'PLUGIN_CALL_TIMEOUT' }, 'pluggable; fwd=miss'],
  [{ status: 'not-found', failure: 'open', code: 'PLUGIN_BREAKER_OPEN' }, 'pluggable; fwd=miss'],
])('%j is %s', (lookup, header) => {
  expect(cacheStatus(lookup)).toBe(header);
});

it('marks a miss that joined a computation', () => {
  expect(cacheStatus({ status: 'expired' }, true)).toBe('pluggable; fwd=stale; collapsed');
});

// The cache that keeps nothing.
import { expect, it } from 'vitest';
import { CACHE_CONTRACT, NopCache } from './index.js';

it('answers every look-up with a miss that keeps the contract, also after a write', async () => {
  const cache = new NopCache();
  await expect(cache.set()).resolves.toBeUndefined();
  const lookup = await cache.get();
  expect(lookup).toEqual({ status: 'not-found' });
  expect(CACHE_CONTRACT.methods.get.check?.(lookup)).toBe(true);
});

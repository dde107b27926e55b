// The no-op cache.
import { expect, it } from 'vitest';
import { isCacheLookup, NopCache } from './index.js';

it('answers every look-up with a valid miss, also after a write', async () => {
  const cache = new NopCache();
  await expect(cache.set('key', 'value', 1)).resolves.toBeUndefined();
  const lookup = await cache.get();
  expect(lookup).toEqual({ status: 'not-found' });
  expect(isCacheLookup(lookup)).toBe(true);
});

it.each([0, -1, 1.5, Number.NaN])('refuses the ttl %d', async (ttlMs) => {
  await expect(new NopCache().set('key', 'value', ttlMs)).rejects.toThrow(RangeError);
});

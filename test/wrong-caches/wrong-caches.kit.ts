// The kit with the correct cache and with each wrong one, for test/cache-contract.e2e-spec.ts, which reads the results.
import type { Cache } from '@pluggable/cache/contract';
import { describeCacheContract } from '@pluggable/testkit/cache';
import { clock, RightCache } from './right-cache.ts';
import { WRONG_CACHES } from './wrong-caches.ts';

const advance = (ms: number): void => void (clock.nowMs += ms);

describeCacheContract('is right', { create: () => new RightCache(), advance });

for (const [name, { fault }] of Object.entries(WRONG_CACHES)) {
  describeCacheContract(name, {
    create: (): Cache => {
      const right = new RightCache();
      return {
        get: (key, call) => right.get(key, call),
        set: (key, value, ttlMs, call) => right.set(key, value, ttlMs, call),
        ping: (call) => right.ping(call),
        close: () => right.close(),
        ...fault(right),
      };
    },
    advance,
  });
}

// The kit with the correct caches and with each wrong one, for test/cache-contract.e2e-spec.ts, which reads the results.
import type { Cache } from '@pluggable/cache/contract';
import { describeCacheContract } from '@pluggable/testkit/cache';
import { clock, RightCache } from './right-cache.ts';
import type { WrongCache } from './wrong-cache.ts';
import { WRONG_CACHES } from './wrong-caches.ts';

const advance = (ms: number): void => void (clock.nowMs += ms);

function create({ fault, without = [] }: Omit<WrongCache, 'caughtBy'>): Cache {
  const right = new RightCache();
  const cache: Cache = {
    get: (key, call) => right.get(key, call),
    set: (key, value, ttlMs, call) => right.set(key, value, ttlMs, call),
    acquire: (key, token, ttlMs, call) => right.acquire(key, token, ttlMs, call),
    renew: (key, token, ttlMs, call) => right.renew(key, token, ttlMs, call),
    release: (key, token, call) => right.release(key, token, call),
    ping: (call) => right.ping(call),
    close: () => right.close(),
    ...fault(right),
  };
  for (const method of without) delete cache[method];
  return cache;
}

describeCacheContract('is right', { create: () => new RightCache(), advance });

describeCacheContract('is right and has no leases', {
  create: () => create({ fault: () => ({}), without: ['acquire', 'renew', 'release'] }),
  advance,
});

describeCacheContract('is right and cannot renew leases', {
  create: () =>
    create({
      fault: (right) => ({
        renew: (key, _, ttlMs, call) => right.renew(key, 'the token of no lease', ttlMs, call),
        release: (key, _, call) => right.release(key, 'the token of no lease', call),
      }),
    }),
  advance,
  canRenewLeases: false,
});

for (const [name, wrong] of Object.entries(WRONG_CACHES)) {
  describeCacheContract(name, { create: () => create(wrong), advance, canRenewLeases: wrong.canRenewLeases });
}

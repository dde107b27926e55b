// Leases of the memory cache: their own bound, with a fake clock. The kit of the cache contract has the rules of every cache.
import type { PluginLogger } from '@pluggable/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { Leases } from './leases.js';
import { MemoryCache } from './memory-cache.js';

const MAX_LEASES = 10_000;
const limits = { MEMORY_MAX_ENTRIES: 2, MEMORY_MAX_BYTES: 10 };
const silent: PluginLogger = recordingLogger().logger;

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** The number of leases in memory, expired ones included. */
function sizeOf(leases: Leases): number {
  const map: unknown = Reflect.get(leases, 'leases');
  return map instanceof Map ? map.size : Number.NaN;
}

describe('the leases of the memory cache', () => {
  it('end exactly after ttlMs', () => {
    const leases = new Leases();
    leases.acquire('key', 'token', 1000);
    vi.advanceTimersByTime(999);
    expect(leases.acquire('key', 'other', 1000)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(leases.renew('key', 'token', 1000)).toBe(false);
    expect(leases.acquire('key', 'other', 1000)).toBe(true);
  });

  it('neither evict nor occupy entries', async () => {
    const cache = new MemoryCache(silent, limits);
    await cache.set('a', '1', 1000);
    await cache.set('b', '2', 1000);
    for (const key of ['a', 'b', 'c', 'd']) await cache.acquire(key, 'a token longer than all entries', 1000);
    await expect(cache.get('a')).resolves.toEqual({ status: 'hit', value: '1' });
    await expect(cache.get('b')).resolves.toEqual({ status: 'hit', value: '2' });
    for (const key of ['e', 'f', 'g']) await cache.set(key, '3', 1000);
    await expect(cache.renew('a', 'a token longer than all entries', 1000)).resolves.toBe(true);
  });

  it('do not pile up after they have expired', () => {
    const leases = new Leases();
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 100; i++) leases.acquire(`${round}/${i}`, 'token', 1000);
      vi.advanceTimersByTime(1000);
    }
    expect(sizeOf(leases)).toBe(100);
  });

  it('are at most 10,000: the one that was acquired or renewed first is lost', () => {
    const leases = new Leases();
    for (let i = 0; i < MAX_LEASES; i++) leases.acquire(String(i), 'token', 60_000);
    expect(leases.renew('0', 'token', 60_000)).toBe(true);
    expect(leases.acquire('one more', 'token', 60_000)).toBe(true);
    expect(sizeOf(leases)).toBe(MAX_LEASES);
    expect(leases.renew('0', 'token', 60_000)).toBe(true);
    expect(leases.renew('1', 'token', 60_000)).toBe(false);
    expect(leases.renew('2', 'token', 60_000)).toBe(true);
  });

  it('belong to one instance, and close drops them', async () => {
    const [one, other] = [new MemoryCache(silent, limits), new MemoryCache(silent, limits)];
    await one.acquire('key', 'token', 1000);
    await expect(other.acquire('key', 'token', 1000)).resolves.toBe(true);
    await one.close();
    expect(sizeOf(Reflect.get(one, 'leases') as Leases)).toBe(0);
  });

  it('are logged with their key, without their token', async () => {
    const { logger, lines } = recordingLogger();
    const cache = new MemoryCache(logger, limits);
    await cache.acquire('key', 'secret', 1000);
    await cache.acquire('key', 'other', 1000);
    await cache.renew('key', 'secret', 2000);
    await cache.renew('key', 'other', 2000);
    await cache.release('key', 'other');
    await cache.release('key', 'secret');
    expect(lines).toEqual([
      ['debug', 'lease acquired', { key: 'key', ttlMs: 1000 }],
      ['debug', 'lease held', { key: 'key', ttlMs: 1000 }],
      ['debug', 'lease renewed', { key: 'key', ttlMs: 2000 }],
      ['debug', 'lease lost', { key: 'key', ttlMs: 2000 }],
      ['debug', 'lease lost', { key: 'key' }],
      ['debug', 'lease released', { key: 'key' }],
    ]);
  });
});

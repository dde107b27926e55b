// Checks of the time to live of a lease.
import { describe, expect, it } from 'vitest';
import type { Subject } from './subject.js';
import { REFUSED, TTL_MS } from './time-to-live.js';

export function describeLeaseTimes(subject: Subject): void {
  describe('the time to live of a lease', () => {
    it('ends after ttlMs: milliseconds, not seconds', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', TTL_MS);
      await subject.outlive(TTL_MS);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
      expect(await cache.acquire(key, 'token', 60_000)).toBe(false);
    });

    it('does not end earlier: milliseconds, not microseconds', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await subject.pass(subject.hasClock ? 59_999 : TTL_MS);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('may be 1 ms', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', 1);
      await subject.outlive(1);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it.for<[what: string, ttlMs: number]>([
      ['longer than the longest timer', 2 ** 31],
      ['the largest whole number', Number.MAX_SAFE_INTEGER],
    ])('may be %s', async ([, ttlMs], check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      expect(await cache.acquire(key, 'token', ttlMs)).toBe(true);
      await subject.pass(subject.hasClock ? 2 ** 31 - 1 : TTL_MS);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('is not extended by a refused caller', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', TTL_MS);
      await cache.acquire(key, 'token', 60_000);
      await cache.acquire(key, 'other', 60_000);
      await subject.outlive(TTL_MS);
      expect(await cache.acquire(key, 'third', 60_000)).toBe(true);
    });

    it('is separate for each key', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const [short, long] = [subject.key('short'), subject.key('long')];
      await cache.acquire(long, 'token', 60_000);
      await cache.acquire(short, 'token', 1);
      await subject.outlive(1);
      expect(await cache.acquire(long, 'other', 60_000)).toBe(false);
      expect(await cache.acquire(short, 'other', 60_000)).toBe(true);
    });

    it.for(REFUSED)('is rejected by acquire when it is %d', async (ttlMs, check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      let acquired: unknown;
      expect(() => (acquired = cache.acquire(key, 'token', ttlMs)), 'the call itself').not.toThrow();
      await expect(acquired).rejects.toThrow();
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it.for(REFUSED)('is rejected by renew when it is %d', async (ttlMs, check) => {
      const cache = await subject.openWith(check, 'acquire', 'renew');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      let renewed: unknown;
      expect(() => (renewed = cache.renew(key, 'token', ttlMs)), 'the call itself').not.toThrow();
      await expect(renewed).rejects.toThrow();
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });
  });
}

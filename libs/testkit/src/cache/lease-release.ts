// Checks of `release`: only the holder ends its lease.
import { describe, expect, it } from 'vitest';
import { expectHit, type Subject } from './subject.js';

export function describeLeaseRelease(subject: Subject): void {
  describe('the release of a lease', () => {
    it('lets another token acquire it at once', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'token');
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('lets its own token acquire it again', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      for (let i = 0; i < 3; i++) {
        expect(await cache.acquire(key, 'token', 60_000)).toBe(true);
        await cache.release(key, 'token');
      }
    });

    it('makes a renewal answer false', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'token');
      expect(await cache.renew(key, 'token', 60_000)).toBe(false);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('by another token has no effect', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'other');
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
      expect(await cache.renew(key, 'token', 60_000)).toBe(true);
    });

    it('by a token that has lost it has no effect', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 1);
      await subject.outlive(1);
      await cache.acquire(key, 'other', 60_000);
      await cache.release(key, 'token');
      expect(await cache.renew(key, 'other', 60_000)).toBe(true);
    });

    it('of a key without a lease resolves, also when it is repeated', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await expect(cache.release(key, 'token')).resolves.not.toThrow();
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'token');
      await expect(cache.release(key, 'token')).resolves.not.toThrow();
    });

    it('does not affect the value of its key, also if the value is its token', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.set(key, 'token', 60_000);
      await cache.release(key, 'token');
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'token');
      await expectHit(cache, key, 'token');
    });

    it('does not affect the lease of another key', async (check) => {
      const cache = await subject.openRenewing(check);
      const [key, other] = [subject.key(), subject.key()];
      await cache.acquire(key, 'token', 60_000);
      await cache.acquire(other, 'token', 60_000);
      await cache.release(key, 'token');
      expect(await cache.acquire(other, 'other', 60_000)).toBe(false);
    });

    it('lets exactly one of 100 waiting callers acquire it', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.release(key, 'token');
      const calls = Array.from({ length: 100 }, (_, i) => cache.acquire(key, `token ${i}`, 60_000));
      const answers = await Promise.all(calls);
      expect(answers.filter(Boolean)).toEqual([true]);
    });
  });
}

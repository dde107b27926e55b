// Checks of `renew`: only the holder extends its lease.
import { describe, expect, it } from 'vitest';
import { LEASE_METHODS, type Subject } from './subject.js';
import { TTL_MS } from './time-to-live.js';

export function describeLeaseRenewal(subject: Subject): void {
  describe('the renewal of a lease', () => {
    it('extends it', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', TTL_MS);
      expect(await cache.renew(key, 'token', 60_000)).toBe(true);
      await subject.outlive(TTL_MS);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('can shorten it: it ends ttlMs from the renewal', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      expect(await cache.renew(key, 'token', 1)).toBe(true);
      await subject.outlive(1);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('may be repeated', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      for (let i = 0; i < 3; i++) expect(await cache.renew(key, 'token', 60_000)).toBe(true);
    });

    it('by another token answers false and does not extend it', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', TTL_MS);
      expect(await cache.renew(key, 'other', 60_000)).toBe(false);
      await subject.outlive(TTL_MS);
      expect(await cache.acquire(key, 'third', 60_000)).toBe(true);
    });

    it('of a key without a lease answers false and acquires nothing', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.set(key, 'token', 60_000);
      expect(await cache.renew(key, 'token', 60_000)).toBe(false);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('after its time to live answers false and acquires nothing', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 1);
      await subject.outlive(1);
      expect(await cache.renew(key, 'token', 60_000)).toBe(false);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('by a token that has lost it answers false, and the new holder keeps it', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, 'token', 1);
      await subject.outlive(1);
      await cache.acquire(key, 'other', 60_000);
      expect(await cache.renew(key, 'token', 60_000)).toBe(false);
      expect(await cache.renew(key, 'other', 60_000)).toBe(true);
    });

    it('does not affect the lease of another key', async (check) => {
      const cache = await subject.openRenewing(check);
      const [key, other] = [subject.key(), subject.key()];
      await cache.acquire(key, 'token', 60_000);
      await cache.acquire(other, 'token', TTL_MS);
      await cache.renew(key, 'token', 60_000);
      await subject.outlive(TTL_MS);
      expect(await cache.acquire(other, 'other', 60_000)).toBe(true);
    });
  });

  // Declared only for such a cache: a skipped check would look like a missing method.
  if (subject.canRenewLeases) return;
  it('without the right to renew and release leases, renew answers false and release resolves', async (check) => {
    const cache = await subject.openWith(check, ...LEASE_METHODS);
    const key = subject.key();
    await cache.acquire(key, 'token', 60_000);
    expect(await cache.renew(key, 'token', 60_000)).toBe(false);
    await expect(cache.release(key, 'token')).resolves.not.toThrow();
  });
}

// Checks of `acquire`: one holder at a time, for each key, independent of the values.
import { describe, expect, it } from 'vitest';
import { DIFFERENT, KEYS, SPECIAL_KEYS } from './keys.js';
import { describeLeaseCalls } from './lease-calls.js';
import { describeLeaseRelease } from './lease-release.js';
import { describeLeaseRenewal } from './lease-renewal.js';
import { describeLeaseTimes } from './lease-times.js';
import { expectHit, expectMiss, LEASE_METHODS, type Subject } from './subject.js';

export function describeLeases(subject: Subject): void {
  describe('leases', () => {
    it('have all of their methods, or the cache has none of them', async () => {
      const cache = await subject.open();
      const present = LEASE_METHODS.filter((method) => cache[method] !== undefined);
      expect([[], LEASE_METHODS]).toContainEqual(present);
    });
  });

  describe('a lease', () => {
    it('is acquired by exactly one of 100 callers', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      const calls = Array.from({ length: 100 }, (_, i) => cache.acquire(key, `token ${i}`, 60_000));
      const answers = await Promise.all(calls);
      expect(answers.filter(Boolean)).toEqual([true]);
      expect(answers.filter((isAcquired) => !isAcquired)).toEqual(Array.from({ length: 99 }, () => false));
    });

    it('is refused to other tokens while it is held', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      expect(await cache.acquire(key, 'token', 60_000)).toBe(true);
      for (let i = 0; i < 3; i++) expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('is refused to its own token while it is held', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      expect(await cache.acquire(key, 'token', 60_000)).toBe(true);
      expect(await cache.acquire(key, 'token', 60_000)).toBe(false);
    });

    it('is no value', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await expectMiss(cache, key);
    });

    it('does not affect the value of its key', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      expect(await cache.acquire(key, 'token', 60_000)).toBe(true);
      await expectHit(cache, key, 'value');
    });

    it('is not affected by a write of its key', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.set(key, 'value', 60_000);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
      await expectHit(cache, key, 'value');
    });

    it('is separate for each key', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const keys = Array.from({ length: 100 }, (_, i) => subject.key(String(i)));
      const answers = await Promise.all(keys.map((key) => cache.acquire(key, 'token', 60_000)));
      expect(answers).toEqual(keys.map(() => true));
    });
  });

  describe('the key of a lease may contain', () => {
    it.for(KEYS)('%s', async ([, name], check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key(name);
      expect(await cache.acquire(key, 'token', 60_000)).toBe(true);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });
  });

  describe('the keys of two leases are distinct if they differ in', () => {
    it.for(DIFFERENT)('%s', async ([, name, otherName], check) => {
      const cache = await subject.openWith(check, 'acquire');
      const common = subject.key('');
      expect(await cache.acquire(common + name, 'token', 60_000)).toBe(true);
      expect(await cache.acquire(common + otherName, 'token', 60_000)).toBe(true);
    });
  });

  describe('the token of a lease may contain or be', () => {
    it.for([...KEYS, ...SPECIAL_KEYS])('%s', async ([, token], check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      expect(await cache.acquire(key, token, 60_000)).toBe(true);
      expect(await cache.renew(key, token, 60_000)).toBe(true);
      await cache.release(key, token);
      expect(await cache.acquire(key, token, 60_000)).toBe(true);
    });
  });

  describe('two tokens are distinct if they differ in', () => {
    it.for(DIFFERENT)('%s', async ([, token, other], check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      await cache.acquire(key, token, 60_000);
      expect(await cache.renew(key, other, 60_000)).toBe(false);
      await cache.release(key, other);
      expect(await cache.renew(key, token, 60_000)).toBe(true);
    });
  });

  describeLeaseTimes(subject);
  describeLeaseRenewal(subject);
  describeLeaseRelease(subject);
  describeLeaseCalls(subject);
}

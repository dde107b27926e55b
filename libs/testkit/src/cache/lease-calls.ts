// Checks of the signals of lease calls, and of lease calls after `close`.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { answersOf, LEASE_METHODS, type Subject } from './subject.js';

export function describeLeaseCalls(subject: Subject): void {
  describe('the signal of a lease call', () => {
    it('changes nothing if it is not aborted', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      const { signal } = new AbortController();
      expect(await cache.acquire(key, 'token', 60_000, { signal })).toBe(true);
      expect(await cache.renew(key, 'token', 60_000, { signal })).toBe(true);
      await cache.release(key, 'token', { signal });
      expect(await cache.renew(key, 'token', 60_000, { signal })).toBe(false);
    });

    it('may be undefined', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      expect(await cache.acquire(key, 'token', 60_000, {})).toBe(true);
      expect(await cache.renew(key, 'token', 60_000, {})).toBe(true);
      await cache.release(key, 'token', {});
      expect(await cache.renew(key, 'token', 60_000, {})).toBe(false);
    });

    it('makes acquire reject with its reason and acquire nothing, if it is aborted', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      const reason = new Error('the caller has aborted');
      await expect(cache.acquire(key, 'token', 60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(true);
    });

    it('makes renew reject with its reason and change nothing, if it is aborted', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      const reason = new Error('the caller has aborted');
      await cache.acquire(key, 'token', 60_000);
      await expect(cache.renew(key, 'token', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await subject.outlive(1);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('makes release reject with its reason and end nothing, if it is aborted', async (check) => {
      const cache = await subject.openRenewing(check);
      const key = subject.key();
      const reason = new Error('the caller has aborted');
      await cache.acquire(key, 'token', 60_000);
      await expect(cache.release(key, 'token', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('lets acquire resolve or reject, if it is aborted during the call', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const keys = Array.from({ length: 10 }, (_, i) => subject.key(String(i)));
      const abort = new AbortController();
      const calls = keys.map(async (key) => {
        const isAcquired = await cache.acquire(key, 'token', 60_000, { signal: abort.signal });
        return { key, isAcquired };
      });
      abort.abort();
      for (const { key, isAcquired } of await answersOf(calls)) {
        expect(isAcquired).toBe(true);
        expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
      }
      expect(await cache.acquire(subject.key(), 'token', 60_000)).toBe(true);
    });

    it('does not end a lease, if it is aborted later', async (check) => {
      const cache = await subject.openWith(check, 'acquire');
      const key = subject.key();
      const abort = new AbortController();
      await cache.acquire(key, 'token', 60_000, { signal: abort.signal });
      abort.abort();
      expect(await cache.acquire(key, 'other', 60_000)).toBe(false);
    });

    it('has no listeners after the calls', async (check) => {
      const cache = await subject.openWith(check, ...LEASE_METHODS);
      const key = subject.key();
      const { signal } = new AbortController();
      for (let i = 0; i < 20; i++) {
        await cache.acquire(key, 'token', 60_000, { signal });
        await cache.renew(key, 'token', 60_000, { signal });
        await cache.release(key, 'token', { signal });
      }
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });
  });

  describe('close', () => {
    it('makes acquire reject from then on', async (check) => {
      const cache = await subject.openWith(check, 'acquire', 'close');
      await cache.close();
      await expect(cache.acquire(subject.key(), 'token', 60_000)).rejects.toThrow();
    });

    it('makes renew reject from then on', async (check) => {
      const cache = await subject.openWith(check, ...LEASE_METHODS, 'close');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.close();
      await expect(cache.renew(key, 'token', 60_000)).rejects.toThrow();
    });

    it('makes release reject from then on', async (check) => {
      const cache = await subject.openWith(check, ...LEASE_METHODS, 'close');
      const key = subject.key();
      await cache.acquire(key, 'token', 60_000);
      await cache.close();
      await expect(cache.release(key, 'token')).rejects.toThrow();
    });

    it('lets every lease call in flight resolve or reject', async (check) => {
      const cache = await subject.openWith(check, ...LEASE_METHODS, 'close');
      const key = subject.key();
      const calls = Array.from({ length: 99 }, async (_, i) => {
        if (i % 3 === 2) return await cache.release(key, `token ${i - 2}`);
        return await (i % 3 === 0
          ? cache.acquire(key, `token ${i}`, 60_000)
          : cache.renew(key, `token ${i - 1}`, 60_000));
      });
      const answers = answersOf(calls);
      await cache.close();
      for (const answer of await answers) expect([true, false, undefined]).toContain(answer);
    });
  });
}

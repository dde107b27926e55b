// Checks of the time to live: an entry expires after exactly `ttlMs`.
import { describe, expect, it } from 'vitest';
import { expectHit, expectMiss, type Subject } from './subject.js';

/** Long enough for a look-up before the end on a slow machine, in milliseconds. */
export const TTL_MS = 400;

export const REFUSED = [0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1];

export function describeTimeToLive(subject: Subject): void {
  describe('the time to live', () => {
    it('ends after ttlMs: milliseconds, not seconds', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', TTL_MS);
      await subject.outlive(TTL_MS);
      await expectMiss(cache, key);
    });

    it('does not end earlier: milliseconds, not microseconds', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      await subject.pass(subject.hasClock ? 59_999 : TTL_MS);
      await expectHit(cache, key, 'value');
    });

    it('is not rounded up to whole seconds', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 1_001);
      await subject.outlive(1_001);
      await expectMiss(cache, key);
    });

    it('is not rounded down to whole seconds', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 1_999);
      await subject.outlive(1_001);
      await expectHit(cache, key, 'value');
    });

    it('may be 1 ms', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 1);
      await subject.outlive(1);
      await expectMiss(cache, key);
    });

    it.each([
      ['longer than the longest timer', 2 ** 31],
      ['the largest whole number', Number.MAX_SAFE_INTEGER],
    ])('may be %s', async (_, ttlMs) => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', ttlMs);
      await subject.pass(subject.hasClock ? 2 ** 31 - 1 : TTL_MS);
      await expectHit(cache, key, 'value');
    });

    it('starts again with each write', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'old', TTL_MS);
      await cache.set(key, 'new', 60_000);
      await subject.outlive(TTL_MS);
      await expectHit(cache, key, 'new');
    });

    it('can be shortened by a write', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'old', 60_000);
      await cache.set(key, 'new', 1);
      await subject.outlive(1);
      await expectMiss(cache, key);
    });

    it('is not extended by a look-up', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', TTL_MS);
      await subject.pass(TTL_MS / 2);
      await cache.get(key);
      await subject.outlive(TTL_MS / 2);
      await expectMiss(cache, key);
    });

    it('is separate for each entry', async () => {
      const cache = await subject.open();
      const [short, long] = [subject.key('short'), subject.key('long')];
      await cache.set(long, 'long', 60_000);
      await cache.set(short, 'short', 1);
      await subject.outlive(1);
      await expectMiss(cache, short);
      await expectHit(cache, long, 'long');
    });

    it.each(REFUSED)('is rejected when it is %d', async (ttlMs) => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'kept', 60_000);
      let written: unknown;
      expect(() => (written = cache.set(key, 'refused', ttlMs)), 'the call itself').not.toThrow();
      await expect(written).rejects.toThrow();
      await expectHit(cache, key, 'kept');
    });
  });

  describe('an expired entry', () => {
    it('stays absent in every look-up', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 1);
      await subject.outlive(1);
      for (let i = 0; i < 3; i++) await expectMiss(cache, key);
    });

    it('can be written again', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'old', 1);
      await subject.outlive(1);
      await cache.set(key, 'new', 60_000);
      await expectHit(cache, key, 'new');
    });
  });
}

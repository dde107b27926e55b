// Checks of many concurrent calls.
import { describe, expect, it } from 'vitest';
import { expectHit, expectMiss, type Subject } from './subject.js';

export function describeConcurrency(subject: Subject): void {
  describe('concurrent calls', () => {
    it('each get their own answer: 1,000 reads and writes', async () => {
      const cache = await subject.open();
      const keys = Array.from({ length: 100 }, (_, i) => subject.key(String(i)));
      await Promise.all(keys.map((key, i) => cache.set(key, `value ${i}`, 60_000)));
      const absent = subject.key('absent');
      const calls = Array.from({ length: 1_000 }, async (_, i) => {
        const key = keys[i % 100] ?? absent;
        if (i % 10 === 0) return await cache.set(key, `value ${i % 100}`, 60_000);
        if (i % 10 === 1) return await expectMiss(cache, absent);
        return await expectHit(cache, key, `value ${i % 100}`);
      });
      await Promise.all(calls);
    });

    it('are all stored: 1,000 writes', async () => {
      const cache = await subject.open();
      const keys = Array.from({ length: 1_000 }, (_, i) => subject.key(String(i)));
      await Promise.all(keys.map((key, i) => cache.set(key, `value ${i}`, 60_000)));
      await Promise.all(keys.map((key, i) => expectHit(cache, key, `value ${i}`)));
    });

    it('that write one key leave exactly one of their values', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const values = Array.from({ length: 100 }, (_, i) => String(i).repeat(1 + i * 10));
      await Promise.all(values.map((value) => cache.set(key, value, 60_000)));
      const lookup = await cache.get(key);
      expect(values.filter((value) => lookup.status === 'hit' && lookup.value === value)).toHaveLength(1);
    });

    it('that read a key while it is written get the old or the new value', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'old', 60_000);
      const lookups = Array.from({ length: 100 }, async (_, i) => {
        if (i === 50) await cache.set(key, 'new', 60_000);
        return await cache.get(key);
      });
      for (const lookup of await Promise.all(lookups)) {
        expect([
          { status: 'hit', value: 'old' },
          { status: 'hit', value: 'new' },
        ]).toContainEqual(lookup);
      }
      await expectHit(cache, key, 'new');
    });

    it('are not affected by a refused call', async () => {
      const cache = await subject.open();
      const keys = Array.from({ length: 100 }, (_, i) => subject.key(String(i)));
      const writes = keys.map((key, i) => cache.set(key, 'value', i === 50 ? 0 : 60_000));
      const outcomes = await Promise.allSettled(writes);
      expect(outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([50]);
      await Promise.all(keys.filter((_, i) => i !== 50).map((key) => expectHit(cache, key, 'value')));
    });
  });
}

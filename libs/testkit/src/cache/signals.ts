// Checks of the signal of a call.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { expectHit, answersOf, type Subject } from './subject.js';

export function describeSignals(subject: Subject): void {
  describe('a signal', () => {
    it('that is not aborted changes nothing', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const { signal } = new AbortController();
      await cache.set(key, 'value', 60_000, { signal });
      expect(await cache.get(key, { signal })).toMatchObject({ status: 'hit', value: 'value' });
    });

    it('may be undefined', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000, {});
      expect(await cache.get(key, {})).toMatchObject({ status: 'hit', value: 'value' });
    });

    it('that is already aborted makes a look-up reject with its reason', async () => {
      const cache = await subject.open();
      const reason = new Error('the caller has aborted');
      await expect(cache.get(subject.key(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('that is already aborted makes a write reject with its reason and store nothing', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const reason = new Error('the caller has aborted');
      await cache.set(key, 'kept', 60_000);
      await expect(cache.set(key, 'late', 60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expectHit(cache, key, 'kept');
    });

    it('that is aborted during a look-up lets it resolve or reject, and the cache still works', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      const abort = new AbortController();
      const lookups = Array.from({ length: 10 }, () => cache.get(key, { signal: abort.signal }));
      abort.abort();
      for (const lookup of await answersOf(lookups)) expect(lookup).toMatchObject({ status: 'hit', value: 'value' });
      await expectHit(cache, key, 'value');
    });

    it('that is aborted during a write lets it resolve or reject, and leaves the old or the new value', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'old', 60_000);
      const abort = new AbortController();
      const write = cache.set(key, 'new', 60_000, { signal: abort.signal });
      abort.abort();
      const [wasWritten] = await answersOf([write.then(() => true)]);
      const lookup = await cache.get(key);
      const values = wasWritten ? ['new'] : ['old', 'new'];
      expect(values).toContain(lookup.status === 'hit' ? lookup.value : undefined);
    });

    it('that is aborted after a write does not undo it', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const abort = new AbortController();
      await cache.set(key, 'value', 60_000, { signal: abort.signal });
      abort.abort();
      await expectHit(cache, key, 'value');
    });

    it('has no listeners after its calls', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const { signal } = new AbortController();
      for (let i = 0; i < 20; i++) {
        await cache.set(key, 'value', 60_000, { signal });
        await cache.get(key, { signal });
      }
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });
  });
}

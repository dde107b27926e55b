// The signal of a call: aborted when nobody waits for the answer any more.
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

    it('may be left undefined', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000, {});
      expect(await cache.get(key, {})).toMatchObject({ status: 'hit', value: 'value' });
    });

    it('that is aborted already makes a look-up reject with its reason', async () => {
      const cache = await subject.open();
      const reason = new Error('nobody waits');
      await expect(cache.get(subject.key(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('that is aborted already makes a write reject with its reason, and write nothing', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const reason = new Error('nobody waits');
      await cache.set(key, 'kept', 60_000);
      await expect(cache.set(key, 'late', 60_000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expectHit(cache, key, 'kept');
    });

    it('that is aborted in flight lets a look-up end, and the cache goes on', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      const abort = new AbortController();
      const lookups = Array.from({ length: 10 }, () => cache.get(key, { signal: abort.signal }));
      abort.abort();
      for (const lookup of await answersOf(lookups)) expect(lookup).toMatchObject({ status: 'hit', value: 'value' });
      await expectHit(cache, key, 'value');
    });

    it('that is aborted in flight lets a write end, done or not done', async () => {
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

    it('that is aborted after a write is over does not undo it', async () => {
      const cache = await subject.open();
      const key = subject.key();
      const abort = new AbortController();
      await cache.set(key, 'value', 60_000, { signal: abort.signal });
      abort.abort();
      await expectHit(cache, key, 'value');
    });

    it('is let go when its calls are over', async () => {
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

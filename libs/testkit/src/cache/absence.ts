// Checks of a key that was never written.
import { describe, expect, it } from 'vitest';
import { expectMiss, type Subject } from './subject.js';

export function describeAbsence(subject: Subject): void {
  describe('a key that was never written', () => {
    it('is not found, and not expired', async () => {
      const cache = await subject.open();
      expect(await cache.get(subject.key())).toMatchObject({ status: 'not-found' });
    });

    it('stays absent when it is looked up', async () => {
      const cache = await subject.open();
      const key = subject.key();
      for (let i = 0; i < 3; i++) expect(await cache.get(key)).toMatchObject({ status: 'not-found' });
    });

    it('stays absent when a prefix of it is written', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      await expectMiss(cache, `${key}s`);
      await expectMiss(cache, key.slice(0, -1));
    });
  });
}

// Checks of repeated writes: the last write counts.
import { describe, it } from 'vitest';
import { expectHit, type Subject } from './subject.js';

export function describeOverwriting(subject: Subject): void {
  describe('a write', () => {
    it('replaces a longer or shorter value', async () => {
      const cache = await subject.open();
      const key = subject.key();
      for (const value of ['value', 'a longer value', 'short', '']) {
        await cache.set(key, value, 60_000);
        await expectHit(cache, key, value);
      }
    });

    it('of the same value again keeps it', async () => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      await cache.set(key, 'value', 60_000);
      await expectHit(cache, key, 'value');
    });

    it('does not affect other keys', async () => {
      const cache = await subject.open();
      const [key, other] = [subject.key(), subject.key()];
      await cache.set(other, 'other', 60_000);
      await cache.set(key, 'old', 60_000);
      await cache.set(key, 'new', 60_000);
      await expectHit(cache, other, 'other');
    });
  });
}

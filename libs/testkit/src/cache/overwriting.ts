// The last write is what counts.
import { describe, it } from 'vitest';
import { expectHit, type Subject } from './subject.js';

export function describeOverwriting(subject: Subject): void {
  describe('a write', () => {
    it('replaces the value that was there, longer or shorter', async () => {
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

    it('leaves other keys alone', async () => {
      const cache = await subject.open();
      const [key, other] = [subject.key(), subject.key()];
      await cache.set(other, 'other', 60_000);
      await cache.set(key, 'old', 60_000);
      await cache.set(key, 'new', 60_000);
      await expectHit(cache, other, 'other');
    });
  });
}

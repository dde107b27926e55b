// Checks of `close`: it releases everything and is final.
import { describe, expect, it } from 'vitest';
import { leftOpenBy } from '../open-resources.js';
import { expectHit, answersOf, type Subject } from './subject.js';

export function describeClose(subject: Subject): void {
  describe('close', () => {
    it('may be called on an unused cache', async (check) => {
      const cache = await subject.openWith(check, 'close');
      await expect(cache.close()).resolves.not.toThrow();
    });

    it('may be called again', async (check) => {
      const cache = await subject.openWith(check, 'close');
      await cache.close();
      await expect(cache.close()).resolves.not.toThrow();
    });

    it('may be called twice at once', async (check) => {
      const cache = await subject.openWith(check, 'close');
      expect(await Promise.all([cache.close(), cache.close()])).toHaveLength(2);
    });

    it('makes a look-up reject from then on', async (check) => {
      const cache = await subject.openWith(check, 'close');
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      await cache.close();
      await expect(cache.get(key)).rejects.toThrow();
    });

    it('makes a write reject from then on', async (check) => {
      const cache = await subject.openWith(check, 'close');
      await cache.close();
      await expect(cache.set(subject.key(), 'value', 60_000)).rejects.toThrow();
    });

    it('makes ping reject from then on', async (check) => {
      const cache = await subject.openWith(check, 'ping', 'close');
      await cache.close();
      await expect(cache.ping()).rejects.toThrow();
    });

    it('lets every call in flight resolve or reject', async (check) => {
      const cache = await subject.openWith(check, 'close');
      const key = subject.key();
      await cache.set(key, 'value', 60_000);
      const calls = Array.from(
        { length: 100 },
        async (_, i) => await (i % 2 === 0 ? cache.get(key) : cache.set(key, 'value', 60_000)),
      );
      const answers = answersOf(calls);
      await cache.close();
      for (const answer of await answers) expect([undefined, { status: 'hit', value: 'value' }]).toContainEqual(answer);
    });

    it('does not affect another open cache', async (check) => {
      const [cache, other] = [await subject.openWith(check, 'close'), await subject.open()];
      const key = subject.key();
      await other.set(key, 'value', 60_000);
      await cache.close();
      await expectHit(other, key, 'value');
    });

    it('leaves no socket, timer, process or thread open', async (check) => {
      const left = await leftOpenBy(async () => {
        const cache = await subject.openWith(check, 'close');
        await cache.set(subject.key(), 'value', 60_000);
        await cache.close();
      });
      expect(left, 'open resources').toEqual([]);
    });
  });
}

// ping, where there is one: rejects while the back end is unusable, so not here.
import { describe, expect, it } from 'vitest';
import type { Subject } from './subject.js';

export function describePing(subject: Subject): void {
  describe('ping', () => {
    it('resolves for a cache that has just been opened', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      await expect(cache.ping()).resolves.not.toThrow();
    });

    it('resolves while other calls are in flight, again and again', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      const calls = Array.from({ length: 20 }, () => [cache.get(subject.key()), cache.ping()]);
      expect(await Promise.all(calls.flat())).toHaveLength(40);
    });

    it('rejects with the reason of a signal that is aborted already', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      const reason = new Error('nobody waits');
      await expect(cache.ping({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

// Checks of `ping` with a usable back end.
import { describe, expect, it } from 'vitest';
import type { Subject } from './subject.js';

export function describePing(subject: Subject): void {
  describe('ping', () => {
    it('resolves for a new cache', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      await expect(cache.ping()).resolves.not.toThrow();
    });

    it('resolves repeatedly while other calls are in flight', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      const calls = Array.from({ length: 20 }, () => [cache.get(subject.key()), cache.ping()]);
      expect(await Promise.all(calls.flat())).toHaveLength(40);
    });

    it('rejects with the reason of an aborted signal', async (check) => {
      const cache = await subject.openWith(check, 'ping');
      const reason = new Error('the caller has aborted');
      await expect(cache.ping({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

// Caches whose leases have one fault each, and the checks of the kit that catch them.
import { setImmediate as turn } from 'node:timers/promises';
import { assertTtl, type Cache } from '@pluggable/cache/contract';
import type { CallOptions } from '@pluggable/contract';
import { clock, RightCache } from './right-cache.ts';
import { type Fault, never, withOwnError, type WrongCache } from './wrong-cache.ts';

type Acquire = NonNullable<Cache['acquire']>;

/** The methods of leases with a changed key, token or time to live. */
const changing =
  ({ key = same, token = same, ttlMs = same }: Changes): Fault =>
  (right) => ({
    acquire: async (...[k, t, ms, call]: Parameters<Acquire>) => {
      assertTtl(ms);
      return await right.acquire(key(k), token(t), ttlMs(ms), call);
    },
    renew: async (...[k, t, ms, call]: Parameters<Acquire>) => {
      assertTtl(ms);
      return await right.renew(key(k), token(t), ttlMs(ms), call);
    },
    release: (k, t, call) => right.release(key(k), token(t), call),
  });

interface Changes {
  readonly key?: (key: string) => string;
  readonly token?: (token: string) => string;
  readonly ttlMs?: (ttlMs: number) => number;
}

function same<Value>(value: Value): Value {
  return value;
}

/** The methods of leases with a step before each call. */
const before =
  (step: (call: CallOptions | undefined) => void | Promise<void>): Fault =>
  (right) => ({
    acquire: async (key, token, ttlMs, call) => {
      await step(call);
      return await right.acquire(key, token, ttlMs, call);
    },
    renew: async (key, token, ttlMs, call) => {
      await step(call);
      return await right.renew(key, token, ttlMs, call);
    },
    release: async (key, token, call) => {
      await step(call);
      await right.release(key, token, call);
    },
  });

function refuseUnusual(text: string): string {
  if (!/^[\w -]{1,250}$/.test(text) || text === '0' || text in {}) throw new Error('an unusual string');
  return text;
}

function validTtl(ttlMs: number): number {
  return Number.isSafeInteger(ttlMs) && ttlMs > 0 ? ttlMs : 1;
}

function simplified(text: string): string {
  const cut = text.replace(/\0.*/s, '').slice(0, 9_000);
  return cut
    .trim()
    .toLowerCase()
    .normalize()
    .replace(/\b0+(?=\d)/, '');
}

export const WRONG_LEASES: Readonly<Record<string, WrongCache>> = {
  'cannot release leases at all': {
    fault: () => ({}),
    without: ['release'],
    caughtBy: 'leases > have all of their methods, or the cache has none of them',
  },
  'can only renew leases': {
    fault: () => ({}),
    without: ['acquire', 'release'],
    caughtBy: 'leases > have all of their methods, or the cache has none of them',
  },
  'acquires a lease in two steps': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        call?.signal?.throwIfAborted();
        assertTtl(ttlMs);
        if (right.isClosed) throw new Error('the cache is closed');
        if (right.heldLease(key) !== undefined) return false;
        await turn();
        right.leases.set(key, { token, expiresAtMs: clock.nowMs + ttlMs });
        return true;
      },
    }),
    caughtBy: 'a lease > is acquired by exactly one of 100 callers',
  },
  'grants every lease': {
    fault: (right) => ({
      acquire: async (...args) => {
        await right.acquire(...args);
        return true;
      },
    }),
    caughtBy: 'a lease > is refused to other tokens while it is held',
  },
  'grants a lease to its holder again': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) =>
        (await right.acquire(key, token, ttlMs, call)) || right.heldLease(key)?.token === token,
    }),
    caughtBy: 'a lease > is refused to its own token while it is held',
  },
  'keeps a lease as the value of its key': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        if (isAcquired) await right.set(key, token, ttlMs);
        return isAcquired;
      },
    }),
    caughtBy: 'a lease > is no value',
  },
  'drops a value when its key gets a lease': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        if (isAcquired) right.forget(key);
        return isAcquired;
      },
    }),
    caughtBy: 'a lease > does not affect the value of its key',
  },
  'ends a lease when its value is written': {
    fault: (right) => ({
      set: async (key, ...rest) => {
        await right.set(key, ...rest);
        right.leases.delete(key);
      },
    }),
    caughtBy: 'a lease > is not affected by a write of its key',
  },
  'has one lease for all keys': {
    fault: changing({ key: () => 'key' }),
    caughtBy: 'a lease > is separate for each key',
  },
  'refuses unusual keys of leases': {
    fault: changing({ key: refuseUnusual }),
    caughtBy: 'the key of a lease may contain > control characters, including NUL',
  },
  'simplifies the keys of leases': {
    fault: changing({ key: simplified }),
    caughtBy: 'the keys of two leases are distinct if they differ in > case',
  },
  'refuses unusual tokens': {
    fault: changing({ token: refuseUnusual }),
    caughtBy: 'the token of a lease may contain or be > an empty string',
  },
  'simplifies tokens': {
    fault: changing({ token: simplified }),
    caughtBy: 'two tokens are distinct if they differ in > characters after NUL',
  },
  'counts the ttl of a lease in seconds': {
    fault: changing({ ttlMs: (ttlMs) => Math.min(ttlMs * 1000, Number.MAX_SAFE_INTEGER) }),
    caughtBy: 'the time to live of a lease > ends after ttlMs: milliseconds, not seconds',
  },
  'counts the ttl of a lease in microseconds': {
    fault: changing({ ttlMs: (ttlMs) => Math.ceil(ttlMs / 1000) }),
    caughtBy: 'the time to live of a lease > does not end earlier: milliseconds, not microseconds',
  },
  'keeps a lease for at least a second': {
    fault: changing({ ttlMs: (ttlMs) => Math.max(ttlMs, 1000) }),
    caughtBy: 'the time to live of a lease > may be 1 ms',
  },
  'ends a lease by a timer of 31 bits': {
    fault: changing({ ttlMs: (ttlMs) => (ttlMs < 2 ** 31 ? ttlMs : 1) }),
    caughtBy: 'the time to live of a lease > may be longer than the longest timer',
  },
  'extends a lease for a refused caller': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        const lease = right.heldLease(key);
        if (lease !== undefined) lease.expiresAtMs = clock.nowMs + ttlMs;
        return isAcquired;
      },
    }),
    caughtBy: 'the time to live of a lease > is not extended by a refused caller',
  },
  'has one ttl for all leases': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        for (const lease of right.leases.values()) lease.expiresAtMs = clock.nowMs + ttlMs;
        return isAcquired;
      },
    }),
    caughtBy: 'the time to live of a lease > is separate for each key',
  },
  'accepts any number as the ttl of a lease': {
    fault: (right) => ({
      acquire: (key, token, ttlMs, call) => right.acquire(key, token, validTtl(ttlMs), call),
      renew: (key, token, ttlMs, call) => right.renew(key, token, validTtl(ttlMs), call),
    }),
    caughtBy: 'the time to live of a lease > is rejected by acquire when it is 0',
  },
  'throws for a wrong ttl of a lease instead of rejecting': {
    fault: (right) => ({
      acquire: (key, token, ttlMs, call) => {
        assertTtl(ttlMs);
        return right.acquire(key, token, ttlMs, call);
      },
      renew: (key, token, ttlMs, call) => {
        assertTtl(ttlMs);
        return right.renew(key, token, ttlMs, call);
      },
    }),
    caughtBy: 'the time to live of a lease > is rejected by renew when it is 0',
  },
  'acquires a lease before it looks at the ttl': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, 60_000, call);
        assertTtl(ttlMs);
        return isAcquired;
      },
    }),
    caughtBy: 'the time to live of a lease > is rejected by acquire when it is 0',
  },
  'answers a renewal and does nothing': {
    fault: (right) => ({ renew: async (key, token) => right.heldLease(key)?.token === token }),
    caughtBy: 'the renewal of a lease > extends it',
  },
  'only prolongs leases': {
    fault: (right) => ({
      renew: async (key, token, ttlMs, call) => {
        assertTtl(ttlMs);
        const leftMs = (right.heldLease(key)?.expiresAtMs ?? 0) - clock.nowMs;
        return await right.renew(key, token, Math.max(leftMs, ttlMs), call);
      },
    }),
    caughtBy: 'the renewal of a lease > can shorten it: it ends ttlMs from the renewal',
  },
  'renews a lease once': {
    fault: (right) => {
      const renewed = new Set<unknown>();
      return {
        renew: async (key, ...rest) => {
          const lease = right.heldLease(key);
          const isRenewed = !renewed.has(lease) && (await right.renew(key, ...rest));
          if (isRenewed) renewed.add(lease);
          return isRenewed;
        },
      };
    },
    caughtBy: 'the renewal of a lease > may be repeated',
  },
  'renews a lease for any token': {
    fault: (right) => ({
      renew: (key, token, ...rest) => right.renew(key, right.heldLease(key)?.token ?? token, ...rest),
    }),
    caughtBy: 'the renewal of a lease > by another token answers false and does not extend it',
  },
  'extends a lease for any token, and answers false': {
    fault: (right) => ({
      renew: async (key, token, ttlMs, call) => {
        const holder = right.heldLease(key)?.token;
        return (await right.renew(key, holder ?? token, ttlMs, call)) && holder === token;
      },
    }),
    caughtBy: 'the renewal of a lease > by another token answers false and does not extend it',
  },
  'acquires a lease by a renewal': {
    fault: (right) => ({
      renew: async (...args) => (await right.renew(...args)) || (await right.acquire(...args)),
    }),
    caughtBy: 'the renewal of a lease > of a key without a lease answers false and acquires nothing',
  },
  'renews an expired lease': {
    fault: (right) => ({
      renew: async (key, token, ttlMs, call) => {
        const lease = right.leases.get(key);
        if (lease?.token === token) lease.expiresAtMs = Math.max(lease.expiresAtMs, clock.nowMs + 1);
        return await right.renew(key, token, ttlMs, call);
      },
    }),
    caughtBy: 'the renewal of a lease > after its time to live answers false and acquires nothing',
  },
  'takes a lease back by a renewal': {
    fault: (right) => {
      const lost = new Set<string>();
      return {
        acquire: (key, token, ...rest) => {
          lost.add(JSON.stringify([key, token]));
          return right.acquire(key, token, ...rest);
        },
        renew: async (key, token, ttlMs, call) => {
          if (!lost.has(JSON.stringify([key, token]))) return await right.renew(key, token, ttlMs, call);
          right.leases.delete(key);
          return await right.acquire(key, token, ttlMs, call);
        },
      };
    },
    caughtBy: 'the renewal of a lease > by a token that has lost it answers false, and the new holder keeps it',
  },
  'renews all leases of a token': {
    fault: (right) => ({
      renew: async (key, token, ttlMs, call) => {
        const isRenewed = await right.renew(key, token, ttlMs, call);
        for (const other of right.leases.keys()) if (isRenewed) await right.renew(other, token, ttlMs);
        return isRenewed;
      },
    }),
    caughtBy: 'the renewal of a lease > does not affect the lease of another key',
  },
  'rejects a renewal that its back end forbids': {
    fault: () => ({ renew: () => Promise.reject(new Error('no permission')), release: async () => {} }),
    canRenewLeases: false,
    caughtBy: 'without the right to renew and release leases, renew answers false and release resolves',
  },
  'rejects a release that its back end forbids': {
    fault: () => ({ renew: async () => false, release: () => Promise.reject(new Error('no permission')) }),
    canRenewLeases: false,
    caughtBy: 'without the right to renew and release leases, renew answers false and release resolves',
  },
  'releases no lease': {
    fault: () => ({ release: async () => {} }),
    caughtBy: 'the release of a lease > lets another token acquire it at once',
  },
  'releases a lease for other tokens only': {
    fault: (right) => {
      const released = new Set<string>();
      return {
        acquire: async (key, token, ttlMs, call) =>
          !released.has(JSON.stringify([key, token])) && (await right.acquire(key, token, ttlMs, call)),
        release: async (key, token, call) => {
          await right.release(key, token, call);
          released.add(JSON.stringify([key, token]));
        },
      };
    },
    caughtBy: 'the release of a lease > lets its own token acquire it again',
  },
  'renews a released lease': {
    fault: (right) => {
      const released = new Set<string>();
      return {
        release: async (key, token, call) => {
          await right.release(key, token, call);
          released.add(JSON.stringify([key, token]));
        },
        renew: async (key, token, ttlMs, call) =>
          (await right.renew(key, token, ttlMs, call)) || released.has(JSON.stringify([key, token])),
      };
    },
    caughtBy: 'the release of a lease > makes a renewal answer false',
  },
  'releases a lease for any token': {
    fault: (right) => ({
      release: async (key, token, call) => await right.release(key, right.heldLease(key)?.token ?? token, call),
    }),
    caughtBy: 'the release of a lease > by a token that has lost it has no effect',
  },
  'rejects a release without a lease': {
    fault: (right) => ({
      release: async (key, token, call) => {
        call?.signal?.throwIfAborted();
        if (right.heldLease(key) === undefined) throw new Error('no lease');
        await right.release(key, token, call);
      },
    }),
    caughtBy: 'the release of a lease > of a key without a lease resolves, also when it is repeated',
  },
  'releases the value, too': {
    fault: (right) => ({
      release: async (key, token, call) => {
        await right.release(key, token, call);
        const lookup = await right.get(key);
        if (lookup.status === 'hit' && lookup.value === token) right.forget(key);
      },
    }),
    caughtBy: 'the release of a lease > does not affect the value of its key, also if the value is its token',
  },
  'releases all leases of a token': {
    fault: (right) => ({
      release: async (key, token, call) => {
        await right.release(key, token, call);
        for (const [other, lease] of right.leases) if (lease.token === token) right.leases.delete(other);
      },
    }),
    caughtBy: 'the release of a lease > does not affect the lease of another key',
  },
  'ignores the signal of lease calls': {
    fault: (right) => ({
      acquire: (key, token, ttlMs) => right.acquire(key, token, ttlMs),
      renew: (key, token, ttlMs) => right.renew(key, token, ttlMs),
      release: (key, token) => right.release(key, token),
    }),
    caughtBy: 'the signal of a lease call > makes acquire reject with its reason and acquire nothing, if it is aborted',
  },
  'looks at the signal after lease calls': {
    fault: (right) => ({
      acquire: (key, token, ttlMs, call) => signalLast(call, () => right.acquire(key, token, ttlMs)),
      renew: (key, token, ttlMs, call) => signalLast(call, () => right.renew(key, token, ttlMs)),
      release: (key, token, call) => signalLast(call, () => right.release(key, token)),
    }),
    caughtBy: 'the signal of a lease call > makes release reject with its reason and end nothing, if it is aborted',
  },
  'rejects aborted lease calls with an error of its own': {
    fault: (right) => ({
      acquire: (key, token, ttlMs, call) => withOwnError(call, () => right.acquire(key, token, ttlMs)),
      renew: (key, token, ttlMs, call) => withOwnError(call, () => right.renew(key, token, ttlMs)),
      release: (key, token, call) => withOwnError(call, () => right.release(key, token)),
    }),
    caughtBy: 'the signal of a lease call > makes renew reject with its reason and change nothing, if it is aborted',
  },
  'refuses lease calls with a signal': {
    fault: before((call) => {
      if (call?.signal?.aborted === false) throw new TypeError('a signal');
    }),
    caughtBy: 'the signal of a lease call > changes nothing if it is not aborted',
  },
  'needs a signal when a lease call has options': {
    fault: before((call) => {
      if (call !== undefined && call.signal === undefined) throw new TypeError('no signal');
    }),
    caughtBy: 'the signal of a lease call > may be undefined',
  },
  'never ends an aborted acquire': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        return call?.signal?.aborted === true ? never() : isAcquired;
      },
    }),
    caughtBy: 'the signal of a lease call > lets acquire resolve or reject, if it is aborted during the call',
  },
  'ends a lease when its signal is aborted later': {
    fault: (right) => ({
      acquire: async (key, token, ttlMs, call) => {
        const isAcquired = await right.acquire(key, token, ttlMs, call);
        call?.signal?.addEventListener('abort', () => right.leases.delete(key));
        return isAcquired;
      },
    }),
    caughtBy: 'the signal of a lease call > does not end a lease, if it is aborted later',
  },
  'holds on to the signals of lease calls': {
    fault: before((call) => call?.signal?.addEventListener('abort', () => {})),
    caughtBy: 'the signal of a lease call > has no listeners after the calls',
  },
  'has leases after close': {
    fault: () => {
      const open = new RightCache();
      return {
        acquire: (...args) => open.acquire(...args),
        renew: (...args) => open.renew(...args),
        release: (...args) => open.release(...args),
      };
    },
    caughtBy: 'close > makes acquire reject from then on',
  },
  'never ends the lease calls that are in flight when it is closed': {
    fault: (right) => ({
      acquire: async (...args) => {
        const isAcquired = await right.acquire(...args);
        return right.isClosed ? never() : isAcquired;
      },
    }),
    caughtBy: 'close > lets every lease call in flight resolve or reject',
  },
};

async function signalLast<Answer>(options: CallOptions | undefined, work: () => Promise<Answer>): Promise<Answer> {
  const answer = await work();
  options?.signal?.throwIfAborted();
  return answer;
}

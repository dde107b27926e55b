// Caches with one fault each, and the checks of the kit that catch them.
import { setImmediate as turn } from 'node:timers/promises';
import { assertTtl, type Cache } from '@pluggable/cache/contract';
import { clock } from './right-cache.ts';
import { type Fault, never, withOwnError, type WrongCache } from './wrong-cache.ts';
import { WRONG_LEASES } from './wrong-leases.ts';

type Set = Cache['set'];

const miss = async () => ({ status: 'not-found' }) as const;

const withKeys =
  (change: (key: string) => string): Fault =>
  (right) => ({
    get: (key, call) => right.get(change(key), call),
    set: (key, ...rest) => right.set(change(key), ...rest),
  });

const withValues =
  (change: (value: string) => string): Fault =>
  (right) => ({ set: (key, value, ...rest) => right.set(key, change(value), ...rest) });

const withTtl =
  (change: (ttlMs: number) => number): Fault =>
  (right) => ({
    set: async (key, value, ttlMs, call) => {
      assertTtl(ttlMs);
      await right.set(key, value, change(ttlMs), call);
    },
  });

/** Values that a look-up does not find. */
const without =
  (isLost: (value: string) => boolean): Fault =>
  (right) => ({
    get: async (key, call) => {
      const lookup = await right.get(key, call);
      return lookup.status === 'hit' && isLost(lookup.value) ? miss() : lookup;
    },
  });

const numbers = (change: (value: number) => number) => (value: string) =>
  /^\d+$/.test(value) ? String(change(Number(value))) : value;

function reparsed(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return value;
  }
}

const ended: Cache[] = [];

export const WRONG_CACHES: Readonly<Record<string, WrongCache>> = {
  ...WRONG_LEASES,
  'treats an empty value as none': {
    fault: without((value) => value === ''),
    caughtBy: 'a value is returned unchanged > an empty string, which is a hit',
  },
  'takes "0" for none': {
    fault: without((value) => value === '0'),
    caughtBy: 'a value is returned unchanged > "0", which is a hit',
  },
  'converts words to values': {
    fault: without((value) => ['false', 'null', 'undefined'].includes(value)),
    caughtBy: 'a value is returned unchanged > "false"',
  },
  'keeps numbers as numbers': {
    fault: withValues(numbers((value) => value)),
    caughtBy: 'a value is returned unchanged > digits with leading zeros',
  },
  'keeps numbers in 30 bits': {
    fault: withValues(numbers((value) => Math.min(value, 2 ** 30))),
    caughtBy: 'a value is returned unchanged > a number in digits',
  },
  'parses values as JSON': {
    fault: withValues(reparsed),
    caughtBy: 'a value is returned unchanged > text like JSON',
  },
  'trims values': {
    fault: withValues((value) => value.trim()),
    caughtBy: 'a value is returned unchanged > blanks at both ends',
  },
  'changes line ends': {
    fault: withValues((value) => value.replaceAll('\r\n', '\n')),
    caughtBy: 'a value is returned unchanged > line ends and text like a protocol',
  },
  'cuts values at NUL': {
    fault: withValues((value) => value.replace(/\0.*/s, '')),
    caughtBy: 'a value is returned unchanged > every ASCII character, including NUL',
  },
  'keeps values in Latin-1': {
    fault: withValues((value) => Buffer.from(value, 'latin1').toString('latin1')),
    caughtBy: 'a value is returned unchanged > unicode: accents, CJK, emoji, the last code point',
  },
  'keeps 64 kB of a value': {
    fault: withValues((value) => value.slice(0, 65_536)),
    caughtBy: 'a value is returned unchanged > 1 MB',
  },
  'has the rules of memcached for keys': {
    fault: withKeys((key) => {
      if (!/^[\w -]{0,250}$/.test(key)) throw new Error('invalid key');
      return key;
    }),
    caughtBy: 'a key may contain or be > blanks, slashes, colons, quotes',
  },
  'treats an empty or zero key as none': {
    fault: (right) => ({ get: (key, call) => (Number(key) === 0 ? miss() : right.get(key, call)) }),
    caughtBy: 'a key may contain or be > an empty string',
  },
  'finds no key with the name of an inherited property': {
    fault: (right) => ({ get: (key, call) => (key in {} ? miss() : right.get(key, call)) }),
    caughtBy: 'a key may contain or be > "__proto__"',
  },
  'folds the case of keys': {
    fault: withKeys((key) => key.toLowerCase()),
    caughtBy: 'two keys are distinct if they differ in > case',
  },
  'trims keys': {
    fault: withKeys((key) => key.trim()),
    caughtBy: 'two keys are distinct if they differ in > a blank at the end',
  },
  'cuts keys at NUL': {
    fault: withKeys((key) => key.replace(/\0.*/s, '')),
    caughtBy: 'two keys are distinct if they differ in > characters after NUL',
  },
  'normalizes keys': {
    fault: withKeys((key) => key.normalize()),
    caughtBy: 'two keys are distinct if they differ in > the form of an accent',
  },
  'reads numbers in keys': {
    fault: withKeys((key) => key.replace(/ 0+(?=\d)/, ' ')),
    caughtBy: 'two keys are distinct if they differ in > leading zeros',
  },
  'keeps 250 characters of a key': {
    fault: withKeys((key) => key.slice(0, 250)),
    caughtBy: 'two keys are distinct if they differ in > the last of 10,000 characters',
  },
  'calls an absent key expired': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        return lookup.status === 'hit' ? lookup : { status: 'expired' };
      },
    }),
    caughtBy: 'a key that was never written > is not found, and not expired',
  },
  'creates a key on a look-up': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        if (lookup.status === 'not-found') await right.set(key, '', 60_000, call);
        return lookup;
      },
    }),
    caughtBy: 'a key that was never written > stays absent when it is looked up',
  },
  'finds a key by its beginning': {
    fault: (right) => ({
      get: (key, call) => right.get(right.keys().find((other) => other.startsWith(key)) ?? key, call),
    }),
    caughtBy: 'a key that was never written > stays absent when a prefix of it is written',
  },
  'keeps the first value': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        assertTtl(ttlMs);
        call?.signal?.throwIfAborted();
        if ((await right.get(key)).status !== 'hit') await right.set(key, value, ttlMs, call);
      },
    }),
    caughtBy: 'a write > replaces a longer or shorter value',
  },
  'forgets a key whose value is written again': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        const lookup = await right.get(key, call);
        await right.set(key, value, ttlMs, call);
        if (lookup.status === 'hit' && lookup.value === value) right.forget(key);
      },
    }),
    caughtBy: 'a write > of the same value again keeps it',
  },
  'holds one entry': {
    fault: (right) => ({
      set: async (key, ...rest) => {
        await right.set(key, ...rest);
        for (const other of right.keys()) if (other !== key) right.forget(other);
      },
    }),
    caughtBy: 'a write > does not affect other keys',
  },
  'treats milliseconds as seconds': {
    fault: withTtl((ttlMs) => ttlMs * 1000),
    caughtBy: 'the time to live > ends after ttlMs: milliseconds, not seconds',
  },
  'treats milliseconds as microseconds': {
    fault: withTtl((ttlMs) => Math.ceil(ttlMs / 1000)),
    caughtBy: 'the time to live > does not end earlier: milliseconds, not microseconds',
  },
  'rounds the ttl up to seconds': {
    fault: withTtl((ttlMs) => Math.ceil(ttlMs / 1000) * 1000),
    caughtBy: 'the time to live > is not rounded up to whole seconds',
  },
  'rounds the ttl down to seconds': {
    fault: withTtl((ttlMs) => Math.max(1, Math.floor(ttlMs / 1000) * 1000)),
    caughtBy: 'the time to live > is not rounded down to whole seconds',
  },
  'expires by a timer': {
    fault: withTtl((ttlMs) => (ttlMs < 2 ** 31 ? ttlMs : 1)),
    caughtBy: 'the time to live > may be longer than the longest timer',
  },
  'counts the ttl in nanoseconds of 64 bits': {
    fault: withTtl((ttlMs) => (ttlMs * 1e6 < 2 ** 63 ? ttlMs : 1)),
    caughtBy: 'the time to live > may be the largest whole number',
  },
  'keeps the first ttl': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        const leftMs = right.leftMs(key);
        await right.set(key, value, leftMs > 0 && ttlMs >= 1 ? leftMs : ttlMs, call);
      },
    }),
    caughtBy: 'the time to live > starts again with each write',
  },
  'keeps the longer ttl': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        assertTtl(ttlMs);
        await right.set(key, value, Math.max(right.leftMs(key), ttlMs), call);
      },
    }),
    caughtBy: 'the time to live > can be shortened by a write',
  },
  'prolongs an entry on a look-up': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        if (lookup.status === 'hit') await right.set(key, lookup.value, 400);
        return lookup;
      },
    }),
    caughtBy: 'the time to live > is not extended by a look-up',
  },
  'has one ttl for all entries': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        await right.set(key, value, ttlMs, call);
        for (const other of right.keys()) right.expireAt(other, clock.nowMs + ttlMs);
      },
    }),
    caughtBy: 'the time to live > is separate for each entry',
  },
  'serves an entry that it has reported as expired': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        if (lookup.status === 'expired') right.expireAt(key, Number.POSITIVE_INFINITY);
        return lookup;
      },
    }),
    caughtBy: 'an expired entry > stays absent in every look-up',
  },
  'never writes an expired key again': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        if ((await right.get(key)).status !== 'expired') await right.set(key, value, ttlMs, call);
      },
    }),
    caughtBy: 'an expired entry > can be written again',
  },
  'accepts any number as a ttl': {
    fault: (right) => ({
      set: (key, value, ttlMs, call) =>
        right.set(key, value, Number.isSafeInteger(ttlMs) && ttlMs > 0 ? ttlMs : 1, call),
    }),
    caughtBy: 'the time to live > is rejected when it is 0',
  },
  'throws for a wrong ttl instead of rejecting': {
    fault: (right) => ({
      set: (key, value, ttlMs, call) => {
        assertTtl(ttlMs);
        return right.set(key, value, ttlMs, call);
      },
    }),
    caughtBy: 'the time to live > is rejected when it is 0',
  },
  'mixes up look-ups at the same time': {
    fault: (right) => {
      let asked = '';
      return {
        get: async (key, call) => {
          asked = key;
          call?.signal?.throwIfAborted();
          await turn();
          return right.get(asked, call);
        },
      };
    },
    caughtBy: 'concurrent calls > each get their own answer: 1,000 reads and writes',
  },
  'loses writes at the same time': {
    fault: (right) => {
      let isWriting = false;
      return {
        set: async (...args: Parameters<Set>) => {
          if (isWriting) {
            assertTtl(args[2]);
            return;
          }
          isWriting = true;
          await right.set(...args).finally(() => (isWriting = false));
        },
      };
    },
    caughtBy: 'concurrent calls > each get their own answer: 1,000 reads and writes',
  },
  'tears values that are written at the same time': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        await right.set(key, value, ttlMs, call);
        for (let i = 0; i < Math.min(3, value.length); i++) await turn();
        const lookup = await right.get(key);
        if (lookup.status !== 'hit' || lookup.value === value) return;
        await right.set(key, value + lookup.value, ttlMs, call);
      },
    }),
    caughtBy: 'concurrent calls > that write one key leave exactly one of their values',
  },
  'is empty while it is written': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        assertTtl(ttlMs);
        call?.signal?.throwIfAborted();
        right.forget(key);
        await turn();
        await right.set(key, value, ttlMs, call);
      },
    }),
    caughtBy: 'concurrent calls > that read a key while it is written get the old or the new value',
  },
  'fails all writes when one is refused': {
    fault: (right) => {
      let hasRefused = false;
      return {
        set: async (key, value, ttlMs, call) => {
          hasRefused ||= !(ttlMs >= 1);
          await turn();
          if (hasRefused) throw new Error('refused');
          await right.set(key, value, ttlMs, call);
        },
      };
    },
    caughtBy: 'concurrent calls > are not affected by a refused call',
  },
  'ignores the signal': {
    fault: (right) => ({
      get: (key) => right.get(key),
      set: (key, value, ttlMs) => right.set(key, value, ttlMs),
      ping: () => right.ping(),
    }),
    caughtBy: 'a signal > that is already aborted makes a look-up reject with its reason',
  },
  'needs a signal when it gets call options': {
    fault: (right) => ({
      get: async (key, call) => {
        if (call !== undefined && call.signal === undefined) throw new TypeError('no signal');
        return right.get(key, call);
      },
    }),
    caughtBy: 'a signal > may be undefined',
  },
  'refuses calls with a signal': {
    fault: (right) => ({
      get: async (key, call) => {
        if (call?.signal?.aborted === false) throw new TypeError('a signal');
        return right.get(key, call);
      },
    }),
    caughtBy: 'a signal > that is not aborted changes nothing',
  },
  'rejects with an error of its own when it is aborted': {
    fault: (right) => ({
      get: (key, call) => withOwnError(call, () => right.get(key)),
      set: (key, value, ttlMs, call) => withOwnError(call, () => right.set(key, value, ttlMs)),
      ping: (call) => withOwnError(call, () => right.ping()),
    }),
    caughtBy: 'a signal > that is already aborted makes a look-up reject with its reason',
  },
  'writes before it looks at the signal': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        await right.set(key, value, ttlMs);
        call?.signal?.throwIfAborted();
      },
    }),
    caughtBy: 'a signal > that is already aborted makes a write reject with its reason and store nothing',
  },
  'never ends an aborted call': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        return call?.signal?.aborted === true ? never() : lookup;
      },
      set: async (key, value, ttlMs, call) => {
        await right.set(key, value, ttlMs, call);
        if (call?.signal?.aborted === true) await never();
      },
    }),
    caughtBy: 'a signal > that is aborted during a look-up lets it resolve or reject, and the cache still works',
  },
  'undoes a write when its signal is aborted later': {
    fault: (right) => ({
      set: async (key, value, ttlMs, call) => {
        await right.set(key, value, ttlMs, call);
        call?.signal?.addEventListener('abort', () => right.forget(key));
      },
    }),
    caughtBy: 'a signal > that is aborted after a write does not undo it',
  },
  'holds on to signals': {
    fault: (right) => ({
      get: (key, call) => {
        call?.signal?.addEventListener('abort', () => {});
        return right.get(key, call);
      },
    }),
    caughtBy: 'a signal > has no listeners after its calls',
  },
  'has a ping that always rejects': {
    fault: () => ({ ping: () => Promise.reject(new Error('unusable')) }),
    caughtBy: 'ping > resolves for a new cache',
  },
  'has a ping that rejects while it is busy': {
    fault: (right) => {
      let busy = 0;
      return {
        get: (key, call) => {
          busy++;
          return right.get(key, call).finally(() => busy--);
        },
        ping: async (call) => {
          if (busy > 1) throw new Error('busy');
          await right.ping(call);
        },
      };
    },
    caughtBy: 'ping > resolves repeatedly while other calls are in flight',
  },
  'cannot be closed before it was used': {
    fault: (right) => ({
      close: async () => {
        if (!right.isUsed) throw new Error('not connected');
        await right.close();
      },
    }),
    caughtBy: 'close > may be called on an unused cache',
  },
  'cannot be closed again': {
    fault: (right) => ({
      close: async () => {
        if (right.isClosed) throw new Error('closed already');
        await right.close();
      },
    }),
    caughtBy: 'close > may be called again',
  },
  'continues after close': {
    fault: () => ({ close: async () => {} }),
    caughtBy: 'close > makes a look-up reject from then on',
  },
  'never ends the calls that are in flight when it is closed': {
    fault: (right) => ({
      get: async (key, call) => {
        const lookup = await right.get(key, call);
        return right.isClosed ? never() : lookup;
      },
    }),
    caughtBy: 'close > lets every call in flight resolve or reject',
  },
  'closes all caches with one': {
    fault: (right) => {
      ended.push(right);
      return {
        close: async () => void (await Promise.all(ended.splice(0).map(async (cache) => await cache.close?.()))),
      };
    },
    caughtBy: 'close > does not affect another open cache',
  },
  'leaves a timer behind': {
    fault: () => {
      setInterval(() => {}, 60_000);
      return {};
    },
    caughtBy: 'close > leaves no socket, timer, process or thread open',
  },
};

// The memory cache: contents, expiration and eviction, with a fake clock.
import type { Cache } from '@pluggable/cache/contract';
import type { PluginLogger } from '@pluggable/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Factory } from './index.js';

const NOT_FOUND = { status: 'not-found' };
const EXPIRED = { status: 'expired' };
const hit = (value: string) => ({ status: 'hit', value });

async function open({ maxEntries = 100, maxBytes = 1_000_000 } = {}) {
  const lines: [message: string, fields?: Record<string, unknown>][] = [];
  const at = (...line: [string, Record<string, unknown>?]) => void lines.push(line);
  const log: PluginLogger = { debug: at, info: at, warn: at, error: at };
  const cache: Cache = await Factory(log, {
    config: { MEMORY_MAX_ENTRIES: maxEntries, MEMORY_MAX_BYTES: maxBytes },
    callTimeoutMs: 100,
    signal: new AbortController().signal,
  });
  return { cache, lines };
}

/** The number of timers that keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((resource) => /Timeout|Immediate/.test(resource)).length;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a value', () => {
  it.each(['0', '', 'false', 'null', '1134903170', 'Zürich 💾 \0 \u{10FFFF}', 'x'.repeat(100_000)])(
    'comes back as it was written: %j',
    async (value) => {
      const { cache } = await open();
      await cache.set('key', value, 1000);
      await expect(cache.get('key')).resolves.toEqual(hit(value));
    },
  );

  it.each(['', '__proto__', 'constructor', 'fib(45)', '💾'])('is found under the key "%s" only', async (key) => {
    const { cache } = await open();
    await expect(cache.get(key)).resolves.toEqual(NOT_FOUND);
    await cache.set(key, 'value', 1000);
    await expect(cache.get(key)).resolves.toEqual(hit('value'));
    await expect(cache.get(`${key}?`)).resolves.toEqual(NOT_FOUND);
  });

  it('is replaced by the next one for its key', async () => {
    const { cache } = await open();
    await cache.set('key', 'old', 1000);
    await cache.set('key', 'new', 1000);
    await expect(cache.get('key')).resolves.toEqual(hit('new'));
  });

  it('belongs to one instance', async () => {
    const [one, other] = [await open(), await open()];
    await one.cache.set('key', 'value', 1000);
    await expect(other.cache.get('key')).resolves.toEqual(NOT_FOUND);
  });
});

describe('the time to live', () => {
  it('ends exactly after ttlMs', async () => {
    const { cache } = await open();
    await cache.set('key', 'value', 1000);
    vi.advanceTimersByTime(999);
    await expect(cache.get('key')).resolves.toEqual(hit('value'));
    vi.advanceTimersByTime(1);
    await expect(cache.get('key')).resolves.toEqual(EXPIRED);
  });

  it('reports an expired key once as expired, then as absent', async () => {
    const { cache } = await open();
    await cache.set('key', 'value', 1);
    vi.advanceTimersByTime(10_000);
    await expect(cache.get('other')).resolves.toEqual(NOT_FOUND);
    await expect(cache.get('key')).resolves.toEqual(EXPIRED);
    await expect(cache.get('key')).resolves.toEqual(NOT_FOUND);
  });

  it('starts again with each write, not with a look-up', async () => {
    const { cache } = await open();
    await cache.set('key', 'old', 1000);
    vi.advanceTimersByTime(900);
    await cache.set('key', 'new', 1000);
    vi.advanceTimersByTime(900);
    await expect(cache.get('key')).resolves.toEqual(hit('new'));
    vi.advanceTimersByTime(100);
    await expect(cache.get('key')).resolves.toEqual(EXPIRED);
  });

  it('can be shortened by a write', async () => {
    const { cache } = await open();
    await cache.set('key', 'old', 1000);
    await cache.set('key', 'new', 10);
    vi.advanceTimersByTime(10);
    await expect(cache.get('key')).resolves.toEqual(EXPIRED);
  });

  it('is separate for each key, and may exceed the limit of a timer', async () => {
    const { cache } = await open();
    await cache.set('short', '1', 1);
    await cache.set('long', '2', 2 ** 40);
    vi.advanceTimersByTime(2 ** 40 - 1);
    await expect(cache.get('short')).resolves.toEqual(EXPIRED);
    await expect(cache.get('long')).resolves.toEqual(hit('2'));
  });

  it.each([0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY])(
    'is refused when it is %d, and nothing is kept',
    async (ttlMs) => {
      const { cache } = await open();
      await expect(cache.set('key', 'value', ttlMs)).rejects.toThrow(
        new RangeError(`ttlMs is ${ttlMs}; wanted a whole number of milliseconds, at least 1`),
      );
      await expect(cache.get('key')).resolves.toEqual(NOT_FOUND);
    },
  );

  it('needs no timer', async () => {
    vi.useRealTimers();
    const before = timers();
    const { cache } = await open();
    await cache.set('key', 'value', 1000);
    await cache.get('key');
    expect(timers()).toBe(before);
  });
});

describe('the bound on entries', () => {
  it('drops the least recently used entry, and a look-up is a use', async () => {
    const { cache } = await open({ maxEntries: 2 });
    await cache.set('a', '1', 1000);
    await cache.set('b', '2', 1000);
    await cache.get('a');
    await cache.set('c', '3', 1000);
    await expect(cache.get('a')).resolves.toEqual(hit('1'));
    await expect(cache.get('b')).resolves.toEqual(NOT_FOUND);
    await expect(cache.get('c')).resolves.toEqual(hit('3'));
  });

  it('counts a replaced entry once', async () => {
    const { cache } = await open({ maxEntries: 2 });
    await cache.set('a', '1', 1000);
    for (const value of ['2', '3', '4']) await cache.set('b', value, 1000);
    await expect(cache.get('a')).resolves.toEqual(hit('1'));
    await expect(cache.get('b')).resolves.toEqual(hit('4'));
  });

  it('may be 1', async () => {
    const { cache } = await open({ maxEntries: 1 });
    await cache.set('a', '1', 1000);
    await cache.set('b', '2', 1000);
    await expect(cache.get('a')).resolves.toEqual(NOT_FOUND);
    await expect(cache.get('b')).resolves.toEqual(hit('2'));
  });
});

describe('the bound on bytes', () => {
  it('counts keys and values, to the byte', async () => {
    const { cache } = await open({ maxBytes: 10 });
    await cache.set('a', '1234', 1000);
    await cache.set('b', '1234', 1000);
    await expect(cache.get('a')).resolves.toEqual(hit('1234'));
    await expect(cache.get('b')).resolves.toEqual(hit('1234'));
    await cache.set('c', '', 1000);
    await expect(cache.get('a')).resolves.toEqual(NOT_FOUND);
    await expect(cache.get('b')).resolves.toEqual(hit('1234'));
    await expect(cache.get('c')).resolves.toEqual(hit(''));
  });

  it('counts UTF-8, not characters', async () => {
    const { cache } = await open({ maxBytes: 5 });
    await cache.set('k', '💾', 1000);
    await expect(cache.get('k')).resolves.toEqual(hit('💾'));
    await cache.set('k', 'ü💾', 1000);
    await expect(cache.get('k')).resolves.toEqual(NOT_FOUND);
  });

  it('accepts an empty value under an empty key', async () => {
    const { cache } = await open({ maxBytes: 1 });
    await cache.set('', '', 1000);
    await expect(cache.get('')).resolves.toEqual(hit(''));
  });

  it('rejects a value that is larger than the bound, and keeps the other entries', async () => {
    const { cache } = await open({ maxBytes: 10 });
    await cache.set('a', '1', 1000);
    await expect(cache.set('b', 'x'.repeat(10), 1000)).resolves.toBeUndefined();
    await expect(cache.get('b')).resolves.toEqual(NOT_FOUND);
    await expect(cache.get('a')).resolves.toEqual(hit('1'));
  });

  it('drops the old value of a key when the new value is too large', async () => {
    const { cache } = await open({ maxBytes: 10 });
    await cache.set('key', 'old', 1000);
    await cache.set('key', 'x'.repeat(10), 1000);
    await expect(cache.get('key')).resolves.toEqual(NOT_FOUND);
    await cache.set('key', 'again', 1000);
    await expect(cache.get('key')).resolves.toEqual(hit('again'));
  });
});

describe('close', () => {
  it('may be called twice, and refuses every call after it', async () => {
    const { cache } = await open();
    await cache.set('key', 'value', 1000);
    await cache.close?.();
    await expect(cache.close?.()).resolves.toBeUndefined();
    await expect(cache.get('key')).rejects.toThrow('the cache is closed');
    await expect(cache.set('key', 'value', 1000)).rejects.toThrow('the cache is closed');
  });
});

describe('the log', () => {
  it('has the messages of the original, and no value', async () => {
    const { cache, lines } = await open({ maxEntries: 5, maxBytes: 500 });
    await cache.get('key');
    await cache.set('key', 'private', 1000);
    await cache.get('key');
    vi.advanceTimersByTime(1000);
    await cache.get('key');
    expect(lines).toEqual([
      ['loaded', { maxEntries: 5, maxBytes: 500 }],
      ['get', { key: 'key' }],
      ['key not found', { key: 'key' }],
      ['set', { key: 'key', ttlMs: 1000 }],
      ['get', { key: 'key' }],
      ['key found', { key: 'key' }],
      ['get', { key: 'key' }],
      ['key expired', { key: 'key' }],
    ]);
  });
});

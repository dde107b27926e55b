// The fail-open cache: misses, dropped writes and the log of outages.
import type { CallOptions } from '@pluggable/contract';
import type { Cache, CacheLookup } from './contract/index.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { FailOpenCache } from './fail-open-cache.js';

const NO_LOOKUPS = { hit: 0, 'not-found': 0, expired: 0, corrupt: 0, skipped: 0, error: 0, timeout: 0, open: 0 };
const NO_WRITES = { stored: 0, skipped: 0, error: 0, timeout: 0, open: 0 };
const QUIET_MS = 5_000;

/** A cache whose back end can fail. */
class FragileCache implements Cache {
  readonly entries = new Map<string, string>();
  readonly calls: (CallOptions | undefined)[] = [];
  /** The error of every call; undefined while the back end works. */
  error: unknown;

  async get(key: string, options?: CallOptions): Promise<CacheLookup> {
    this.reach(options);
    const value = this.entries.get(key);
    return value === undefined ? { status: 'expired' } : { status: 'hit', value };
  }

  async set(key: string, value: string, _ttlMs: number, options?: CallOptions): Promise<void> {
    this.reach(options);
    this.entries.set(key, value);
  }

  private reach(options?: CallOptions): void {
    this.calls.push(options);
    if (this.error !== undefined) throw this.error;
  }
}

function tolerate() {
  const fragile = new FragileCache();
  const { logger, lines } = recordingLogger();
  return { fragile, lines, cache: new FailOpenCache(fragile, logger) };
}

const down = Object.assign(new Error('no back end'), { code: 'PLUGIN_CALL_FAILED' });
const LOOKUPS_FAIL = 'cache look-ups fail and count as misses';
const WRITES_FAIL = 'cache writes fail and are dropped';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a cache that works', () => {
  it('receives the calls with the signal of the caller, and nothing is logged', async () => {
    const { cache, fragile, lines } = tolerate();
    const call = { signal: new AbortController().signal };
    await cache.set('key', '0', 1000, call);
    await expect(cache.get('key', call)).resolves.toEqual({ status: 'hit', value: '0' });
    await expect(cache.get('other', call)).resolves.toEqual({ status: 'expired' });
    expect(fragile.calls).toEqual([call, call, call]);
    expect(lines).toEqual([]);
    expect(cache.counts).toEqual({
      lookups: { ...NO_LOOKUPS, hit: 1, expired: 1 },
      writes: { ...NO_WRITES, stored: 1 },
    });
  });
});

describe('no cache', () => {
  it('is counted as skipped while there is no plugin', async () => {
    let hasPlugin = false;
    const { logger, lines } = recordingLogger();
    const cache = new FailOpenCache(new FragileCache(), logger, () => hasPlugin);
    await cache.set('key', 'value', 1000);
    await expect(cache.get('other')).resolves.toEqual({ status: 'expired' });
    hasPlugin = true;
    await cache.set('key', 'value', 1000);
    await cache.get('key');
    expect(cache.counts).toEqual({
      lookups: { ...NO_LOOKUPS, skipped: 1, hit: 1 },
      writes: { ...NO_WRITES, skipped: 1, stored: 1 },
    });
    expect(lines).toEqual([]);
  });
});

const isValid = (value: string): boolean => value !== 'garbage';

describe('a value that isValid refuses', () => {
  it('is a corrupt miss, is counted and is not an outage; a valid value is a hit', async () => {
    const { cache, lines } = tolerate();
    await cache.set('bad', 'garbage', 1000);
    await cache.set('good', '', 1000);
    await expect(cache.get('bad', { isValid })).resolves.toEqual({ status: 'not-found', failure: 'corrupt' });
    await expect(cache.get('good', { isValid })).resolves.toEqual({ status: 'hit', value: '' });
    expect(cache.counts.lookups).toEqual({ ...NO_LOOKUPS, hit: 1, corrupt: 1 });
    expect(lines).toEqual([]);
  });

  it('is not checked by the plugin, which does not receive isValid', async () => {
    const { cache, fragile } = tolerate();
    await cache.get('key', { isValid });
    expect(fragile.calls).toEqual([undefined]);
  });
});

describe('a cache that fails', () => {
  it('answers each look-up with a miss and drops each write, and counts them', async () => {
    const { cache, fragile } = tolerate();
    fragile.error = down;
    const miss = { status: 'not-found', failure: 'error', code: 'PLUGIN_CALL_FAILED' };
    await expect(cache.get('key')).resolves.toEqual(miss);
    await expect(cache.get('key')).resolves.toEqual(miss);
    await expect(cache.set('key', 'value', 1000)).resolves.toBeUndefined();
    expect(fragile.entries.size).toBe(0);
    expect(cache.counts).toEqual({
      lookups: { ...NO_LOOKUPS, error: 2 },
      writes: { ...NO_WRITES, error: 1 },
    });
  });

  it.each([
    ['PLUGIN_CALL_TIMEOUT', 'timeout'],
    ['PLUGIN_BREAKER_OPEN', 'open'],
    ['PLUGIN_DOWN', 'error'],
    ['PLUGIN_WRONG_ANSWER', 'error'],
  ])('counts %s as %s', async (code, outcome) => {
    const { cache, fragile } = tolerate();
    fragile.error = Object.assign(new Error('no'), { code });
    await expect(cache.get('key')).resolves.toEqual({ status: 'not-found', failure: outcome, code });
    await cache.set('key', 'value', 1000);
    expect(cache.counts).toEqual({
      lookups: { ...NO_LOOKUPS, [outcome]: 1 },
      writes: { ...NO_WRITES, [outcome]: 1 },
    });
  });

  it('is logged once when it begins to fail and once when it works again, look-ups and writes apart', async () => {
    const { cache, fragile, lines } = tolerate();
    const details = { code: 'PLUGIN_CALL_FAILED', error: 'no back end' };
    fragile.error = down;
    await cache.get('key');
    await cache.get('key');
    await cache.set('key', 'value', 1000);
    await cache.set('key', 'value', 1000);
    expect(lines).toEqual([
      ['warn', LOOKUPS_FAIL, details],
      ['warn', WRITES_FAIL, details],
    ]);

    fragile.error = undefined;
    await cache.get('key');
    expect(lines.slice(2)).toEqual([]);
    vi.advanceTimersByTime(QUIET_MS);
    await cache.get('key');
    await cache.get('key');
    expect(lines.slice(2)).toEqual([['info', 'cache look-ups work again', { failures: 2 }]]);
    await cache.set('key', 'value', 1000);
    expect(lines.slice(3)).toEqual([['info', 'cache writes work again', { failures: 2 }]]);

    fragile.error = down;
    await cache.get('key');
    expect(lines.slice(4)).toEqual([['warn', LOOKUPS_FAIL, details]]);
  });

  it('is logged once while every other look-up fails', async () => {
    const { cache, fragile, lines } = tolerate();
    for (let round = 0; round < 50; round++) {
      fragile.error = round % 2 === 0 ? down : undefined;
      await cache.get('key');
      vi.advanceTimersByTime(QUIET_MS / 10);
    }
    expect(lines.map(([, message]) => message)).toEqual([LOOKUPS_FAIL]);
  });

  it('is logged once though its look-ups work and only its writes fail', async () => {
    const { cache, fragile, lines } = tolerate();
    for (let round = 0; round < 3; round++) {
      fragile.error = undefined;
      await cache.get('key');
      fragile.error = down;
      await cache.set('key', 'value', 1000);
    }
    expect(lines.map(([, message]) => message)).toEqual([WRITES_FAIL]);
  });

  it('may throw a value that is not an error', async () => {
    const { cache, fragile, lines } = tolerate();
    fragile.error = 'text';
    await expect(cache.get('key')).resolves.toEqual({ status: 'not-found', failure: 'error', code: 'UNKNOWN' });
    expect(lines).toEqual([['warn', LOOKUPS_FAIL, { code: 'UNKNOWN', error: 'text' }]]);
  });
});

describe('an error that is not a failure of the cache', () => {
  it.each([0, -1, 1.5, Number.NaN])('is thrown: the ttl %d, before the cache is reached', async (ttlMs) => {
    const { cache, fragile, lines } = tolerate();
    fragile.error = down;
    await expect(cache.set('key', 'value', ttlMs)).rejects.toThrow(RangeError);
    expect(fragile.calls).toEqual([]);
    expect(cache.counts.writes).toEqual(NO_WRITES);
    expect(lines).toEqual([]);
  });

  it.each(['get', 'set'] as const)('is thrown: the reason of a caller that aborts a %s', async (method) => {
    const { cache, fragile, lines } = tolerate();
    const reason = new Error('the client is gone');
    const call = { signal: AbortSignal.abort(reason) };
    fragile.error = down;
    const called = method === 'get' ? cache.get('key', call) : cache.set('key', 'value', 1000, call);
    await expect(called).rejects.toBe(reason);
    expect(cache.counts).toEqual({ lookups: NO_LOOKUPS, writes: NO_WRITES });
    expect(lines).toEqual([]);
  });

  it('does not include a failure of a call whose signal is not aborted', async () => {
    const { cache, fragile } = tolerate();
    fragile.error = down;
    await cache.get('key', { signal: new AbortController().signal });
    expect(cache.counts.lookups.error).toBe(1);
  });
});

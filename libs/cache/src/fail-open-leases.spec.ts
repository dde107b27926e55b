// Leases of the fail-open cache: outcomes, the log of outages, and swaps between plugins with and without leases.
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { CallOptions } from '@pluggable/contract';
import { getPluginRefToken, type PluginRef } from '@pluggable/nestjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { type Cache, CACHE_CONTRACT, NopCache } from './contract/index.js';
import { FailOpenCache } from './fail-open-cache.js';
import { CACHE, CacheModule } from './index.js';

const QUIET_MS = 5_000;

/** A cache with leases whose back end can fail. */
class FragileLeases extends NopCache implements Cache {
  readonly calls: unknown[][] = [];
  /** The answer of acquire and renew. */
  answer = true;
  /** The error of every call; undefined while the back end works. */
  error: unknown;

  async acquire(...args: [string, string, number, CallOptions?]): Promise<boolean> {
    return this.reach('acquire', args);
  }

  async renew(...args: [string, string, number, CallOptions?]): Promise<boolean> {
    return this.reach('renew', args);
  }

  async release(...args: [string, string, CallOptions?]): Promise<void> {
    this.reach('release', args);
  }

  private reach(method: string, args: unknown[]): boolean {
    this.calls.push([method, ...args]);
    if (this.error !== undefined) throw this.error;
    return this.answer;
  }
}

function open() {
  const fragile = new FragileLeases();
  const { logger, lines } = recordingLogger();
  return { fragile, lines, cache: new FailOpenCache(fragile, logger) };
}

const down = Object.assign(new Error('no back end'), { code: 'PLUGIN_CALL_FAILED' });
const ACQUIRES_FAIL = 'cache leases fail; each process computes missing values itself';
const RENEWALS_FAIL = 'renewals of cache leases fail';
const INCOMPLETE = 'the cache plugin has only some methods of leases; it is used without leases';
const RELEASES_FAIL = 'releases of cache leases fail; leases end by their time to live';

describe('a cache with leases', () => {
  it('receives the calls with the signal of the caller, and nothing is logged', async () => {
    const { cache, fragile, lines } = open();
    const call = { signal: new AbortController().signal };
    await expect(cache.acquireLease('key', 'token', 1000, call)).resolves.toBe('acquired');
    await expect(cache.renewLease('key', 'token', 2000, call)).resolves.toBe('renewed');
    await expect(cache.releaseLease('key', 'token')).resolves.toBeUndefined();
    expect(fragile.calls).toEqual([
      ['acquire', 'key', 'token', 1000, call],
      ['renew', 'key', 'token', 2000, call],
      ['release', 'key', 'token'],
    ]);
    expect(lines).toEqual([]);
  });

  it('answers false: the lease is held by another, or lost', async () => {
    const { cache, fragile } = open();
    fragile.answer = false;
    await expect(cache.acquireLease('key', 'token', 1000)).resolves.toBe('held');
    await expect(cache.renewLease('key', 'token', 1000)).resolves.toBe('lost');
  });

  it('changes no count of look-ups and writes', async () => {
    const { cache, fragile } = open();
    const before = cache.counts;
    await cache.acquireLease('key', 'token', 1000);
    fragile.error = down;
    await cache.acquireLease('key', 'token', 1000);
    expect(cache.counts).toEqual(before);
  });
});

describe('a cache without leases', () => {
  it.each(['acquire', 'renew', 'release'] as const)('is one without %s, and is not called', async (missing) => {
    const { cache, fragile, lines } = open();
    Object.assign(fragile, { [missing]: undefined });
    await expect(cache.acquireLease('key', 'token', 1000)).resolves.toBe('unsupported');
    await expect(cache.renewLease('key', 'token', 1000)).resolves.toBe('unsupported');
    await expect(cache.releaseLease('key', 'token')).resolves.toBeUndefined();
    expect(fragile.calls).toEqual([]);
    const present = ['acquire', 'renew', 'release'].filter((method) => method !== missing);
    expect(lines).toEqual([['warn', INCOMPLETE, { found: present, wanted: 'acquire, renew and release' }]]);
  });

  it('is not reported if it has none of the methods', async () => {
    const { cache, fragile, lines } = open();
    Object.assign(fragile, { acquire: undefined, renew: undefined, release: undefined });
    await expect(cache.acquireLease('key', 'token', 1000)).resolves.toBe('unsupported');
    expect(lines).toEqual([]);
  });

  it('is reported again after a swap', async () => {
    const { cache, fragile, lines } = open();
    for (const renew of [undefined, async () => true, undefined]) {
      Object.assign(fragile, { renew });
      await cache.acquireLease('key', 'token', 1000);
    }
    expect(lines.map(([, message]) => message)).toEqual([INCOMPLETE, INCOMPLETE]);
  });

  it('ends no outage of the releases', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { cache, fragile, lines } = open();
    fragile.error = down;
    await cache.releaseLease('key', 'token');
    Object.assign(fragile, { acquire: undefined, renew: undefined, release: undefined });
    vi.advanceTimersByTime(QUIET_MS);
    await cache.releaseLease('key', 'token');
    vi.useRealTimers();
    expect(lines.map(([, message]) => message)).toEqual([RELEASES_FAIL]);
  });
});

describe('a cache whose leases fail', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['PLUGIN_CALL_TIMEOUT', 'timeout'],
    ['PLUGIN_BREAKER_OPEN', 'open'],
    ['PLUGIN_DOWN', 'error'],
    ['PLUGIN_WRONG_ANSWER', 'error'],
  ])('answers %s with the outcome %s', async (code, outcome) => {
    const { cache, fragile } = open();
    fragile.error = Object.assign(new Error('no'), { code });
    await expect(cache.acquireLease('key', 'token', 1000)).resolves.toBe(outcome);
    await expect(cache.renewLease('key', 'token', 1000)).resolves.toBe(outcome);
    await expect(cache.releaseLease('key', 'token')).resolves.toBeUndefined();
  });

  it('is logged once for each method when it begins to fail, and once when it works again', async () => {
    const { cache, fragile, lines } = open();
    const useAll = async (): Promise<void> => {
      await cache.acquireLease('key', 'token', 1000);
      await cache.renewLease('key', 'token', 1000);
      await cache.releaseLease('key', 'token');
    };
    fragile.error = down;
    await useAll();
    await useAll();
    const details = { code: 'PLUGIN_CALL_FAILED', error: 'no back end' };
    expect(lines.splice(0)).toEqual([
      ['warn', ACQUIRES_FAIL, details],
      ['warn', RENEWALS_FAIL, details],
      ['warn', RELEASES_FAIL, details],
    ]);
    fragile.error = undefined;
    vi.advanceTimersByTime(QUIET_MS);
    await useAll();
    await useAll();
    expect(lines).toEqual([
      ['info', 'cache leases work again', { failures: 2 }],
      ['info', 'renewals of cache leases work again', { failures: 2 }],
      ['info', 'releases of cache leases work again', { failures: 2 }],
    ]);
  });

  it('is logged once though only its releases fail', async () => {
    const { cache, fragile, lines } = open();
    for (let round = 0; round < 3; round++) {
      fragile.error = undefined;
      await cache.acquireLease('key', 'token', 1000);
      fragile.error = down;
      await cache.releaseLease('key', 'token');
      vi.advanceTimersByTime(QUIET_MS);
    }
    expect(lines.map(([, message]) => message)).toEqual([RELEASES_FAIL]);
  });
});

describe('an error that is not a failure of the cache', () => {
  it.each([0, -1, 1.5, Number.NaN])('is thrown: the ttl %d, before the cache is reached', async (ttlMs) => {
    const { cache, fragile } = open();
    await expect(cache.acquireLease('key', 'token', ttlMs)).rejects.toThrow(RangeError);
    await expect(cache.renewLease('key', 'token', ttlMs)).rejects.toThrow(RangeError);
    expect(fragile.calls).toEqual([]);
  });

  it.each(['acquireLease', 'renewLease'] as const)('is thrown: the reason of an aborted %s', async (method) => {
    const { cache, fragile, lines } = open();
    const reason = new Error('the client is gone');
    fragile.error = down;
    await expect(cache[method]('key', 'token', 1000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(lines).toEqual([]);
  });
});

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/plugins/${name}`, import.meta.url));

async function start(file?: string) {
  const { logger, lines } = recordingLogger();
  const path = file === undefined ? undefined : fixture(file);
  const part = CacheModule.forRoot({ path, logger, swapWithin: fixture('') });
  const app = await NestFactory.createApplicationContext(part, { logger: false, abortOnError: false });
  const cache = app.get<FailOpenCache>(CACHE);
  const ref = app.get<PluginRef>(getPluginRefToken(CACHE_CONTRACT));
  return { app, cache, ref, lines };
}

describe('the leases of a plugin', () => {
  it.each(['inline', 'worker', 'process'] as const)('come and go with each swap: %s', async (isolation) => {
    const { app, cache, ref } = await start();
    const acquire = () => cache.acquireLease('key', 'token', 60_000);
    const swap = (file: string) => ref.swap({ path: fixture(file), isolation });
    await expect(acquire()).resolves.toBe('unsupported');

    await swap('leases.mjs');
    await expect(acquire()).resolves.toBe('acquired');
    await expect(acquire()).resolves.toBe('held');
    await expect(cache.renewLease('key', 'token', 60_000)).resolves.toBe('renewed');

    await swap('complete.mjs');
    await expect(acquire()).resolves.toBe('unsupported');
    await expect(cache.renewLease('key', 'token', 60_000)).resolves.toBe('unsupported');
    await expect(cache.releaseLease('key', 'token')).resolves.toBeUndefined();

    await swap('some-leases.mjs');
    await expect(acquire()).resolves.toBe('unsupported');

    await swap('leases.mjs');
    await expect(cache.renewLease('key', 'token', 60_000)).resolves.toBe('lost');
    await expect(acquire()).resolves.toBe('acquired');
    await cache.releaseLease('key', 'token');
    await expect(acquire()).resolves.toBe('acquired');
    await app.close();
    await expect(acquire()).resolves.toBe('error');
  });

  it('fail if an answer is not a boolean', async () => {
    const { app, cache, lines } = await start('wrong-lease-answers.mjs');
    await expect(cache.acquireLease('key', 'token', 1000)).resolves.toBe('error');
    await expect(cache.renewLease('key', 'token', 1000)).resolves.toBe('error');
    await app.close();
    const failures = lines
      .filter(([level]) => level === 'warn')
      .map(([, message, fields]) => [message, fields?.['code']]);
    expect(failures).toEqual([
      [ACQUIRES_FAIL, 'PLUGIN_WRONG_ANSWER'],
      [RENEWALS_FAIL, 'PLUGIN_WRONG_ANSWER'],
    ]);
  });
});

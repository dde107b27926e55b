// The test kit: both plugins keep the cache contract, and each wrong cache fails the check for its fault.
// The soak test runs the plugins in every isolation.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { pluginFile } from '@pluggable/testkit';
import { describeCacheContract } from '@pluggable/testkit/cache';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Factory as MemoryFactory } from '../libs/cache-memory/src/index.js';
import { MEMORY_PLUGIN, REDIS_PLUGIN, ROOT } from './support/program.js';
import { recordingLogger } from './support/recording-logger.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { WRONG_CACHES } from './wrong-caches/wrong-caches.js';

const { logger } = recordingLogger();
const context = { callTimeoutMs: 5_000, signal: new AbortController().signal };

describeCacheContract('the memory plugin, as it is built, worker', {
  create: pluginFile(CACHE_CONTRACT, MEMORY_PLUGIN, { isolation: 'worker' }),
});

describe('on a clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterAll(() => void vi.useRealTimers());

  describeCacheContract('the memory cache itself', {
    create: () =>
      MemoryFactory(logger, { ...context, config: { MEMORY_MAX_ENTRIES: 10_000, MEMORY_MAX_BYTES: 2 ** 26 } }),
    advance: (ms) => void vi.advanceTimersByTime(ms),
  });
});

describe('on a real server', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  describeCacheContract('the Redis plugin, as it is built, inline', {
    create: () => pluginFile(CACHE_CONTRACT, REDIS_PLUGIN, { env: { REDIS_ADDR: redis.addr } })(),
  });

  it('has a user without the right to run scripts', async () => {
    expect(await redis.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+get', '+set', '+ping')).toBe('OK');
  });

  describeCacheContract('the Redis plugin, as that user', {
    create: () =>
      pluginFile(CACHE_CONTRACT, REDIS_PLUGIN, { env: { REDIS_URL: `redis://app:secret@${redis.addr}` } })(),
    canRenewLeases: false,
  });
});

describe('the kit', () => {
  // Begins at once: most of the suites above wait for time to pass.
  const outcome = runOnWrongCaches();
  let checks: ReadonlySet<string>;
  let failures: ReadonlyMap<string, readonly string[]>;
  let skips: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    ({ checks, failures, skips } = await outcome);
  });

  it('has more than 160 checks, and a correct cache passes all', () => {
    expect(checks.size).toBeGreaterThan(160);
    expect(failures.get('is right')).toEqual([]);
    expect(skips.get('is right')).toEqual([]);
  });

  it('skips the checks of leases for a correct cache without leases', () => {
    expect(failures.get('is right and has no leases')).toEqual([]);
    const groups = new Set(skips.get('is right and has no leases')?.map((check) => check.replace(/ > .*/, '')));
    expect(groups).toEqual(
      new Set([
        'a lease',
        'the key of a lease may contain',
        'the keys of two leases are distinct if they differ in',
        'the token of a lease may contain or be',
        'two tokens are distinct if they differ in',
        'the time to live of a lease',
        'the renewal of a lease',
        'the release of a lease',
        'the signal of a lease call',
        'close',
      ]),
    );
  });

  it('skips checks of renewals and releases for a correct cache that cannot renew leases', () => {
    const name = 'is right and cannot renew leases';
    expect(failures.get(name)).toEqual([]);
    expect(skips.get(name)).toContain('the renewal of a lease > extends it');
    expect(skips.get(name)).not.toContain('a lease > is acquired by exactly one of 100 callers');
  });

  it.each(Object.entries(WRONG_CACHES))('catches a cache that %s', (name, { caughtBy }) => {
    expect(failures.get(name)).toContain(caughtBy);
  });

  it('has no check that every wrong cache passes', () => {
    const failed = new Set([...failures.values()].flat());
    expect([...checks].filter((check) => !failed.has(check))).toEqual([]);
  });
});

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** Runs the kit with vitest, like its users, and returns the titles of all checks, and of the failed and skipped ones by cache. */
async function runOnWrongCaches() {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const output = join(await mkdtemp(join(tmpdir(), 'pluggable-')), 'report.json');
  await promisify(execFile)(process.execPath, [vitest, 'run', '--reporter=json', `--outputFile=${output}`], {
    cwd: join(ROOT, 'test', 'wrong-caches'),
    env: { PATH: process.env['PATH'] },
    maxBuffer: 64 * 1024 * 1024,
  }).catch(() => 'it exits with 1, because checks fail');
  const report = JSON.parse(await readFile(output, 'utf8')) as Report;
  const checks = new Set<string>();
  const failures = new Map<string, string[]>();
  const skips = new Map<string, string[]>();
  for (const { ancestorTitles, title, status } of report.testResults.flatMap((file) => file.assertionResults)) {
    const [cache = '', ...groups] = ancestorTitles;
    const check = [...groups, title].join(' > ');
    checks.add(check);
    failures.set(cache, [...(failures.get(cache) ?? []), ...(status === 'failed' ? [check] : [])]);
    skips.set(cache, [...(skips.get(cache) ?? []), ...(['passed', 'failed'].includes(status) ? [] : [check])]);
  }
  return { checks, failures, skips };
}

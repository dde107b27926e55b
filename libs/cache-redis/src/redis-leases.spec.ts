// The leases of the Redis plugin with a real server: commands, rights, names of keys. The test kit has the rules of leases.
import type { Cache } from '@pluggable/cache/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { type OpenedCache, openRedisCache } from '../../../test/support/redis-cache.js';
import { startRedisCluster } from '../../../test/support/redis-cluster.js';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';
import { startFakeRedis } from '../../../test/support/redis-fake.js';

function hasLeases(cache: Cache): cache is Required<Cache> {
  return cache.acquire !== undefined && cache.renew !== undefined && cache.release !== undefined;
}

function leasesOf({ cache }: OpenedCache): Required<Cache> {
  if (!hasLeases(cache)) throw new Error('the cache has no leases');
  return cache;
}

/** Long enough for a busy machine. */
const CALL_TIMEOUT_MS = 10_000;
const REFUSAL = ['scripts are refused; leases end by their time to live', expect.stringMatching(/^NOPERM|^ERR/)];

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.kill());
beforeEach(() => redis.cli('FLUSHALL'));

it('acquires with one SET NX PX, and renews and releases with one script', async () => {
  await using opened = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_KEY_PREFIX: 'fib:' });
  await using monitor = await redis.monitor();
  const leases = leasesOf(opened);

  expect(await leases.acquire('42', 'token', 2_000)).toBe(true);
  expect(await redis.cli('GET', 'fib:lease:42')).toBe('token');
  expect(await leases.renew('42', 'token', 90_000)).toBe(true);
  expect(Number(await redis.cli('PTTL', 'fib:lease:42'))).toBeGreaterThan(60_000);
  await leases.release('42', 'token');
  expect(await redis.cli('EXISTS', 'fib:lease:42')).toBe('0');
  const [set, ...scripts] = await monitor.commands('SET', 'EVAL', 'EVALSHA');
  expect(set).toBe('SET "fib:lease:42" "token" "PX" "2000" "NX"');
  expect(scripts.filter((command) => command.startsWith('EVAL')).length).toBe(2);
});

it('leaves the lease of another token as it is', async () => {
  await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
  const leases = leasesOf(opened);
  await leases.acquire('42', 'token', 60_000);

  expect(await leases.acquire('42', 'other', 60_000)).toBe(false);
  expect(await leases.renew('42', 'other', 60_000)).toBe(false);
  await leases.release('42', 'other');
  expect(await redis.cli('GET', 'lease:42')).toBe('token');
});

it.each(['lease:42', 'value:lease:42', 'value:value:lease:42'])(
  'keeps the value of the key %s apart from leases and other values',
  async (key) => {
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
    const leases = leasesOf(opened);
    const keys = ['42', 'lease:42', 'value:42', 'value:lease:42', 'value:value:lease:42'];
    for (const each of keys) await opened.cache.set(each, each, 60_000);

    expect(await opened.cache.get(key)).toEqual({ status: 'hit', value: key });
    for (const each of keys) expect(await leases.acquire(each, 'token', 60_000)).toBe(true);
    expect(await redis.cli('DBSIZE')).toBe(String(2 * keys.length));
    expect(await opened.cache.get(key)).toEqual({ status: 'hit', value: key });
  },
);

it('needs EVAL for renewal and release: without it, a lease ends by its time to live, and the log says so once', async () => {
  await redis.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+get', '+set', '+ping');
  await using opened = await openRedisCache({ REDIS_URL: `redis://app:secret@${redis.addr}` });
  const leases = leasesOf(opened);

  expect(await leases.acquire('42', 'token', 100)).toBe(true);
  expect(await leases.renew('42', 'token', 60_000)).toBe(false);
  await leases.release('42', 'token');
  await eventually('the end of the lease', () => leases.acquire('42', 'other', 60_000));
  await leases.release('42', 'other');
  expect(opened.warnings()).toEqual([REFUSAL]);
  await redis.cli('ACL', 'SETUSER', 'app', '+eval');
  expect(await leases.renew('42', 'other', 60_000)).toBe(true);
});

it('treats a server without EVAL as one that refuses scripts', async () => {
  await using fake = await startFakeRedis((name) =>
    name === 'EVAL' ? "-ERR unknown command 'eval', with args beginning with: 'x'\r\n" : '+PONG\r\n',
  );
  await using opened = await openRedisCache({ REDIS_ADDR: fake.addr });

  expect(await leasesOf(opened).renew('42', 'token', 1_000)).toBe(false);
  expect(opened.warnings()).toEqual([REFUSAL]);
});

it('rejects when a script fails for another reason', async () => {
  await redis.cli('LPUSH', 'lease:42', 'item');
  await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });

  await expect(leasesOf(opened).renew('42', 'token', 1_000)).rejects.toThrow(/WRONGTYPE/);
});

it('keeps the leases of a cluster at the node of their key', async () => {
  await using cluster = await startRedisCluster({ nodes: 3 });
  await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
  const leases = leasesOf(opened);
  const keys = Array.from({ length: 20 }, (_, index) => String(index));

  for (const key of keys) expect(await leases.acquire(key, 'token', 60_000)).toBe(true);
  for (const key of keys) expect(await leases.renew(key, 'token', 60_000)).toBe(true);
  for (const key of keys) await leases.release(key, 'token');
  for (const key of keys) expect(await leases.acquire(key, 'other', 60_000)).toBe(true);
  expect(opened.warnings()).toEqual([]);
}, 60_000);

it('holds a lease whose answer was lost with its connection, which a value that was too large has ended', async () => {
  const values = new Map<string, string>();
  await using fake = await startFakeRedis((name, [key = '', value = '']) => {
    if (name === 'PING') return '+PONG\r\n';
    if (key === 'giant') return '$104857600\r\n';
    const stored = values.get(key);
    if (name === 'GET') return stored === undefined ? '$-1\r\n' : `$${stored.length}\r\n${stored}\r\n`;
    if (stored !== undefined) return '$-1\r\n';
    values.set(key, value);
    return '+OK\r\n';
  });
  await using opened = await openRedisCache({ REDIS_ADDR: fake.addr }, CALL_TIMEOUT_MS);
  values.set('lease:other', 'theirs');
  const [, own, other] = await Promise.all([
    opened.cache.get('giant'),
    leasesOf(opened).acquire('42', 'token', 60_000),
    leasesOf(opened).acquire('other', 'token', 60_000),
  ]);

  expect([own, other]).toEqual([true, false]);
});

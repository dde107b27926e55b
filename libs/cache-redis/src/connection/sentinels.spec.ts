// The Redis plugin with real Sentinels: the primary, its replacement, and Sentinels that cannot answer.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { freePort } from '../../../../test/support/free-port.js';
import { openRedisCache, problemOf } from '../../../../test/support/redis-cache.js';
import { type FakeRedis, startFakeRedis } from '../../../../test/support/redis-fake.js';
import { PRIMARY_NAME, startRedisWithSentinels, type WatchedRedis } from '../../../../test/support/redis-sentinel.js';
import { type RedisServer, startRedis } from '../../../../test/support/redis.js';

const NAME = { REDIS_SENTINEL_NAME: PRIMARY_NAME };

const messageOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((failure: unknown) => failure);
  return error instanceof Error ? error.message : undefined;
};

/** A Sentinel that names the primary with this port. */
const sentinelThatNames = (port: () => number): Promise<FakeRedis> =>
  startFakeRedis((name, args) => {
    if (name === 'PING') return '+PONG\r\n';
    if (args[1] !== PRIMARY_NAME) return '*-1\r\n';
    return `*2\r\n$9\r\n127.0.0.1\r\n$${String(port()).length}\r\n${port()}\r\n`;
  });

describe('with three Sentinels', { timeout: 60_000 }, () => {
  let redis: WatchedRedis;
  beforeAll(async () => {
    redis = await startRedisWithSentinels();
    await redis.isWatched();
  }, 60_000);
  afterAll(() => redis[Symbol.asyncDispose]());

  it('uses the primary, and the next one after a failover', async () => {
    await using opened = await openRedisCache({ REDIS_SENTINELS: redis.addresses, ...NAME });
    const { cache } = opened;
    const before = await redis.primary();
    await cache.set('key', 'before', 60_000);
    expect(await before.cli('GET', 'key')).toBe('before');
    expect(opened.lines[0]).toEqual(['info', 'connected', { server: `${PRIMARY_NAME} (${before.addr})` }]);
    await redis.sentinels[0]?.cli('SENTINEL', 'FAILOVER', PRIMARY_NAME);
    const after = await eventually('another primary', async () => {
      const primary = await redis.primary().catch(() => before);
      return primary === before ? undefined : primary;
    });

    await eventually('a write to the new primary', async () => {
      await cache.set('key', 'after', 60_000).catch(() => undefined);
      return (await after.cli('GET', 'key')) === 'after';
    });
    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'after' });
  });

  it('asks the next Sentinel when one is frozen, and names all that cannot answer', async () => {
    const [frozen] = redis.sentinels;
    frozen?.freeze();
    try {
      await using opened = await openRedisCache({ REDIS_SENTINELS: redis.addresses, ...NAME });
      expect(await problemOf(opened.cache)).toBeUndefined();
      const dead = `127.0.0.1:${await freePort()}`;
      await using none = await openRedisCache({ REDIS_SENTINELS: `${frozen?.addr},${dead}`, ...NAME });

      expect(await messageOf(none.cache.get('key'))).toMatch(
        /^no connection to mymaster \(no Sentinel names the primary of mymaster; .+\)$/,
      );
      const [[message, error] = []] = none.warnings();
      expect([message, error]).toEqual([
        'no connection',
        expect.stringContaining(`${frozen?.addr}: it answers no command`),
      ]);
      expect(error).toContain(`${dead}: connect ECONNREFUSED`);
      expect(none.warnings().length).toBe(1);
    } finally {
      frozen?.thaw();
    }
  });

  it('names an unknown primary, and a server that is no Sentinel', async () => {
    await using unknown = await openRedisCache({ REDIS_SENTINELS: redis.addresses, REDIS_SENTINEL_NAME: 'other' });
    const all = redis.sentinels.map(({ addr }) => addr).toSorted();
    expect(await messageOf(unknown.cache.get('key'))).toContain(
      `; ${all.join(', ')}: it watches no primary of this name; correct REDIS_SENTINEL_NAME)`,
    );
    await using server = await openRedisCache({ REDIS_SENTINELS: redis.servers[0]?.addr ?? '', ...NAME });
    expect(await messageOf(server.cache.get('key'))).toContain(
      'it is not a Sentinel; wanted the port of a Sentinel, by default 26379',
    );
  });
});

describe('with one Sentinel', () => {
  let first: RedisServer;
  let second: RedisServer;
  beforeAll(async () => {
    [first, second] = await Promise.all([startRedis(), startRedis()]);
  });
  afterAll(() => Promise.all([first.kill(), second.kill()]));

  it('looks for the primary again when the server has become a replica (READONLY)', async () => {
    let primary = first;
    await using sentinel = await sentinelThatNames(() => primary.port);
    await using opened = await openRedisCache({ REDIS_SENTINELS: sentinel.addr, ...NAME });
    await opened.cache.set('key', 'first', 60_000);
    await first.cli('REPLICAOF', '127.0.0.1', `${second.port}`);
    primary = second;
    expect(await messageOf(opened.cache.set('key', 'second', 60_000))).toMatch(/^READONLY/);
    await eventually('a write', async () => (await messageOf(opened.cache.set('key', 'second', 60_000))) === undefined);

    expect(await second.cli('GET', 'key')).toBe('second');
    await first.cli('REPLICAOF', 'NO', 'ONE');
  });

  it('asks on until a Sentinel answers, and ends at once when it is closed meanwhile', async () => {
    const port = await freePort();
    const opened = await openRedisCache({ REDIS_SENTINELS: `127.0.0.1:${port}`, ...NAME });
    expect(await problemOf(opened.cache)).toContain('ECONNREFUSED');
    const startedMs = performance.now();
    await opened[Symbol.asyncDispose]();

    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(await messageOf(opened.cache.get('key'))).toBe('the cache is closed');
  });

  it('connects to the address of REDIS_NAT_MAP in place of the announced one', async () => {
    await using sentinel = await sentinelThatNames(() => 7_777);
    const natMap = { REDIS_NAT_MAP: `127.0.0.1:7777=${second.addr}` };
    await using opened = await openRedisCache({ REDIS_SENTINELS: sentinel.addr, ...NAME, ...natMap });

    expect(await problemOf(opened.cache)).toBeUndefined();
  });

  it('has a password of its own, which no error contains', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-sentinel-'));
    const sentinelFile = join(folder, 'sentinel.conf');
    await writeFile(sentinelFile, `requirepass sentry\nsentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${second.port} 1\n`);
    try {
      await using sentinel = await startRedis({ sentinelFile });
      const open = (more: Record<string, string>) =>
        openRedisCache({ REDIS_SENTINELS: sentinel.addr, ...NAME, ...more });
      await using right = await open({ REDIS_SENTINEL_PASSWORD: 'sentry' });
      await using missing = await open({});
      await using wrong = await open({ REDIS_SENTINEL_USERNAME: 'default', REDIS_SENTINEL_PASSWORD: 'wrong' });

      expect(await problemOf(right.cache)).toBeUndefined();
      expect(await problemOf(missing.cache)).toContain('NOAUTH: it requires a password; set REDIS_SENTINEL_PASSWORD');
      expect(await problemOf(wrong.cache)).toContain('correct REDIS_SENTINEL_USERNAME or REDIS_SENTINEL_PASSWORD');
      expect(JSON.stringify([missing.lines, wrong.lines])).not.toMatch(/"wrong|sentry/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(['*2\r\n$1\r\nh\r\n$1\r\n0\r\n', '*1\r\n$1\r\nh\r\n', '+OK\r\n', '*2\r\n*0\r\n$1\r\n1\r\n'])(
    'refuses the answer %j',
    async (answer) => {
      await using sentinel = await startFakeRedis((name) => (name === 'PING' ? '+PONG\r\n' : answer));
      await using opened = await openRedisCache({ REDIS_SENTINELS: sentinel.addr, ...NAME });

      expect(await problemOf(opened.cache)).toMatch(/it watches no primary of this name|its answer is not an address/);
    },
  );
});

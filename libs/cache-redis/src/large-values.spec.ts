// Values above REDIS_MAX_VALUE_BYTES: not read, not written, overwritten, without cost for other keys.
import { openFaultProxy } from '@pluggable/testkit';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openRedisCache } from '../../../test/support/redis-cache.js';
import { startFakeRedis } from '../../../test/support/redis-fake.js';
import { startRedis } from '../../../test/support/redis.js';

/** Long enough for a busy machine. */
const CALL_TIMEOUT_MS = 10_000;
const MISS = { status: 'not-found' };
const GIANT = '$104857600\r\n';

describe('a value above the limit', () => {
  it.each([
    [1, 2],
    [1_000, 1_001],
    [1_048_576, 1_048_577],
    [1_000, 5_000_000],
  ])('of %i bytes is not found, and is overwritten: one of %i', async (limit, bytes) => {
    await using redis = await startRedis();
    await redis.cli('SETRANGE', 'longest', String(limit - 1), 'x');
    await redis.cli('SETRANGE', 'large', String(bytes - 1), 'x');
    await using monitor = await redis.monitor();
    await using opened = await openRedisCache(
      { REDIS_ADDR: redis.addr, REDIS_MAX_VALUE_BYTES: `${limit}` },
      CALL_TIMEOUT_MS,
    );
    const { cache } = opened;
    const found = await Promise.all([
      cache.get('longest'),
      cache.get('large'),
      cache.get('longest'),
      cache.get('none'),
    ]);
    await cache.set('large', 'v', 60_000);

    expect(found.map(({ status }) => status)).toEqual(['hit', 'not-found', 'hit', 'not-found']);
    expect(await cache.get('large')).toEqual({ status: 'hit', value: 'v' });
    expect(await monitor.commands('GET')).toHaveLength(5);
    expect(opened.lines.filter(([level]) => level === 'warn')).toEqual([
      [
        'warn',
        'value too large; taken as not found',
        { key: 'large', bytes, maxBytes: limit, fix: 'overwrite or delete the key, or raise REDIS_MAX_VALUE_BYTES' },
      ],
    ]);
  });

  it('is requested once if it cannot be overwritten', async () => {
    await using redis = await startRedis();
    await redis.cli('SETRANGE', 'large', '5000000', 'x');
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1');
    await using monitor = await redis.monitor();
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr }, CALL_TIMEOUT_MS);
    for (let i = 0; i < 10; i++) {
      expect(await opened.cache.get('large')).toEqual(MISS);
      await expect(opened.cache.set('large', 'v', 60_000)).rejects.toThrow('OOM');
    }

    expect(await monitor.commands('GET')).toEqual(['GET "large"']);
  });

  it('is not written, because it could not be read back', async () => {
    await using redis = await startRedis();
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_MAX_VALUE_BYTES: '10' });
    await opened.cache.set('key', 'ä'.repeat(5), 60_000);

    await expect(opened.cache.set('key', 'ä'.repeat(5) + 'x', 60_000)).rejects.toThrow(
      'the value has 11 bytes, wanted at most 10, the longest that is read; raise REDIS_MAX_VALUE_BYTES',
    );
    expect(await opened.cache.get('key')).toEqual({ status: 'hit', value: 'ä'.repeat(5) });
  });
});

/** A server that holds 100 MB under each key that begins with "giant". */
const giants = (name: string, [key = '']: readonly string[]): string | undefined => {
  if (name === 'GET') return key.startsWith('giant') ? GIANT : '$2\r\n55\r\n';
  return name === 'PING' ? '+PONG\r\n' : '+OK\r\n';
};

describe('a value of 100 MB', () => {
  it('ends its connection; the calls behind it are sent again at once', async () => {
    await using redis = await startFakeRedis(giants);
    await using proxy = await openFaultProxy({ port: Number(redis.addr.split(':')[1]) });
    await using opened = await openRedisCache({ REDIS_ADDR: `127.0.0.1:${proxy.port}` }, CALL_TIMEOUT_MS);
    const { cache } = opened;
    const keys = ['a', 'giant 1', 'b', 'giant 2', 'c', 'giant 1', 'd'];
    const found = await Promise.all(keys.map((key) => cache.get(key)));
    const writes = await Promise.allSettled([
      cache.get('giant 3'),
      cache.set('e', '55', 1_000),
      cache.set('f', '55', 1_000),
    ]);

    expect(found.map(({ status }) => status)).toEqual(
      keys.map((key) => (key.startsWith('giant') ? 'not-found' : 'hit')),
    );
    expect(writes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(opened.lines.filter(([, message]) => message === 'connected')).toHaveLength(4);
    expect(opened.warnings().map(([message]) => message)).toEqual(['value too large; taken as not found']);
    await eventually('the end of the other connections', () => proxy.connections === 1);
  });

  it('sends no call whose caller has left', async () => {
    const sent: string[] = [];
    await using redis = await startFakeRedis((name, args) => {
      sent.push(`${name} ${args[0] ?? ''}`);
      return giants(name, args);
    });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr }, CALL_TIMEOUT_MS);
    const caller = new AbortController();
    const giant = opened.cache.get('giant');
    const write = opened.cache.set('late', '55', 1_000, { signal: caller.signal });
    caller.abort(new Error('left'));
    await giant;

    await expect(write).rejects.toThrow('left');
    await opened.cache.get('a');
    expect(sent.filter((command) => command === 'SET late')).toHaveLength(1);
  });

  it('fails the calls like an outage if the connection cannot be replaced in time', async () => {
    let isGone = false;
    await using redis = await startFakeRedis((name, args) => (isGone ? undefined : giants(name, args)));
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
    const giant = opened.cache.get('giant');
    const behind = opened.cache.get('a');
    isGone = (await giant).status === 'not-found';

    await expect(behind).rejects.toThrow(/^no connection to |timed out$/);
  });
});

// The Redis plugin with Sentinels that answer wrongly, without end, or not at all, and servers that accept and fail.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { type OpenedCache, openRedisCache, problemOf } from '../../../../test/support/redis-cache.js';
import { type FakeRedis, startFakeRedis } from '../../../../test/support/redis-fake.js';
import { startRedis } from '../../../../test/support/redis.js';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

/** @param answer to the question for the primary; undefined for none */
async function startSentinel(answer: (times: number) => string | undefined): Promise<FakeRedis> {
  let times = 0;
  const fake = await startFakeRedis((name) => (name === 'SENTINEL' ? answer(++times) : '+PONG\r\n'));
  opened.push(fake);
  return fake;
}

const named = (host: string, port: number) => `*2\r\n$${host.length}\r\n${host}\r\n$${`${port}`.length}\r\n${port}\r\n`;

async function openWith(sentinels: readonly FakeRedis[]): Promise<OpenedCache> {
  const addresses = sentinels.map(({ addr }) => addr).join(',');
  const cache = await openRedisCache({ REDIS_SENTINELS: addresses, REDIS_SENTINEL_NAME: 'mymaster' });
  opened.push(cache);
  return cache;
}

it('asks less and less often while the Sentinel names a replica', async () => {
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', '1'] });
  opened.push(replica);
  let looks = 0;
  const sentinel = await startSentinel((times) => named('127.0.0.1', ((looks = times), replica.port)));
  const { cache, lines } = await openWith([sentinel]);
  const endMs = performance.now() + 2_000;
  while (performance.now() < endMs) {
    await cache.set('key', 'v', 1_000).catch(() => undefined);
    await delay(5);
  }

  expect(looks).toBeGreaterThan(2);
  expect(looks).toBeLessThan(10);
  expect(lines.filter(([level]) => level !== 'debug').length).toBeLessThan(20);
});

it.each(['h\0st', '', 'h st', 'x'.repeat(300)])('asks on when the Sentinel names the host %j', async (host) => {
  const primary = await startFakeRedis(() => '+PONG\r\n');
  opened.push(primary);
  const sentinel = await startSentinel((times) => (times === 1 ? named(host, 1) : named('127.0.0.1', primary.port)));
  const cache = await openWith([sentinel]);

  expect(cache.warnings()).toEqual([['no connection', expect.stringContaining('its answer is not an address')]]);
  await eventually('the primary', async () => (await problemOf(cache.cache)) === undefined);
});

it('asks again when the Sentinel has named itself', async () => {
  const primary = await startFakeRedis((name) => (name === 'GET' ? '$1\r\nv\r\n' : '+PONG\r\n'));
  let port = 0;
  const sentinel = await startFakeRedis((name) => {
    if (name === 'SENTINEL') return named('127.0.0.1', port);
    return name === 'GET' ? "-ERR unknown command 'GET', with args\r\n" : '+PONG\r\n';
  });
  opened.push(primary, sentinel);
  ({ port } = sentinel);
  const { cache } = await openWith([sentinel]);
  await expect(cache.get('key')).rejects.toThrow('it is a Redis Sentinel');
  ({ port } = primary);

  await eventually('the primary', () => cache.get('key').catch(() => undefined));
  expect(await cache.get('key')).toEqual({ status: 'hit', value: 'v' });
});

it.each([
  ['a text', `$${2 ** 30}\r\n${'x'.repeat(2 ** 16)}`],
  ['a list', `*${2 ** 30}\r\n`],
  ['a line', `+${'x'.repeat(2 ** 16)}`],
])('refuses %s without an end', async (_, answer) => {
  const sentinel = await startSentinel(() => answer);
  const { cache } = await openWith([sentinel]);

  expect(await problemOf(cache)).toMatch(/it sends a reply of more than 8192 bytes|its answer is not an address/);
  await eventually('no connection', () => sentinel.connections === 0);
});

it('ends at once while Sentinels answer nothing', async () => {
  const sentinels = await Promise.all(Array.from({ length: 4 }, () => startFakeRedis(() => undefined)));
  opened.push(...sentinels);
  const cache = await openWith(sentinels);
  await eventually('the next look-up', () => sentinels[1]?.connections === 1);
  const startedMs = performance.now();
  await cache[Symbol.asyncDispose]();

  expect(performance.now() - startedMs).toBeLessThan(1_200);
  await eventually('no connection', () => sentinels.every(({ connections }) => connections === 0));
});

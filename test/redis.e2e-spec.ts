// The built program with the Redis plugin and a real redis-server: shared entries, outages, recovery, secrets.
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { type Program, REDIS_PLUGIN, ROOT, startProgram } from './support/program.js';
import { startRedisCluster } from './support/redis-cluster.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { get } from './support/request.js';

const withRedis = (redis: RedisServer, env: Record<string, string> = {}): Promise<Program> =>
  startProgram({ env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, ...env } });

const isHit = async (program: Program, n: number): Promise<boolean> =>
  (await get(program.url, `/fib/${n}`)).headers['cache-status'] === 'pluggable; hit';

const cacheHealth = async (program: Program): Promise<{ status: number; state: unknown }> => {
  const { status, body } = await get(program.url, '/health/ready');
  return { status, state: (body as { details: { cache: { state: unknown } } }).details.cache.state };
};

describe('two processes', () => {
  it('share the result of one computation', async () => {
    await using redis = await startRedis();
    await using one = await withRedis(redis);
    await using other = await withRedis(redis);
    const first = await get(one.url, '/fib/40');
    await eventually('the value in Redis', async () => (await redis.cli('GET', '40')) === '102334155');
    const second = await get(other.url, '/fib/40');

    expect(first.headers['cache-status']).toBe('pluggable; fwd=uri-miss');
    expect(second.headers['cache-status']).toBe('pluggable; hit');
    expect([first.body, second.body]).toEqual([{ result: 102_334_155 }, { result: 102_334_155 }]);
    await other.caughtUp();
    expect(other.logged('fib(n) calculated')).toEqual([]);
  });
});

describe('the commands to Redis', () => {
  it('are one GET per request, and one SET per miss, with the configured time to live', async () => {
    await using redis = await startRedis();
    await using program = await withRedis(redis, { CACHE_EXPIRATION: '90s' });
    await using monitor = await redis.monitor();
    await get(program.url, '/fib/20');
    await eventually('the value in Redis', async () => (await redis.cli('EXISTS', '20')) === '1');
    await get(program.url, '/fib/20');
    await get(program.url, '/fib/20');
    await get(program.url, '/fib/twenty');
    await get(program.url, '/health/ready');

    expect(await monitor.commands('GET', 'SET')).toEqual([
      'GET "20"',
      'SET "20" "6765" "PX" "90000"',
      'GET "20"',
      'GET "20"',
    ]);
    const ttlMs = Number(await redis.cli('PTTL', '20'));
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(90_000);
  });

  it('are one GET per client for a hundred concurrent clients, one more with the lease, and one SET', async () => {
    await using redis = await startRedis();
    await using program = await withRedis(redis);
    await using monitor = await redis.monitor();
    await Promise.all(Array.from({ length: 100 }, () => get(program.url, '/fib/38')));
    await eventually('the value in Redis', async () => (await redis.cli('EXISTS', '38')) === '1');

    const commands = await monitor.commands('SET', 'GET');
    const countOf = (start: string): number => commands.filter((command) => command.startsWith(start)).length;
    expect([countOf('SET "38" '), countOf('GET "38"')]).toEqual([1, 101]);
    expect(commands.filter((command) => /^SET "lease:38" .* "NX"$/.test(command))).toHaveLength(1);
  });
});

describe('a Redis with an outage', () => {
  it('fails no request, and hits return without a restart', async () => {
    await using redis = await startRedis();
    await using program = await withRedis(redis);
    await get(program.url, '/fib/20');
    await eventually('a hit', () => isHit(program, 20));

    const statuses = new Set<number>();
    const ask = async (): Promise<void> => void statuses.add((await get(program.url, '/fib/20')).status);
    const enough = new AbortController();
    const asking = (async () => {
      while (!enough.signal.aborted) await ask();
    })();
    await redis.kill();
    await eventually('a degraded cache', async () => (await cacheHealth(program)).state === 'degraded');
    for (let i = 0; i < 20; i++) await ask();
    await redis.start();
    const backMs = performance.now();
    await eventually('a hit', () => isHit(program, 20));
    const hitAgainMs = performance.now() - backMs;
    enough.abort();
    await asking;

    expect(statuses).toEqual(new Set([200]));
    expect(hitAgainMs).toBeLessThan(6_000);
    expect(await cacheHealth(program)).toEqual({ status: 200, state: 'live' });
    expect(program.logged('cache look-ups fail and count as misses').length).toBeLessThanOrEqual(2);
    expect(program.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });

  it('may be absent at the start: the service serves, is degraded, and connects later', async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using program = await withRedis(redis);

    expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
    expect(await cacheHealth(program)).toEqual({ status: 200, state: 'degraded' });
    await program.line('[plugin/cache-redis] no connection', { server: redis.addr });
    await redis.start();
    await eventually('a hit', () => isHit(program, 20));
    expect(await cacheHealth(program)).toEqual({ status: 200, state: 'live' });
  });

  it('may stop answering: every request is answered, at first late by CACHE_TIMEOUT, and the end is clean', async () => {
    await using redis = await startRedis();
    await using program = await withRedis(redis, { CACHE_TIMEOUT: '200ms' });
    await get(program.url, '/fib/20');
    redis.freeze();
    for (let i = 0; i < 10; i++) expect((await get(program.url, '/fib/20')).status).toBe(200);
    const { code, stderr } = await program.stop();
    redis.thaw();

    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('a password', () => {
  const password = 'correct-horse-battery';

  it.each([
    ['right', password],
    ['wrong', 'wrong-horse-battery'],
  ])('is never printed, %s or not, at any log level', async (_, given) => {
    await using redis = await startRedis({ args: ['--requirepass', password] });
    for (const env of [{ REDIS_PASSWORD: given }, { REDIS_URL: `redis://:${given}@${redis.addr}`, REDIS_ADDR: '' }]) {
      await using program = await withRedis(redis, { ...env, LOG_LEVEL: 'trace' });
      await get(program.url, '/fib/20');
      await get(program.url, '/health/ready');
      await program.caughtUp();
      const { stdout, stderr } = await program.stop();

      expect(stdout).toContain('***');
      expect(stdout + stderr).not.toContain(given);
    }
  });
});

describe('TLS', () => {
  const tls = {
    certFile: `${ROOT}test/fixtures/tls/localhost.crt`,
    keyFile: `${ROOT}test/fixtures/tls/localhost.key`,
  };
  const trusted = { REDIS_ADDR: '', NODE_EXTRA_CA_CERTS: tls.certFile };

  it('works with a certificate that Node is configured to trust', async () => {
    await using redis = await startRedis({ tls });
    await using program = await withRedis(redis, { ...trusted, REDIS_URL: `rediss://localhost:${redis.port}` });
    await get(program.url, '/fib/20');

    expect(await eventually('a hit', () => isHit(program, 20))).toBe(true);
  });

  it('works with a cluster that announces its host name', async () => {
    const names = ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'];
    await using cluster = await startRedisCluster({
      nodes: 1,
      tls,
      args: ['--tls-cluster', 'yes', '--tls-ca-cert-file', tls.certFile, ...names],
    });
    const [redis] = cluster.servers;
    if (redis === undefined) throw new Error('a cluster has a node');
    const env = { ...trusted, REDIS_CLUSTER: `localhost:${redis.port}`, REDIS_TLS: 'true' };
    await using program = await withRedis(redis, env);
    await get(program.url, '/fib/20');

    expect(await eventually('a hit', () => isHit(program, 20))).toBe(true);
    expect(program.logged('[plugin/cache-redis] connected').map(({ server }) => server)).toEqual([
      `localhost:${redis.port}`,
    ]);
  });

  it('works with a Sentinel and its primary', async () => {
    await using redis = await startRedis({ tls });
    await using folder = await mkdtempDisposable(join(tmpdir(), 'pluggable-'));
    const sentinelFile = join(folder.path, 'sentinel.conf');
    await writeFile(
      sentinelFile,
      `sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\nsentinel monitor mymaster localhost ${redis.port} 1\n`,
    );
    await using sentinel = await startRedis({ tls, sentinelFile });
    const names = { REDIS_SENTINELS: `localhost:${sentinel.port}`, REDIS_SENTINEL_NAME: 'mymaster' };
    await using program = await withRedis(redis, { ...trusted, ...names, REDIS_TLS: 'true' });
    await get(program.url, '/fib/20');

    expect(await eventually('a hit', () => isHit(program, 20))).toBe(true);
  });
});

describe('stderr', () => {
  it.each([
    ['that requires no password', [], { REDIS_PASSWORD: 'secret' }],
    ['that refuses INFO', ['--user', 'default', 'on', 'nopass', '~*', '+get', '+set'], {}],
    ['that cannot be reached', [], { REDIS_ADDR: '127.0.0.1:1' }],
  ])('stays empty with a Redis %s, and with DEBUG=ioredis:*', async (_, args, env) => {
    await using redis = await startRedis({ args });
    await using program = await withRedis(redis, { ...env, DEBUG: 'ioredis:*' });
    await get(program.url, '/fib/20');

    expect((await program.stop()).stderr).toBe('');
  });
});

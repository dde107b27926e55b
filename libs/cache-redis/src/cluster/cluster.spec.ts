// The Redis plugin with a real cluster: redirections, lost nodes, slots without an owner, restarts, errors of its configuration.
import type { Cache } from '@pluggable/cache/contract';
import { openFaultProxy, refuse } from '@pluggable/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { openRedisCache, problemOf } from '../../../../test/support/redis-cache.js';
import { type RedisCluster, startRedisCluster } from '../../../../test/support/redis-cluster.js';
import { startFakeRedis } from '../../../../test/support/redis-fake.js';
import { type RedisServer, startRedis } from '../../../../test/support/redis.js';

const KEYS = Array.from({ length: 60 }, (_, index) => `key-${index}`);

const fill = (cache: Cache) => Promise.all(KEYS.map((key) => cache.set(key, `value of ${key}`, 60_000)));
const isHit = async (cache: Cache, key: string) => (await cache.get(key).catch(() => undefined))?.status === 'hit';
/** The keys whose value is found. */
const hits = async (cache: Cache) => {
  const found = await Promise.all(KEYS.map((key) => isHit(cache, key)));
  return KEYS.filter((_, index) => found[index]);
};
const hasAll = (cache: Cache) => eventually('hits of all keys', async () => (await hits(cache)).length === KEYS.length);

const messageOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((failure: unknown) => failure);
  return error instanceof Error ? error.message : undefined;
};

/** Takes a slot away from its owner. Until the owner knows, its messages give the slot back to it in the view of the others. */
const takeAway = (cluster: RedisCluster, slot: string) =>
  eventually('a slot without an owner', async () => {
    const replies = await Promise.all(cluster.servers.map((server) => server.cli('CLUSTER', 'DELSLOTS', slot)));
    return replies.every((reply) => reply.includes('already unassigned'));
  });

const limitMemory = (servers: readonly RedisServer[], bytes: number) =>
  Promise.all(servers.map((server) => server.cli('CONFIG', 'SET', 'maxmemory', `${bytes}`)));

/** Keys by the node that has them. */
async function keysOf(cluster: RedisCluster): Promise<Map<RedisServer, string[]>> {
  const owners = new Map<RedisServer, string[]>(cluster.servers.map((server) => [server, []]));
  for (const key of KEYS) owners.get(await cluster.primaryOf(key))?.push(key);
  return owners;
}

describe('with three primaries', { timeout: 60_000 }, () => {
  let cluster: RedisCluster;
  let owners: Map<RedisServer, string[]>;
  const ownerOf = (key: string): RedisServer => {
    const [found] = [...owners].find(([, keys]) => keys.includes(key)) ?? [];
    if (found === undefined) throw new Error(`no node has ${key}`);
    return found;
  };
  beforeAll(async () => {
    cluster = await startRedisCluster({ nodes: 3, args: ['--cluster-require-full-coverage', 'no'] });
    owners = await keysOf(cluster);
  }, 60_000);
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('finds all nodes by one of them, and asks each for its keys', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.servers[1]?.addr ?? '' });
    await fill(opened.cache);

    expect(await hits(opened.cache)).toEqual(KEYS);
    expect(opened.warnings()).toEqual([]);
    const sizes = await Promise.all(cluster.servers.map((server) => server.cli('DBSIZE')));
    expect(sizes).toEqual(cluster.servers.map((server) => `${owners.get(server)?.length}`));
  });

  it('takes the prefix into account for the slot', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses, REDIS_KEY_PREFIX: 'p:' });
    await using monitor = await ownerOf('key-0').monitor();
    await opened.cache.set('{key-0}x', 'v', 1_000);

    expect(await monitor.commands('SET')).toEqual(['SET "p:{key-0}x" "v" "PX" "1000"']);
  });

  it('follows ASK while a slot is being moved, and MOVED afterwards, without an error', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    const [key = ''] = KEYS;
    const source = ownerOf(key);
    const target = cluster.servers.find((server) => server !== source) ?? source;
    const slot = await source.cli('CLUSTER', 'KEYSLOT', key);
    const [sourceId, targetId] = await Promise.all([source.cli('CLUSTER', 'MYID'), target.cli('CLUSTER', 'MYID')]);
    const tag = `{${key}}`;
    await target.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId);
    await source.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);
    await opened.cache.set(`${tag}new`, 'asked', 60_000);

    expect(await opened.cache.get(`${tag}new`)).toEqual({ status: 'hit', value: 'asked' });
    expect(await source.cli('EXISTS', `${tag}new`)).toMatch(/^ASK/);
    await source.cli('MIGRATE', '127.0.0.1', `${target.port}`, key, '0', '1000');
    for (const server of [target, source]) await server.cli('CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
    await using monitor = await source.monitor();
    expect(await opened.cache.get(`${tag}new`)).toEqual({ status: 'hit', value: 'asked' });
    expect(await opened.cache.get(`${tag}new`)).toEqual({ status: 'hit', value: 'asked' });
    expect((await monitor.commands('GET')).length, 'look-ups at the old owner').toBeLessThanOrEqual(1);
    expect(opened.warnings()).toEqual([]);
    owners = await keysOf(cluster);
  });

  it('refuses the keys of a slot without an owner at once, and finds the next owner', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    const [, key = ''] = KEYS;
    const slot = await ownerOf(key).cli('CLUSTER', 'KEYSLOT', key);
    await takeAway(cluster, slot);
    await eventually('the error', async () =>
      /CLUSTERDOWN|owns slot/.test((await messageOf(opened.cache.get(key))) ?? ''),
    );

    await eventually(
      'the known gap',
      async () => (await messageOf(opened.cache.get(key))) === `no node of the cluster owns slot ${slot}`,
    );
    expect(await problemOf(opened.cache)).toBeUndefined();
    await ownerOf(key).cli('CLUSTER', 'ADDSLOTS', slot);
    await eventually('a write', async () => (await messageOf(opened.cache.set(key, 'v', 60_000))) === undefined);
    expect(await opened.cache.get(key)).toEqual({ status: 'hit', value: 'v' });
    await cluster.isServing();
  });

  it('serves the keys of the other nodes while one is frozen, and refuses its keys at once', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    await fill(opened.cache);
    const [frozen] = cluster.servers;
    const lost = owners.get(frozen ?? ownerOf('')) ?? [];
    frozen?.freeze();
    await eventually(
      'a lost connection',
      async () => (await messageOf(opened.cache.get(lost[0] ?? '')))?.startsWith('no connection to ') === true,
    );
    const startedMs = performance.now();
    for (let times = 0; times < 50; times++) await messageOf(opened.cache.get(lost[0] ?? ''));
    const eachMs = (performance.now() - startedMs) / 50;

    expect(eachMs).toBeLessThan(20);
    await expect(opened.cache.set(lost[0] ?? '', 'v', 1_000)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(await hits(opened.cache)).toEqual(KEYS.filter((key) => !lost.includes(key)));
    expect(await problemOf(opened.cache), 'two of three nodes answer').toBeUndefined();
    cluster.servers[1]?.freeze();
    await eventually('a ping that fails', async () =>
      /^only nodes with \d+ of 16384 slots answer \(.+\)$/.test((await problemOf(opened.cache)) ?? ''),
    );
    await eventually('a failure of the whole cache', async () => {
      const error: unknown = await opened.cache.set(lost[0] ?? '', 'v', 1_000).catch((failure: unknown) => failure);
      return error instanceof Error && 'code' in error && error.code === 'NO_CONNECTION';
    });
    for (const server of cluster.servers) server.thaw();
    await hasAll(opened.cache);
    expect(await problemOf(opened.cache)).toBeUndefined();
  });

  it('takes the keys of a node that refuses writes for unavailable, unless most nodes do', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    const [key = ''] = KEYS;
    const full = ownerOf(key);
    const write = () => opened.cache.set(key, 'v', 60_000);
    await limitMemory([full], 1);
    const error: unknown = await write().catch((failure: unknown) => failure);
    await limitMemory(cluster.servers, 1);
    await Promise.allSettled(KEYS.map((each) => opened.cache.set(each, 'v', 60_000)));
    const later: unknown = await write().catch((failure: unknown) => failure);
    await limitMemory(cluster.servers, 0);

    expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE', message: expect.stringMatching(/^OOM /) });
    expect(later).toMatchObject({ code: 'OOM' });
    await fill(opened.cache);
  });

  it('connects again after all nodes were restarted', async () => {
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    await Promise.all(cluster.servers.map((server) => server.kill()));
    await eventually('a lost connection', async () => (await problemOf(opened.cache)) !== undefined);
    await Promise.all(cluster.servers.map((server) => server.start()));

    await eventually('writes', async () => (await messageOf(fill(opened.cache))) === undefined);
    await hasAll(opened.cache);
    expect(await problemOf(opened.cache)).toBeUndefined();
  });

  it('connects when the first node of an unreachable cluster is there', async () => {
    await Promise.all(cluster.servers.map((server) => server.kill()));
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses });
    expect(await messageOf(opened.cache.get('key'))).toMatch(
      /^no connection to the cluster \(none of its nodes can be used; .+: connect ECONNREFUSED /,
    );
    expect(await problemOf(opened.cache)).toMatch(/^no connection to the cluster/);
    await Promise.all(cluster.servers.map((server) => server.start()));
    await eventually('writes', async () => (await messageOf(fill(opened.cache))) === undefined);

    expect(opened.warnings().map(([message]) => message)).toEqual(['no connection', 'no connection', 'no connection']);
  });

  it('connects to the addresses of REDIS_NAT_MAP in place of the announced ones', async () => {
    const proxies = await Promise.all(cluster.servers.map(({ port }) => openFaultProxy({ port })));
    const pairs = cluster.servers.map(({ addr }, index) => `${addr}=127.0.0.1:${proxies[index]?.port}`);
    const opened = await openRedisCache({
      REDIS_CLUSTER: `127.0.0.1:${proxies[0]?.port}`,
      REDIS_NAT_MAP: pairs.join(','),
    });
    await fill(opened.cache);
    await Promise.all(proxies.map((proxy) => proxy.inject(refuse)));
    await eventually('a lost connection', async () => (await hits(opened.cache)).length === 0);
    await opened[Symbol.asyncDispose]();
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));

    expect(opened.warnings().every(([, error]) => !String(error).includes('cannot be read'))).toBe(true);
  });

  it.each(['2', '3'])('uses the IP address of a node whose host name is not set, protocol %s', async (protocol) => {
    const prefer = (type: string) =>
      Promise.all(
        cluster.servers.map((server) => server.cli('CONFIG', 'SET', 'cluster-preferred-endpoint-type', type)),
      );
    await prefer('hostname');
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses, REDIS_PROTOCOL: protocol });
    const [warnings, problem] = [opened.warnings(), await problemOf(opened.cache)];
    await prefer('ip');

    expect([warnings, problem]).toEqual([[], undefined]);
    await fill(opened.cache);
  });

  it('answers ping, and serves a user without +ping, while the keys that are read for it have no owner', async () => {
    const probes = ['cache-redis:probe', 'cache-redis:probe0'];
    const slots = await Promise.all(
      probes.map(async (probe) => ({
        owner: await cluster.primaryOf(probe),
        slot: (await cluster.servers[0]?.cli('CLUSTER', 'KEYSLOT', probe)) ?? '',
      })),
    );
    for (const server of cluster.servers) {
      await server.cli('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '+get', '+set', '+cluster|slots');
    }
    for (const { slot } of slots) await takeAway(cluster, slot);
    const user = { REDIS_USERNAME: 'mute', REDIS_PASSWORD: 'secret' };
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses, ...user });
    const [warnings, problem] = [opened.warnings(), await problemOf(opened.cache)];
    for (const { owner, slot } of slots) await owner.cli('CLUSTER', 'ADDSLOTS', slot);
    await cluster.isServing();

    expect([warnings, problem]).toEqual([[], undefined]);
  });

  it('depends on one node only when the prefix has a hash tag', async () => {
    const prefix = '{fib}:';
    await using opened = await openRedisCache({ REDIS_CLUSTER: cluster.addresses, REDIS_KEY_PREFIX: prefix });
    const { cache } = opened;
    const owner = await cluster.primaryOf(prefix);
    for (const server of cluster.servers) if (server !== owner) server.freeze();
    const withoutOthers = await problemOf(cache);
    for (const server of cluster.servers) server.thaw();
    owner.freeze();
    await eventually('an error that opens the circuit breaker', async () =>
      (await problemOf(cache))?.startsWith('no connection to'),
    );
    const error: unknown = await cache.set('key', 'v', 1_000).catch((failure: unknown) => failure);
    owner.thaw();
    await cluster.isServing();

    expect(withoutOthers).toBeUndefined();
    expect(error).toMatchObject({ code: 'NO_CONNECTION' });
  });

  it('needs the rights to read and write, to ping, and to read the slots', async () => {
    for (const server of cluster.servers) {
      await server.cli('ACL', 'SETUSER', 'app', 'on', '>secret', '~p:*', '+get', '+set', '+ping', '+cluster|slots');
      await server.cli('ACL', 'SETUSER', 'less', 'on', '>secret', '~p:*', '+get', '+set', '+ping');
    }
    const variables = { REDIS_CLUSTER: cluster.addresses, REDIS_PASSWORD: 'secret', REDIS_KEY_PREFIX: 'p:' };
    await using opened = await openRedisCache({ ...variables, REDIS_USERNAME: 'app' });
    await fill(opened.cache);
    expect(await hits(opened.cache)).toEqual(KEYS);
    expect(opened.warnings()).toEqual([]);

    await using less = await openRedisCache({ ...variables, REDIS_USERNAME: 'less' });
    const sentence = 'NOPERM: its user may not read the slots; allow +cluster|slots';
    expect(await messageOf(less.cache.get('key'))).toContain(sentence);
    expect(less.warnings()[0]).toEqual(['the cluster cannot be read', sentence]);
  });
});

describe('with other servers', () => {
  it('names a server that is not a node of a cluster', async () => {
    await using redis = await startRedis();
    await using opened = await openRedisCache({ REDIS_CLUSTER: redis.addr });

    const sentence = 'it is not a node of a Redis Cluster; set REDIS_ADDR in place of REDIS_CLUSTER';
    expect(await messageOf(opened.cache.get('key'))).toBe(`no connection to the cluster (${redis.addr}: ${sentence})`);
    expect(opened.warnings()).toEqual([['the cluster cannot be read', sentence]]);
  });

  it('names a Sentinel in the place of a node', async () => {
    const refusal = "-ERR unknown command 'CLUSTER', with args beginning with: 'SLOTS' \r\n";
    await using sentinel = await startFakeRedis((name) => (name === 'PING' ? '+PONG\r\n' : refusal));
    await using opened = await openRedisCache({ REDIS_CLUSTER: sentinel.addr });

    expect(await messageOf(opened.cache.get('key'))).toContain('it is a Redis Sentinel, which REDIS_SENTINELS names');
  });

  it.each([
    ['MOVED 1 127.0.0.1:PORT', /^MOVED: another node has the key$/],
    ['MOVED 1 ?:7000', /^MOVED: another node has the key$/],
    ['TRYAGAIN Multiple keys request during rehashing of slot', /^TRYAGAIN: the key is being moved to another node$/],
  ])('gives up after some repetitions of %s', async (reply, error) => {
    let commands = 0;
    let port = 0;
    await using redis = await startFakeRedis((name) => {
      if (name === 'PING') return '+PONG\r\n';
      if (name === 'CLUSTER') return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`;
      commands += 1;
      return `-${reply.replace('PORT', String(port))}\r\n`;
    });
    ({ port } = redis);
    await using opened = await openRedisCache({ REDIS_CLUSTER: redis.addr });

    expect(await messageOf(opened.cache.get('key'))).toMatch(error);
    expect(commands).toBeLessThanOrEqual(6);
  });

  it.each([
    '*1\r\n:1\r\n',
    '*1\r\n*2\r\n:0\r\n:16383\r\n',
    '*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\nh\r\n:1\r\n',
    '*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$1\r\nh\r\n:1\r\n',
    '*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\nh\r\n:0\r\n',
    '*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\n?\r\n:1\r\n',
    '+OK\r\n',
  ])('refuses the description %j', async (description) => {
    await using redis = await startFakeRedis((name) => (name === 'PING' ? '+PONG\r\n' : description));
    await using opened = await openRedisCache({ REDIS_CLUSTER: redis.addr });

    expect(await messageOf(opened.cache.get('key'))).toContain('its reply to CLUSTER SLOTS is not readable');
  });
});

// Both built plugins keep the cache contract in every isolation, and the Redis plugin keeps it with a cluster.
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { pluginFile } from '@pluggable/testkit';
import { describeCacheContract } from '@pluggable/testkit/cache';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, beforeAll, describe } from 'vitest';
import { MEMORY_PLUGIN, REDIS_PLUGIN } from './support/program.js';
import { type RedisCluster, startRedisCluster } from './support/redis-cluster.js';
import { type RedisServer, startRedis } from './support/redis.js';

describe.each(ISOLATIONS)('%s', (isolation) => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  describeCacheContract('the memory plugin', { create: pluginFile(CACHE_CONTRACT, MEMORY_PLUGIN, { isolation }) });
  describeCacheContract('the Redis plugin', {
    create: () => pluginFile(CACHE_CONTRACT, REDIS_PLUGIN, { isolation, env: { REDIS_ADDR: redis.addr } })(),
  });
});

describe('on a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ nodes: 3 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  describeCacheContract('the Redis plugin', {
    create: () => pluginFile(CACHE_CONTRACT, REDIS_PLUGIN, { env: { REDIS_CLUSTER: cluster.addresses } })(),
  });
});

// Both plugins, as they are built, keep the cache contract in every isolation.
import { describeCacheContract, pluginFile } from '@pluggable/cache-testkit';
import { PLUGIN_MODES } from '@pluggable/plugin-host';
import { afterAll, beforeAll, describe } from 'vitest';
import { MEMORY_PLUGIN, REDIS_PLUGIN } from './support/program.js';
import { type RedisServer, startRedis } from './support/redis.js';

describe.each(PLUGIN_MODES)('%s', (isolation) => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  describeCacheContract('the memory plugin', { create: pluginFile(MEMORY_PLUGIN, { isolation }) });
  describeCacheContract('the Redis plugin', {
    create: () => pluginFile(REDIS_PLUGIN, { isolation, env: { REDIS_ADDR: redis.addr } })(),
  });
});

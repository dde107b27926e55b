// The Redis plugin: a cache that all processes with the same server share.
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { definePlugin } from '@pluggable/contract';
import packageJson from '../package.json' with { type: 'json' };
import { Cluster } from './cluster/cluster.js';
import { config } from './config/redis-config.js';
import { nameOf } from './config/topology.js';
import { limitedLog } from './limited-log.js';
import { RedisCache } from './redis-cache.js';
import { SingleServer } from './single-server.js';

export const { manifest, Factory } = definePlugin(CACHE_CONTRACT, {
  name: 'cache-redis',
  version: packageJson.version,
  config,
  env: {
    REDIS_ADDR: 'public',
    REDIS_CLUSTER: 'public',
    REDIS_SENTINELS: 'public',
    REDIS_SENTINEL_NAME: 'public',
    REDIS_SENTINEL_USERNAME: 'public',
    REDIS_SENTINEL_TLS: 'public',
    REDIS_NAT_MAP: 'public',
    REDIS_USERNAME: 'public',
    REDIS_DB: 'public',
    REDIS_TLS: 'public',
    REDIS_KEY_PREFIX: 'public',
    REDIS_PROTOCOL: 'public',
    REDIS_MAX_VALUE_BYTES: 'public',
    REDIS_PASSWORD: 'secret',
    REDIS_SENTINEL_PASSWORD: 'secret',
    REDIS_URL: 'secret',
  },
  permissions: ['net'],
  telemetry: ['ioredis:command', 'ioredis:connect'],
  /** Opens the cache, even if Redis is not available. */
  create: async ({ config: given, log: unlimited, callTimeoutMs }) => {
    const log = limitedLog(unlimited);
    const { topology, db, tls, keyPrefix } = given;
    const servers =
      topology.kind === 'cluster'
        ? await Cluster.open(log, given, topology, callTimeoutMs)
        : await SingleServer.open(log, given, topology, callTimeoutMs);
    log.debug('loaded', { server: nameOf(topology), db, tls, keyPrefix });
    return new RedisCache(log, servers, given.maxValueBytes);
  },
});

// The Redis plugin: a cache that all processes with the same server share.
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { definePlugin } from '@pluggable/contract';
import packageJson from '../package.json' with { type: 'json' };
import { Connection } from './connection.js';
import { RedisCache } from './redis-cache.js';
import { config } from './redis-config.js';

export const { manifest, Factory } = definePlugin(CACHE_CONTRACT, {
  name: 'cache-redis',
  version: packageJson.version,
  config,
  env: {
    REDIS_ADDR: 'public',
    REDIS_DB: 'public',
    REDIS_TLS: 'public',
    REDIS_KEY_PREFIX: 'public',
    REDIS_PROTOCOL: 'public',
    REDIS_MAX_VALUE_BYTES: 'public',
    REDIS_PASSWORD: 'secret',
    REDIS_URL: 'secret',
  },
  permissions: ['net'],
  telemetry: ['ioredis:command', 'ioredis:connect'],
  /** Opens the cache, even if Redis is not available. */
  create: async ({ config: server, log, callTimeoutMs }) => {
    const connection = await Connection.open(log, server, callTimeoutMs);
    const { host, port, db, tls, keyPrefix } = server;
    log.debug('loaded', { host, port, db, tls, keyPrefix });
    return new RedisCache(log, connection, server.maxValueBytes);
  },
});

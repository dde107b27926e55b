// The cache contract on a Redis connection: GET, SET with PX, PING. Redis forgets what has expired, so nothing is "expired".
import { assertTtl, type Cache, type CacheCall, type CacheFactory, type CacheLookup } from '@pluggable/cache-contract';
import type { PluginLogger } from '@pluggable/plugin-contract';
import { Connection } from './connection.js';
import type { RedisConfig } from './manifest.js';

/** Opens the cache whether Redis is there or not. */
export const Factory: CacheFactory<RedisConfig> = async (log, { config, callTimeoutMs }) => {
  const connection = await Connection.open(log, config, callTimeoutMs);
  const { host, port, db, tls, keyPrefix } = config;
  log.debug('loaded', { host, port, db, tls, keyPrefix });
  return new RedisCache(log, connection);
};

class RedisCache implements Cache {
  constructor(
    private readonly log: PluginLogger,
    private readonly connection: Connection,
  ) {}

  async get(key: string, call?: CacheCall): Promise<CacheLookup> {
    call?.signal?.throwIfAborted();
    this.log.debug('get', { key });
    const value = await this.connection.send((redis) => redis.get(key));
    if (value === null) {
      this.log.debug('key not found', { key });
      return { status: 'not-found' };
    }
    this.log.debug('key found', { key });
    return { status: 'hit', value };
  }

  async set(key: string, value: string, ttlMs: number, call?: CacheCall): Promise<void> {
    call?.signal?.throwIfAborted();
    assertTtl(ttlMs);
    this.log.debug('set', { key, ttlMs });
    await this.connection.send((redis) => redis.set(key, value, 'PX', ttlMs));
  }

  async ping(call?: CacheCall): Promise<void> {
    call?.signal?.throwIfAborted();
    await this.connection.send((redis) => redis.ping());
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

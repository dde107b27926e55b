// The cache contract on Redis: GET, SET with PX, PING, and leases. Redis drops expired keys, so no look-up is "expired".
import { assertTtl, type Cache, type CacheLookup } from '@pluggable/cache/contract';
import type { CallOptions, PluginLogger } from '@pluggable/contract';
import type { Redis } from 'ioredis';
import { valueKeyOf } from './keys.js';
import { OversizedKeys } from './oversized-keys.js';
import { RedisError } from './connection/reply-errors.js';
import { VALUE_TOO_LARGE } from './connection/reply-limit.js';
import { RedisLeases } from './redis-leases.js';
import type { RedisServers } from './redis-servers.js';

export class RedisCache implements Cache {
  private readonly oversized = new OversizedKeys();
  private readonly leases: RedisLeases;

  constructor(
    private readonly log: PluginLogger,
    private readonly servers: RedisServers,
    private readonly maxValueBytes: number,
  ) {
    this.leases = new RedisLeases(log, servers);
  }

  async get(key: string, options?: CallOptions): Promise<CacheLookup> {
    options?.signal?.throwIfAborted();
    this.log.debug('get', { key });
    const value = await this.read(key, options?.signal);
    if (value === null) {
      this.log.debug('key not found', { key });
      return { status: 'not-found' };
    }
    this.log.debug('key found', { key });
    return { status: 'hit', value };
  }

  /** A value above the limit counts as not found: it was not read, and the next write replaces it. */
  private async read(key: string, signal: AbortSignal | undefined): Promise<string | null> {
    try {
      const name = valueKeyOf(key);
      const ask = async (redis: Redis) => (this.oversized.has(key) ? null : await redis.get(name));
      return await this.servers.send(name, ask, signal);
    } catch (error) {
      if (!(error instanceof RedisError) || error.code !== VALUE_TOO_LARGE) throw error;
      const level = this.oversized.isEmpty ? 'warn' : 'debug';
      this.oversized.add(key);
      const bytes = Number(error.message.split(' ')[1]);
      const fix = 'overwrite or delete the key, or raise REDIS_MAX_VALUE_BYTES';
      this.log[level]('value too large; taken as not found', { key, bytes, maxBytes: this.maxValueBytes, fix });
      return null;
    }
  }

  async set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    assertTtl(ttlMs);
    this.assertReadable(value);
    this.log.debug('set', { key, ttlMs });
    const name = valueKeyOf(key);
    await this.servers.send(name, (redis) => redis.set(name, value, 'PX', ttlMs), options?.signal);
    this.oversized.delete(key);
  }

  async acquire(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    assertTtl(ttlMs);
    return this.leases.acquire(key, token, ttlMs, options?.signal);
  }

  async renew(key: string, token: string, ttlMs: number, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    assertTtl(ttlMs);
    return this.leases.renew(key, token, ttlMs, options?.signal);
  }

  async release(key: string, token: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.leases.release(key, token, options?.signal);
  }

  private assertReadable(value: string): void {
    const bytes = Buffer.byteLength(value);
    if (bytes <= this.maxValueBytes) return;
    throw new RangeError(
      `the value has ${bytes} bytes, wanted at most ${this.maxValueBytes}, the longest that is read; raise REDIS_MAX_VALUE_BYTES`,
    );
  }

  async ping(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.servers.ping(options?.signal);
  }

  close(): Promise<void> {
    return this.servers.close();
  }
}

// The interface between the cache and Redis: one server or a cluster.
import type { Redis } from 'ioredis';

export interface RedisServers {
  /**
   * Sends a command to the server that holds the key.
   *
   * @param key without the prefix
   * @param command may be called more than once
   * @param signal aborted when the caller has gone
   * @throws RedisError when no command can be sent, or the command fails
   */
  send<Reply>(key: string, command: (redis: Redis) => Promise<Reply>, signal?: AbortSignal): Promise<Reply>;
  /** @throws RedisError when the servers cannot be used */
  ping(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

// One server: at a fixed address, or the primary that Sentinels name.
import type { PluginLogger } from '@pluggable/contract';
import type { Redis } from 'ioredis';
import type { ConnectionConfig } from './config/redis-config.js';
import { textOf } from './config/server-address.js';
import type { SentinelTopology, SingleTopology } from './config/topology.js';
import { Connection } from './connection/connection.js';
import { probe } from './connection/handshake.js';
import { Sentinels } from './connection/sentinels.js';
import type { Target } from './connection/target.js';
import type { RedisServers } from './redis-servers.js';

export class SingleServer implements RedisServers {
  private constructor(private readonly connection: Connection) {}

  /** Waits for the first attempt to connect. If it fails, the cache connects as soon as the server is available. */
  static async open(
    log: PluginLogger,
    config: ConnectionConfig,
    topology: SingleTopology | SentinelTopology,
    callTimeoutMs: number,
  ): Promise<SingleServer> {
    const connection = new Connection(log, config, callTimeoutMs, targetOf(topology));
    await connection.attempted;
    return new SingleServer(connection);
  }

  send<Reply>(_key: string, command: (redis: Redis) => Promise<Reply>, signal?: AbortSignal): Promise<Reply> {
    return this.connection.send(command, signal);
  }

  ping(signal?: AbortSignal): Promise<void> {
    return this.connection.send(probe, signal);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

function targetOf(topology: SingleTopology | SentinelTopology): Target {
  if (topology.kind === 'sentinel') return new Sentinels(topology);
  const { address } = topology;
  return { name: textOf(address), locate: async () => address };
}

// A real primary with two replicas, watched by three Sentinels, on free ports of loopback.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { type RedisServer, startRedis } from './redis.ts';

export const PRIMARY_NAME = 'mymaster';
/** After this time without an answer, a Sentinel takes the primary for down. In milliseconds. */
const DOWN_AFTER_MS = 500;

export interface SentinelOptions {
  /** Directives of the servers that hold data. */
  readonly args?: readonly string[];
  /** Lines of the configuration of each Sentinel. */
  readonly sentinelLines?: readonly string[];
}

export async function startRedisWithSentinels(options: SentinelOptions = {}): Promise<WatchedRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-sentinel-'));
  const watched = new WatchedRedis(folder);
  try {
    await watched.start(options);
    return watched;
  } catch (error) {
    await watched[Symbol.asyncDispose]();
    throw error;
  }
}

export class WatchedRedis {
  /** One of them is the primary. */
  readonly servers: RedisServer[] = [];
  readonly sentinels: RedisServer[] = [];
  private readonly folder: string;

  // Written out, because the drills run this file with type stripping only.
  constructor(folder: string) {
    this.folder = folder;
  }

  /** For REDIS_SENTINELS. */
  get addresses(): string {
    return this.sentinels.map(({ addr }) => addr).join(',');
  }

  async start({ args = [], sentinelLines = [] }: SentinelOptions): Promise<void> {
    // Replicas copy without a delay.
    const directives = [...args, '--repl-diskless-sync-delay', '0', '--repl-diskless-load', 'swapdb'];
    const primary = await startRedis({ args: directives });
    this.servers.push(primary);
    for (let index = 0; index < 2; index++) {
      const replicaOf = ['--replicaof', '127.0.0.1', `${primary.port}`];
      this.servers.push(await startRedis({ args: [...directives, ...replicaOf] }));
    }
    for (let index = 0; index < 3; index++) {
      const sentinelFile = join(this.folder, `sentinel-${index}.conf`);
      const lines = [
        `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary.port} 2`,
        `sentinel down-after-milliseconds ${PRIMARY_NAME} ${DOWN_AFTER_MS}`,
        `sentinel failover-timeout ${PRIMARY_NAME} 3000`,
        ...sentinelLines,
      ];
      await writeFile(sentinelFile, `${lines.join('\n')}\n`);
      this.sentinels.push(await startRedis({ sentinelFile }));
    }
  }

  /** Waits until each Sentinel knows the others and both replicas. */
  async isWatched(): Promise<void> {
    await eventually('Sentinels that know all servers', async () => {
      const states = await Promise.all(this.sentinels.map((each) => each.cli('INFO', 'sentinel')));
      return states.every((state) => /status=ok,address=[\d.:]+,slaves=2,sentinels=3/.test(state));
    });
  }

  /** The primary that most Sentinels name. */
  async primary(): Promise<RedisServer> {
    const names = await Promise.all(
      this.sentinels.map((each) => each.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY_NAME)),
    );
    const server = this.servers.find(({ port }) => names.filter((name) => name.endsWith(`\n${port}`)).length >= 2);
    if (server === undefined) throw new Error(`the Sentinels do not agree: ${names.join(', ')}`);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.servers, ...this.sentinels].map((server) => server.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

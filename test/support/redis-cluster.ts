// A real Redis Cluster on free ports of loopback: primaries, each with one replica or none.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts';

const run = promisify(execFile);
const SLOTS = 16_384;
/** After this time without an answer, the others take a node for failed. In milliseconds. */
const NODE_TIMEOUT_MS = 1_000;

export interface ClusterOptions extends RedisOptions {
  /** @default 6, of which 3 are replicas */
  readonly nodes?: 1 | 3 | 6;
}

export async function startRedisCluster({
  nodes = 6,
  args = [],
  ...options
}: ClusterOptions = {}): Promise<RedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-cluster-'));
  const servers: RedisServer[] = [];
  const cluster = new RedisCluster(servers, folder);
  try {
    for (let index = 0; index < nodes; index++) {
      // By default, the port of the cluster bus is 10,000 more, which may be too large.
      const directives = ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`, '--dir', folder];
      directives.push('--cluster-config-file', `nodes-${index}.conf`, '--cluster-node-timeout', `${NODE_TIMEOUT_MS}`);
      directives.push('--repl-diskless-sync-delay', '0');
      servers.push(await startRedis({ ...options, args: [...directives, ...args] }));
    }
    await cluster.create();
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

export class RedisCluster {
  readonly servers: readonly RedisServer[];
  private readonly folder: string;

  // Written out, because the drills run this file with type stripping only.
  constructor(servers: readonly RedisServer[], folder: string) {
    this.servers = servers;
    this.folder = folder;
  }

  /** For REDIS_CLUSTER. */
  get addresses(): string {
    return this.servers.map(({ addr }) => addr).join(',');
  }

  /** Joins the servers to a cluster. */
  async create(): Promise<void> {
    const [only, ...others] = this.servers;
    if (only === undefined) throw new Error('a cluster has a node');
    if (others.length === 0) {
      await only.cli('CLUSTER', 'ADDSLOTSRANGE', '0', `${SLOTS - 1}`);
    } else {
      const replicas = this.servers.length > 3 ? ['--cluster-replicas', '1'] : [];
      const addresses = this.servers.map(({ addr }) => addr);
      await run('redis-cli', ['--cluster', 'create', ...addresses, ...replicas, '--cluster-yes']);
    }
    await this.isServing();
  }

  /** Waits until each node takes the cluster for whole, and each replica can take its primary's place. */
  async isServing(): Promise<void> {
    await eventually('a cluster that serves all slots', async () => {
      const states = await Promise.all(this.servers.map((server) => server.cli('CLUSTER', 'INFO')));
      return states.every((state) => /cluster_state:ok/.test(state) && /cluster_slots_ok:16384/.test(state));
    });
    await eventually('replicas with the data of their primary', async () => {
      const states = await Promise.all(this.servers.map((server) => server.cli('INFO', 'replication')));
      return states.every((state) => /role:master|master_link_status:up/.test(state));
    });
  }

  /** The primary of a key, by the view of another node. */
  async primaryOf(key: string, asked = this.servers[0]): Promise<RedisServer> {
    const slot = Number(await asked?.cli('CLUSTER', 'KEYSLOT', key));
    const lines = (await asked?.cli('CLUSTER', 'NODES'))?.split('\n') ?? [];
    const owner = lines.find((line) => line.includes('master') && !line.includes('fail') && hasSlot(line, slot));
    return this.at(owner);
  }

  /** A replica of a primary. */
  async replicaOf(primary: RedisServer): Promise<RedisServer> {
    const id = await primary.cli('CLUSTER', 'MYID');
    const lines = (await primary.cli('CLUSTER', 'NODES')).split('\n');
    return this.at(lines.find((line) => line.includes('slave') && line.includes(id)));
  }

  private at(line: string | undefined): RedisServer {
    const server = this.servers.find(({ port }) => line?.includes(`:${port}@`) === true);
    if (server === undefined) throw new Error(`no server for the node "${line}"`);
    return server;
  }

  /** Moves slots with their keys, as an operator does. */
  async reshard(from: RedisServer, to: RedisServer, slots: number): Promise<void> {
    const [source, target] = await Promise.all([from.cli('CLUSTER', 'MYID'), to.cli('CLUSTER', 'MYID')]);
    const choice = ['--cluster-from', source, '--cluster-to', target, '--cluster-slots', `${slots}`, '--cluster-yes'];
    await run('redis-cli', ['--cluster', 'reshard', from.addr, ...choice], { maxBuffer: 64 * 1024 * 1024 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** @param line a line of CLUSTER NODES, which ends with ranges of slots */
function hasSlot(line: string, slot: number): boolean {
  return line
    .split(' ')
    .slice(8)
    .some((range) => {
      const [first = '', last = first] = range.split('-');
      return slot >= Number(first) && slot <= Number(last);
    });
}

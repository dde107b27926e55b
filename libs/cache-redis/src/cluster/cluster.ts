// A Redis Cluster: each command goes to the node that has the key.
import { setTimeout as delay } from 'node:timers/promises';
import { KEY_UNAVAILABLE } from '@pluggable/cache/contract';
import type { PluginLogger } from '@pluggable/contract';
import type { Redis } from 'ioredis';
import type { ConnectionConfig } from '../config/redis-config.js';
import type { ClusterTopology } from '../config/topology.js';
import { PROBE_KEY, probeKey } from '../connection/handshake.js';
import { RedisError } from '../connection/reply-errors.js';
import type { RedisServers } from '../redis-servers.js';
import { Redirection } from './cluster-errors.js';
import { type ClusterNode, ClusterView } from './cluster-view.js';
import { hasTag, keySlot } from './key-slot.js';
import { announced, SLOTS } from './slots.js';

/** Most repetitions of one command, because of redirections and TRYAGAIN. */
const MOST_REPETITIONS = 5;
/** The pause before a command is repeated after TRYAGAIN, in milliseconds. */
const TRY_AGAIN_MS = 20;
/** Most keys among which ping looks for one whose slot has an owner. */
const MOST_PROBES = 16;

/**
 * Codes of refusals that can concern one node: it is cut off from the others, its memory is full, it cannot save, lacks replicas,
 * loads its data, runs a script.
 */
const REFUSALS: ReadonlySet<string> = new Set(['CLUSTERDOWN', 'OOM', 'MISCONF', 'NOREPLICAS', 'LOADING', 'BUSY']);

type Command<Reply> = (redis: Redis) => Promise<Reply>;

/** A command for a lost node fails at once, without an effect on the other nodes. */
export class Cluster implements RedisServers {
  /** The slot of all keys, if the prefix has a hash tag. Then nothing depends on the owners of the other slots. */
  private readonly onlySlot: number | undefined;

  private constructor(
    private readonly view: ClusterView,
    private readonly keyPrefix: string,
  ) {
    this.onlySlot = hasTag(keyPrefix) ? keySlot(keyPrefix) : undefined;
  }

  /** Waits for the first attempt to connect. If it fails, the cache connects as soon as a node is available. */
  static async open(
    log: PluginLogger,
    config: ConnectionConfig,
    topology: ClusterTopology,
    callTimeoutMs: number,
  ): Promise<Cluster> {
    const view = new ClusterView(log, config, topology, callTimeoutMs);
    await view.open();
    return new Cluster(view, config.keyPrefix);
  }

  async send<Reply>(key: string, command: Command<Reply>, signal?: AbortSignal): Promise<Reply> {
    const slot = keySlot(this.keyPrefix + key);
    let node = this.ownerOf(slot);
    let next = command;
    for (let repetitions = 0; ; repetitions++) {
      try {
        return await node.connection.send(next, signal);
      } catch (error) {
        if (repetitions === MOST_REPETITIONS) throw error;
        next = command;
        if (error instanceof Redirection) {
          node = await this.follow(error, node);
          if (error.code === 'ASK') next = (redis) => asked(redis, command);
        } else if (isDropped(error)) {
          node = this.ownerOf(slot);
        } else {
          await this.recover(error, node);
        }
        signal?.throwIfAborted();
      }
    }
  }

  /**
   * Connects to the node that a redirection names.
   *
   * @throws RedisError when it names no address, or too many nodes were named
   */
  private async follow(redirection: Redirection, from: ClusterNode): Promise<ClusterNode> {
    const address = announced(redirection.host, redirection.port, from.address);
    const node = address && this.view.redirected(address, redirection.code);
    if (node === undefined) {
      this.view.updateSoon();
      throw redirection;
    }
    if (redirection.code === 'MOVED') this.view.assign(redirection.slot, node);
    await node.connection.attempted;
    return node;
  }

  private ownerOf(slot: number): ClusterNode {
    try {
      return this.view.ownerOf(slot);
    } catch (error) {
      return this.fail(error);
    }
  }

  /** Resolves when the command can be repeated. Otherwise throws the error. */
  private async recover(error: unknown, node: ClusterNode): Promise<void> {
    const code = error instanceof RedisError ? error.code : '';
    if (REFUSALS.has(code)) node.refusedMs = performance.now();
    if (code === 'CLUSTERDOWN' || code === KEY_UNAVAILABLE) this.view.updateSoon();
    if (code !== 'TRYAGAIN') this.fail(error);
    await delay(TRY_AGAIN_MS);
  }

  /** @throws RedisError KEY_UNAVAILABLE for a lost or refusing node while most of the keys can be used; else the error itself */
  private fail(error: unknown): never {
    const isOfNode = error instanceof RedisError && (error.code === 'NO_CONNECTION' || REFUSALS.has(error.code));
    const isPart = this.onlySlot === undefined && this.view.servesMost();
    if (isOfNode && isPart) throw new RedisError(KEY_UNAVAILABLE, error.message);
    throw error;
  }

  /** Resolves when the nodes that answer look-ups own more than half of the slots; with a hash tag in the prefix, its slot. */
  async ping(signal?: AbortSignal): Promise<void> {
    const probeKeys = (redis: Redis) => probeKey(redis, this.ownedProbe());
    if (this.onlySlot !== undefined) return this.ownerOf(this.onlySlot).connection.send(probeKeys, signal);
    const primaries = [...this.view.primaries()];
    const most = Promise.withResolvers<void>();
    let slots = 0;
    const answers = primaries.map(async ([{ connection }, count]) => {
      await connection.send(probeKeys, signal);
      slots += count;
      if (2 * slots > SLOTS) most.resolve();
    });
    const results = await Promise.race([most.promise, Promise.allSettled(answers)]);
    if (2 * slots > SLOTS) return;
    signal?.throwIfAborted();
    this.view.updateSoon();
    const problem = results?.find((result) => result.status === 'rejected');
    if (problem === undefined && slots === 0) throw this.view.noOwner();
    const reason = problem === undefined ? 'the others have no known owner' : messageOf(problem.reason);
    throw new RedisError('NO_CONNECTION', `only nodes with ${slots} of ${SLOTS} slots answer (${reason})`);
  }

  /** A key whose slot has an owner: each node refuses the others as if the whole cluster served no key. */
  private ownedProbe(): string {
    const keys = Array.from({ length: MOST_PROBES }, (_, index) => `${PROBE_KEY}${index}`);
    return keys.find((key) => this.view.hasOwner(keySlot(this.keyPrefix + key))) ?? PROBE_KEY;
  }

  close(): Promise<void> {
    return this.view.close();
  }
}

/** The node has left the cluster before the command was sent. */
function isDropped(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'CLOSED';
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

async function asked<Reply>(redis: Redis, command: Command<Reply>): Promise<Reply> {
  const [, reply] = await Promise.all([redis.call('ASKING'), command(redis)]);
  return reply;
}

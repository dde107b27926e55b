// The known nodes of a cluster: the owner of each slot, kept up to date, and a connection to each owner.
import type { PluginLogger } from '@pluggable/contract';
import type { ConnectionConfig } from '../config/redis-config.js';
import { type ServerAddress, textOf } from '../config/server-address.js';
import type { ClusterTopology } from '../config/topology.js';
import { Connection } from '../connection/connection.js';
import { listedProblems } from '../connection/listed-problems.js';
import { Reported } from '../connection/reported.js';
import { RedisError } from '../connection/reply-errors.js';
import { masked } from '../connection/secrets.js';
import { clusterErrorOf } from './cluster-errors.js';
import { nodesOf, parseSlots, SlotOwners, type SlotRange, SLOTS, slotsOf } from './slots.js';

/** The pauses between two updates double from the shortest to the longest, in milliseconds. */
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/** After this time without an update, the next pause is the shortest again, in milliseconds. */
const QUIET_MS = 2 * LONGEST_PAUSE_MS;
/** Most nodes that are asked in one update. While a slot has no owner, no description ends it earlier. */
const MOST_ASKED = 5;
/** Most nodes that redirections name between two updates: a server could name a new one each time. */
const MOST_REDIRECTED = 16;

/** The longest description of a cluster, in bytes: about 200 for each range of slots with two replicas. */
const MAX_DESCRIPTION_BYTES = 4 * 1024 * 1024;

/** Time for which a node counts as lost after it has refused a command for a reason of its own, in milliseconds. */
const REFUSAL_MS = 1_000;
/** Time for which a node that ASK has named keeps its connection, in milliseconds. It may own no slot yet. */
const ASKED_MS = 10_000;

export interface ClusterNode {
  /** The address as text. */
  readonly name: string;
  readonly address: ServerAddress;
  readonly connection: Connection;
  /** The last time when it refused a command for a reason of its own, on the clock of `performance.now()`. */
  refusedMs: number;
  /** The last time when ASK named it. */
  askedMs: number;
}

/**
 * The cluster is whole when each slot has an owner with a usable connection. Until then, one node after another is asked for the
 * owners again.
 */
export class ClusterView {
  /** By name. The owners of slots, and while the cluster is not whole, other nodes that can describe it. */
  private readonly nodes = new Map<string, ClusterNode>();
  private readonly owners = new SlotOwners();
  /** All nodes of the last update, with replicas. */
  private known: readonly ServerAddress[] = [];
  /** The reason why no owner is known. */
  private problem = 'no node has answered yet';
  /** The problems that are already logged since the cluster was last whole. */
  private readonly reported = new Reported();
  /** The names of the owners of the last update. */
  private lastOwners = '';
  private readonly firstUsable = Promise.withResolvers<void>();
  private nextUpdate: NodeJS.Timeout | undefined;
  /** Updates in close succession. */
  private attempts = 0;
  private updates = 0;
  private lastUpdateMs = 0;
  /** The number of nodes that the last update has found. */
  private updatedNodes = 0;
  private isClosed = false;

  constructor(
    private readonly log: PluginLogger,
    private readonly config: ConnectionConfig,
    private readonly topology: ClusterTopology,
    private readonly callTimeoutMs: number,
  ) {}

  /** Connects to the seeds, and to the owners of slots. It resolves when one node has described them, or all seeds have failed. */
  async open(): Promise<void> {
    const attempts = this.topology.seeds.map((seed) => this.node(seed).connection.attempted);
    await Promise.race([Promise.all(attempts), this.firstUsable.promise]);
    await this.update();
    if (this.owners.isEmpty) {
      // The first node to answer does not belong to the cluster; another one may.
      await Promise.all(attempts);
      await this.update();
    }
    await Promise.all([...this.nodes.values()].map(({ connection }) => connection.attempted));
  }

  /** @throws RedisError when the slot has no known owner */
  ownerOf(slot: number): ClusterNode {
    const owner = this.nodes.get(this.owners.ownerOf(slot) ?? '');
    if (owner !== undefined) return owner;
    this.updateSoon();
    throw this.noOwner(slot);
  }

  hasOwner(slot: number): boolean {
    return this.owners.ownerOf(slot) !== undefined;
  }

  /** The error of a command that cannot be sent because its slot, or each slot, has no known owner. */
  noOwner(slot?: number): RedisError {
    if (this.isClosed) return new RedisError('CLOSED', 'the cache is closed');
    if (slot === undefined || this.owners.isEmpty) {
      return new RedisError('NO_CONNECTION', `no connection to the cluster (${this.problem})`);
    }
    return new RedisError('NO_CONNECTION', `no node of the cluster owns slot ${slot}`);
  }

  /** The node with an announced address. Connects to it if it is new. */
  node(announced: ServerAddress): ClusterNode {
    const address = this.addressOf(announced);
    const name = textOf(address);
    const known = this.nodes.get(name);
    if (known !== undefined) return known;
    if (this.isClosed) throw new RedisError('CLOSED', 'the cache is closed');
    const connection = new Connection(this.log, this.config, this.callTimeoutMs, {
      name,
      locate: async () => address,
      errorOf: clusterErrorOf,
      maxReplyBytes: MAX_DESCRIPTION_BYTES,
      onUsable: () => this.onUsable(),
      onLost: () => this.updateSoon(),
    });
    const node = { name, address, connection, refusedMs: -Infinity, askedMs: -Infinity };
    this.nodes.set(name, node);
    return node;
  }

  /** @returns undefined for a new node when redirections name too many of them */
  redirected(announced: ServerAddress, code: 'MOVED' | 'ASK'): ClusterNode | undefined {
    const isKnown = this.nodes.has(textOf(this.addressOf(announced)));
    if (!isKnown && this.nodes.size >= this.updatedNodes + MOST_REDIRECTED) return undefined;
    const node = this.node(announced);
    if (code === 'ASK') node.askedMs = performance.now();
    return node;
  }

  private addressOf(announced: ServerAddress): ServerAddress {
    return this.topology.natMap.get(textOf(announced)) ?? announced;
  }

  /** The slot has moved to another node. */
  assign(slot: number, { name }: ClusterNode): void {
    this.owners.assign(slot, name);
    this.updateSoon();
  }

  /** The owners of slots, each with the number of its slots. */
  *primaries(): Iterable<[node: ClusterNode, slots: number]> {
    for (const [name, slots] of this.owners.counts()) {
      const node = this.nodes.get(name);
      if (node !== undefined) yield [node, slots];
    }
  }

  /** Whether nodes with a usable connection, which have not just refused a command, own more than half of the slots. */
  servesMost(): boolean {
    const sinceMs = performance.now() - REFUSAL_MS;
    let serving = 0;
    for (const [{ connection, refusedMs }, slots] of this.primaries()) {
      if (connection.isUsable && refusedMs < sinceMs) serving += slots;
    }
    return 2 * serving > SLOTS;
  }

  /** Updates the owners after a pause, unless an update is due. */
  updateSoon(): void {
    if (this.isClosed || this.nextUpdate !== undefined) return;
    if (performance.now() - this.lastUpdateMs > QUIET_MS) this.attempts = 0;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** this.attempts++);
    this.nextUpdate = setTimeout(() => {
      void this.update().finally(() => {
        this.nextUpdate = undefined;
        if (!this.isWhole()) this.updateSoon();
      });
    }, pauseMs);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.nextUpdate);
    await Promise.all([...this.nodes.values()].map(({ connection }) => connection.close()));
  }

  private onUsable(): void {
    this.firstUsable.resolve();
    this.updateSoon();
  }

  private isWhole(): boolean {
    let usable = 0;
    for (const [{ connection }, slots] of this.primaries()) usable += connection.isUsable ? slots : 0;
    return usable === SLOTS;
  }

  private async update(): Promise<void> {
    const usable = [...this.nodes.values()].filter(({ connection }) => connection.isUsable);
    const description = await this.describe(usable);
    this.lastUpdateMs = performance.now();
    if (this.isClosed) return;
    if (description !== undefined) {
      this.apply(description);
      return;
    }
    if (usable.length === 0) this.problem = `none of its nodes can be used; ${this.problems()}`;
    for (const address of [...this.topology.seeds, ...this.known]) this.node(address);
  }

  /** The first description by some of the nodes with an owner of each slot, or the one with the most slots. */
  private async describe(nodes: readonly ClusterNode[]): Promise<SlotRange[] | undefined> {
    let best: SlotRange[] | undefined;
    // Another one first each time: a node that is cut off from the others may be out of date.
    const first = this.updates++ % Math.max(1, nodes.length);
    for (const node of [...nodes.slice(first), ...nodes.slice(0, first)].slice(0, MOST_ASKED)) {
      try {
        const reply = await node.connection.send((redis) => redis.call('CLUSTER', 'SLOTS'));
        const ranges = parseSlots(reply, node.address);
        if (slotsOf(ranges) > slotsOf(best ?? [])) best = ranges;
        if (slotsOf(ranges) === SLOTS) break;
      } catch (error) {
        this.report(node, error);
      }
    }
    return best;
  }

  /** Errors of the connection itself are logged by the connection. */
  private report({ name }: ClusterNode, error: unknown): void {
    if (!(error instanceof RedisError) || ['NO_CONNECTION', 'TIMEOUT', 'CLOSED'].includes(error.code)) return;
    const server = this.listed([name]);
    this.problem = `${server}: ${error.message}`;
    if (this.reported.add(this.problem)) {
      this.log.warn('the cluster cannot be read', { server, error: error.message });
    }
  }

  private apply(ranges: readonly SlotRange[]): void {
    this.known = nodesOf(ranges);
    this.owners.replace(ranges.map(({ first, last, primary }) => ({ first, last, owner: this.node(primary).name })));
    const primaries = this.owners.counts();
    const isWhole = this.isWhole();
    if (isWhole) this.reported.clear();
    const others = isWhole ? [] : [...this.topology.seeds, ...this.known];
    const kept = new Set([...primaries.keys(), ...others.map((address) => textOf(this.addressOf(address)))]);
    this.updatedNodes = kept.size;
    const sinceMs = performance.now() - ASKED_MS;
    for (const { name, connection, askedMs } of this.nodes.values()) {
      if (kept.has(name) || askedMs >= sinceMs) continue;
      this.nodes.delete(name);
      void connection.close();
    }
    this.logOwners(primaries);
  }

  private logOwners(primaries: ReadonlyMap<string, number>): void {
    const owners = this.listed([...primaries.keys()].toSorted());
    if (owners === this.lastOwners) return;
    this.lastOwners = owners;
    const slots = [...primaries.values()].reduce((sum, count) => sum + count, 0);
    this.log.info('cluster primaries', { primaries: owners, slots });
  }

  private problems(): string {
    const problems = [...this.nodes.values()].map(({ name, connection }) => [name, connection.problem ?? ''] as const);
    return masked(listedProblems(problems), this.config.password);
  }

  /** Without the password, which a node has got, and could announce as its host. */
  private listed(names: Iterable<string>): string {
    return masked([...names].join(', '), this.config.password);
  }
}

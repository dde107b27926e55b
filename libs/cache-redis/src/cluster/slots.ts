// The hash slots of a cluster and their owners (https://redis.io/docs/latest/commands/cluster-slots/).
import { isHost, type ServerAddress, textOf } from '../config/server-address.js';
import { RedisError } from '../connection/reply-errors.js';

/** Number of slots of each Redis Cluster. */
export const SLOTS = 16_384;

/** Most nodes of a cluster (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/). */
const MOST_NODES = 1_000;

/** A range of slots with its nodes. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly primary: ServerAddress;
  readonly replicas: readonly ServerAddress[];
}

/** The owner of each slot, by name. */
export class SlotOwners {
  private owners: string[] = [];
  private counted: ReadonlyMap<string, number> | undefined;

  get isEmpty(): boolean {
    return this.owners.length === 0;
  }

  ownerOf(slot: number): string | undefined {
    return this.owners[slot];
  }

  assign(slot: number, owner: string): void {
    this.owners[slot] = owner;
    this.counted = undefined;
  }

  replace(ranges: readonly { readonly first: number; readonly last: number; readonly owner: string }[]): void {
    this.owners = [];
    this.counted = undefined;
    for (const { first, last, owner } of ranges) {
      for (let slot = first; slot <= last; slot++) this.owners[slot] = owner;
    }
  }

  /** The number of slots of each owner. */
  counts(): ReadonlyMap<string, number> {
    this.counted ??= this.count();
    return this.counted;
  }

  private count(): Map<string, number> {
    const counts = new Map<string, number>();
    this.owners.forEach((owner) => counts.set(owner, (counts.get(owner) ?? 0) + 1));
    return counts;
  }
}

/**
 * @param reply the reply to CLUSTER SLOTS
 * @param asked the node that sent it; a node may leave out its own host
 * @throws RedisError when it is not such a reply
 */
export function parseSlots(reply: unknown, asked: ServerAddress): SlotRange[] {
  if (!Array.isArray(reply)) throw unreadable();
  const ranges = reply.map((entry) => parseRange(entry, asked)).filter((range) => range !== undefined);
  if (ranges.length === 0 && reply.length > 0) throw unreadable();
  const nodes = new Set(nodesOf(ranges).map(textOf));
  if (nodes.size > MOST_NODES) throw new RedisError('ERR', `it describes a cluster of more than ${MOST_NODES} nodes`);
  const slots = slotsOf(ranges);
  if (slots > SLOTS) throw unreadable();
  if (slots === 0) throw new RedisError('ERR', 'it knows no owner of any slot; join it to the cluster');
  return ranges;
}

export function slotsOf(ranges: readonly SlotRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Primaries and replicas. A node with several ranges is repeated. */
export function nodesOf(ranges: readonly SlotRange[]): ServerAddress[] {
  return ranges.flatMap(({ primary, replicas }) => [primary, ...replicas]);
}

/** @returns undefined when the address of the primary is unknown to the node that was asked: the other ranges can be used */
function parseRange(entry: unknown, asked: ServerAddress): SlotRange | undefined {
  if (!Array.isArray(entry)) throw unreadable();
  const [first, last, ...nodes]: unknown[] = entry;
  if (!isSlot(first) || !isSlot(last) || first > last || nodes.length === 0) throw unreadable();
  const [primary, ...replicas] = nodes.map((node) => parseNode(node, asked));
  return primary && { first, last, primary, replicas: replicas.filter((replica) => replica !== undefined) };
}

/** @returns undefined for a node whose address is unknown to the node that was asked */
function parseNode(node: unknown, asked: ServerAddress): ServerAddress | undefined {
  if (!Array.isArray(node)) throw unreadable();
  const [host, port, , metadata]: unknown[] = node;
  if (typeof port !== 'number') throw unreadable();
  return announced(typeof host === 'string' ? host : '', port, asked) ?? announced(ipIn(metadata), port, asked);
}

/** The IP address of a node whose host name is not set ("?"). @returns "?" when it is unknown, too */
function ipIn(metadata: unknown): string {
  const fields: unknown[] = Array.isArray(metadata) ? metadata : [];
  const ip = fields.includes('ip') ? fields[fields.indexOf('ip') + 1] : undefined;
  return typeof ip === 'string' ? ip : '?';
}

/**
 * The announced address of a node. An empty host is that of the node that was asked.
 *
 * @returns undefined for the host "?", which is unknown, and for a text that is no host
 */
export function announced(host: string, port: number, asked: ServerAddress): ServerAddress | undefined {
  if ((host !== '' && !isHost(host)) || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { host: host === '' ? asked.host : host, port };
}

export function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < SLOTS;
}

function unreadable(): RedisError {
  return new RedisError('ERR', 'its reply to CLUSTER SLOTS is not readable');
}

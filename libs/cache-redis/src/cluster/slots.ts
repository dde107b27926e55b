// The hash slots of a cluster and their owners (https://redis.io/docs/latest/commands/cluster-slots/).
import type { ServerAddress } from '../config/server-address.js';
import { RedisError } from '../connection/reply-errors.js';

/** Number of slots of each Redis Cluster. */
export const SLOTS = 16_384;

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

  get isEmpty(): boolean {
    return this.owners.length === 0;
  }

  ownerOf(slot: number): string | undefined {
    return this.owners[slot];
  }

  assign(slot: number, owner: string): void {
    this.owners[slot] = owner;
  }

  replace(ranges: readonly { readonly first: number; readonly last: number; readonly owner: string }[]): void {
    this.owners = [];
    for (const { first, last, owner } of ranges) {
      for (let slot = first; slot <= last; slot++) this.owners[slot] = owner;
    }
  }

  /** The number of slots of each owner. */
  counts(): Map<string, number> {
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
  return reply.map((entry: unknown) => {
    if (!Array.isArray(entry)) throw unreadable();
    const [first, last, ...nodes]: unknown[] = entry;
    if (!isSlot(first) || !isSlot(last)) throw unreadable();
    const [primary, ...replicas] = nodes.map((node) => parseNode(node, asked));
    if (primary === undefined) throw unreadable();
    return { first, last, primary, replicas: replicas.filter((replica) => replica !== undefined) };
  });
}

/** @returns undefined for a node whose host is unknown to the node that was asked */
function parseNode(node: unknown, asked: ServerAddress): ServerAddress | undefined {
  if (!Array.isArray(node)) throw unreadable();
  const [host, port]: unknown[] = node;
  if (typeof port !== 'number') throw unreadable();
  return announced(typeof host === 'string' ? host : '', port, asked);
}

/** The announced address of a node. An empty host is that of the node that was asked; the host "?" is unknown. */
export function announced(host: string, port: number, asked: ServerAddress): ServerAddress | undefined {
  if (host === '?' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { host: host === '' ? asked.host : host, port };
}

function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < SLOTS;
}

function unreadable(): RedisError {
  return new RedisError('ERR', 'its reply to CLUSTER SLOTS is not readable');
}

// How the servers are found: one address, the nodes of a Redis Cluster, or the primary that Sentinels name.
import { type NatMap, type ServerAddress, textOf } from './server-address.js';
import type { Variables } from './variables.js';

/** A Redis Cluster. */
export interface ClusterTopology {
  readonly kind: 'cluster';
  /** Nodes that are asked for the others. */
  readonly seeds: readonly ServerAddress[];
  /** The address to connect to, by the address that the cluster announces. */
  readonly natMap: NatMap;
}

/** A primary with replicas, which Sentinels watch and replace. */
export interface SentinelTopology {
  readonly kind: 'sentinel';
  readonly sentinels: readonly ServerAddress[];
  /** The name of the primary. */
  readonly name: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
  /** The address to connect to, by the address that a Sentinel announces. */
  readonly natMap: NatMap;
}

/** One server. */
export interface SingleTopology {
  readonly kind: 'single';
  readonly address: ServerAddress;
}

export type Topology = SingleTopology | ClusterTopology | SentinelTopology;

const DEFAULT_ADDRESS: ServerAddress = { host: 'localhost', port: 6379 };

/** @param tls whether the servers that hold data speak TLS */
export function topologyOf(given: Variables, tls: boolean): Topology {
  const natMap = given.REDIS_NAT_MAP ?? new Map();
  if (given.REDIS_CLUSTER !== undefined) return { kind: 'cluster', seeds: given.REDIS_CLUSTER, natMap };
  if (given.REDIS_SENTINELS !== undefined) {
    return {
      kind: 'sentinel',
      sentinels: given.REDIS_SENTINELS,
      name: given.REDIS_SENTINEL_NAME ?? '',
      username: given.REDIS_SENTINEL_USERNAME,
      password: given.REDIS_SENTINEL_PASSWORD,
      tls: given.REDIS_SENTINEL_TLS ?? tls,
      natMap,
    };
  }
  const { host, port } = given.REDIS_URL ?? given.REDIS_ADDR ?? DEFAULT_ADDRESS;
  return { kind: 'single', address: { host, port } };
}

/** For the log. */
export function nameOf(topology: Topology): string {
  if (topology.kind === 'sentinel') return topology.name;
  return topology.kind === 'cluster' ? topology.seeds.map(textOf).join(', ') : textOf(topology.address);
}

/** The smallest REDIS_MAX_VALUE_BYTES with a cluster: it also limits the name of a node. A host name has at most 253 bytes. */
const LEAST_CLUSTER_BYTES = 256;

/** The variables that contradict each other or have no effect. */
export function topologyProblems(given: Variables): [name: string, message: string][] {
  const { REDIS_CLUSTER, REDIS_SENTINELS, REDIS_SENTINEL_NAME } = given;
  const problems: [name: string, message: string][] = [];
  const servers = (['REDIS_URL', 'REDIS_ADDR', 'REDIS_CLUSTER', 'REDIS_SENTINELS'] as const).filter(
    (name) => given[name] !== undefined,
  );
  const [first] = servers;
  for (const name of servers.slice(1)) {
    if (name !== 'REDIS_ADDR') problems.push([name, `${first} says already where Redis is; set one of the two`]);
  }
  if (REDIS_SENTINELS !== undefined && (REDIS_SENTINEL_NAME ?? '') === '') {
    problems.push(['REDIS_SENTINEL_NAME', 'wanted the name of the primary that the Sentinels watch, like mymaster']);
  }
  if (REDIS_SENTINELS === undefined) {
    for (const name of SENTINEL_ONLY) {
      if (given[name] !== undefined) problems.push([name, 'it needs REDIS_SENTINELS; set it, or remove this variable']);
    }
  }
  if (given.REDIS_NAT_MAP !== undefined && REDIS_CLUSTER === undefined && REDIS_SENTINELS === undefined) {
    problems.push(['REDIS_NAT_MAP', 'it needs REDIS_CLUSTER or REDIS_SENTINELS; set one, or remove this variable']);
  }
  if (REDIS_CLUSTER !== undefined) problems.push(...clusterProblems(given));
  return problems;
}

const SENTINEL_ONLY = [
  'REDIS_SENTINEL_NAME',
  'REDIS_SENTINEL_USERNAME',
  'REDIS_SENTINEL_PASSWORD',
  'REDIS_SENTINEL_TLS',
] as const;

function clusterProblems({ REDIS_DB, REDIS_MAX_VALUE_BYTES: bytes }: Variables): [name: string, message: string][] {
  const problems: [name: string, message: string][] = [];
  if (REDIS_DB !== undefined && REDIS_DB !== 0) {
    problems.push(['REDIS_DB', 'a Redis Cluster has database 0 only; remove this variable']);
  }
  if (bytes !== undefined && bytes < LEAST_CLUSTER_BYTES) {
    problems.push([
      'REDIS_MAX_VALUE_BYTES',
      `wanted at least ${LEAST_CLUSTER_BYTES} with REDIS_CLUSTER: the limit also applies to the names of nodes`,
    ]);
  }
  return problems;
}

// The configuration of the Redis plugin, from all its variables.
import * as z from 'zod/mini';
import { type Topology, topologyOf, topologyProblems } from './topology.js';
import { type Variables, variables } from './variables.js';

/** How each connection to a server that holds data is used. */
export interface ConnectionConfig {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: boolean;
  /** Prefix of every key. */
  readonly keyPrefix: string;
  /** The version of the RESP protocol. */
  readonly protocol: 2 | 3;
  /** Longest value that is read or written, in bytes. */
  readonly maxValueBytes: number;
}

export interface RedisConfig extends ConnectionConfig {
  readonly topology: Topology;
}

const DEFAULT_MAX_VALUE_BYTES = 1024 * 1024;

export const config = z.pipe(
  variables,
  z.transform((given, context): RedisConfig => {
    const { REDIS_URL: url, REDIS_TLS } = given;
    for (const [name, message] of [...repeatedParts(given), ...topologyProblems(given)]) {
      context.issues.push({ code: 'custom', path: [name], message, input: given });
    }
    const tls = url?.tls ?? REDIS_TLS ?? false;
    return {
      topology: topologyOf(given, tls),
      username: url?.username ?? given.REDIS_USERNAME,
      password: url?.password ?? given.REDIS_PASSWORD,
      db: url?.db ?? given.REDIS_DB ?? 0,
      tls,
      keyPrefix: given.REDIS_KEY_PREFIX,
      protocol: given.REDIS_PROTOCOL,
      maxValueBytes: given.REDIS_MAX_VALUE_BYTES ?? DEFAULT_MAX_VALUE_BYTES,
    };
  }),
);

/** The variables that repeat a part of REDIS_URL. */
function repeatedParts(given: Variables): [name: string, message: string][] {
  const { REDIS_URL: url } = given;
  const twice = {
    REDIS_ADDR: url && given.REDIS_ADDR,
    REDIS_USERNAME: url?.username && given.REDIS_USERNAME,
    REDIS_PASSWORD: url?.password && given.REDIS_PASSWORD,
    REDIS_DB: url?.db === undefined ? undefined : given.REDIS_DB,
    REDIS_TLS: url && given.REDIS_TLS,
  };
  return Object.entries(twice)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => [name, 'REDIS_URL contains it already; set one of the two']);
}

// The variables of the Redis plugin.
import * as z from 'zod/mini';
import { parseAddress, parseServerUrl, type ServerAddress, type ServerUrl } from './server-address.js';

export interface RedisConfig extends ServerUrl {
  readonly db: number;
  /** Prefix of every key. */
  readonly keyPrefix: string;
  /** The version of the RESP protocol. */
  readonly protocol: 2 | 3;
  /** Longest value that is read or written, in bytes. */
  readonly maxValueBytes: number;
}

/** A variable that a parser converts. A text that it cannot convert is an error. */
function parsed<Value>(parse: (text: string) => Value | undefined, wanted: string) {
  return z.optional(
    z.pipe(
      z.string(),
      z.transform((text, context): Value => {
        const value = parse(text);
        if (value !== undefined) return value;
        context.issues.push({ code: 'custom', message: `wanted ${wanted}`, input: text });
        return z.NEVER;
      }),
    ),
  );
}

/** About the largest size of one answer of a plugin, in bytes. */
const LONGEST_VALUE_BYTES = 16_000_000;

function parseBytes(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) && Number(text) <= LONGEST_VALUE_BYTES ? Number(text) : undefined;
}

const variables = z.object({
  REDIS_ADDR: parsed(parseAddress, 'host:port, like localhost:6379 or [::1]:6379'),
  REDIS_URL: parsed(parseServerUrl, 'redis://user:password@host:port/db, or rediss:// for TLS, without a query'),
  REDIS_PASSWORD: z.optional(z.string()),
  REDIS_DB: parsed((text) => (/^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined), 'a whole number, 0 or more'),
  REDIS_TLS: z.optional(
    z.pipe(
      z.enum(['true', 'false'], 'wanted true or false'),
      z.transform((text) => text === 'true'),
    ),
  ),
  REDIS_KEY_PREFIX: z.prefault(z.string(), ''),
  // Not 3, the default of ioredis: GET and SET do not need it, and some proxies answer HELLO with an error.
  REDIS_PROTOCOL: z.pipe(
    z.prefault(z.enum(['2', '3'], 'wanted 2 or 3'), '2'),
    z.transform((text) => (text === '3' ? 3 : 2)),
  ),
  REDIS_MAX_VALUE_BYTES: parsed(parseBytes, `a whole number of bytes, 1 to ${LONGEST_VALUE_BYTES}`),
});

const DEFAULT_MAX_VALUE_BYTES = 1024 * 1024;
const DEFAULT_ADDRESS: ServerAddress = { host: 'localhost', port: 6379 };

export const config = z.pipe(
  variables,
  z.transform((given, context): RedisConfig => {
    const { REDIS_URL: url, REDIS_ADDR, REDIS_PASSWORD, REDIS_DB, REDIS_TLS } = given;
    const twice = Object.entries({
      REDIS_ADDR: url && REDIS_ADDR,
      REDIS_PASSWORD: url?.password && REDIS_PASSWORD,
      REDIS_DB: url?.db === undefined ? undefined : REDIS_DB,
      REDIS_TLS: url && REDIS_TLS,
    }).filter(([, value]) => value !== undefined);
    for (const [name] of twice) {
      context.issues.push({
        code: 'custom',
        path: [name],
        message: 'REDIS_URL contains it already; set one of the two',
        input: given,
      });
    }
    return {
      host: (url ?? REDIS_ADDR ?? DEFAULT_ADDRESS).host,
      port: (url ?? REDIS_ADDR ?? DEFAULT_ADDRESS).port,
      username: url?.username,
      password: url?.password ?? REDIS_PASSWORD,
      db: url?.db ?? REDIS_DB ?? 0,
      tls: url?.tls ?? REDIS_TLS ?? false,
      keyPrefix: given.REDIS_KEY_PREFIX,
      protocol: given.REDIS_PROTOCOL,
      maxValueBytes: given.REDIS_MAX_VALUE_BYTES ?? DEFAULT_MAX_VALUE_BYTES,
    };
  }),
);

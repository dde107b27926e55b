// The variables of the Redis plugin, each by itself.
import * as z from 'zod/mini';
import { parseAddress, parseAddresses, parseNatMap, parseServerUrl } from './server-address.js';

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

const SWITCH = z.optional(
  z.pipe(
    z.enum(['true', 'false'], 'wanted true or false'),
    z.transform((text) => text === 'true'),
  ),
);

/** About the largest size of one answer of a plugin, in bytes. */
const LONGEST_VALUE_BYTES = 16_000_000;

function parseBytes(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) && Number(text) <= LONGEST_VALUE_BYTES ? Number(text) : undefined;
}

const SENTINEL_PORT = 26_379;
const HOSTS = 'addresses separated by commas, like redis-1:7000,redis-2:7000';

export const variables = z.object({
  REDIS_ADDR: parsed(parseAddress, 'host:port, like localhost:6379 or [::1]:6379'),
  REDIS_URL: parsed(parseServerUrl, 'redis://user:password@host:port/db, or rediss:// for TLS, without a query'),
  REDIS_CLUSTER: parsed(parseAddresses, HOSTS),
  REDIS_SENTINELS: parsed((text) => parseAddresses(text, SENTINEL_PORT), HOSTS),
  REDIS_SENTINEL_NAME: z.optional(z.string()),
  REDIS_SENTINEL_USERNAME: z.optional(z.string()),
  REDIS_SENTINEL_PASSWORD: z.optional(z.string()),
  REDIS_SENTINEL_TLS: SWITCH,
  REDIS_NAT_MAP: parsed(
    parseNatMap,
    'pairs separated by commas, like 10.0.0.1:6379=redis-1.example.org:7000: the announced address, and the one to connect to',
  ),
  REDIS_USERNAME: z.optional(z.string()),
  REDIS_PASSWORD: z.optional(z.string()),
  REDIS_DB: parsed((text) => (/^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined), 'a whole number, 0 or more'),
  REDIS_TLS: SWITCH,
  REDIS_KEY_PREFIX: z.prefault(z.string(), ''),
  // Not 3, the default of ioredis: GET and SET do not need it, and some proxies answer HELLO with an error.
  REDIS_PROTOCOL: z.pipe(
    z.prefault(z.enum(['2', '3'], 'wanted 2 or 3'), '2'),
    z.transform((text) => (text === '3' ? 3 : 2)),
  ),
  REDIS_MAX_VALUE_BYTES: parsed(parseBytes, `a whole number of bytes, 1 to ${LONGEST_VALUE_BYTES}`),
});

export type Variables = z.output<typeof variables>;

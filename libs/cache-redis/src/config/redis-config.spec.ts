// The variables of the Redis plugin: defaults, contradictions, secrets.
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { manifest } from '../index.js';

const validate = (variables: Record<string, string>) => manifest.config?.['~standard'].validate(variables);

const single = (host: string, port: number) => ({ kind: 'single', address: { host, port } });

const DEFAULTS = {
  topology: single('localhost', 6379),
  username: undefined,
  password: undefined,
  db: 0,
  tls: false,
  keyPrefix: '',
  protocol: 2,
  maxValueBytes: 1_048_576,
};

describe('the manifest of cache-redis', () => {
  it('keeps version 1 of the cache contract, needs the network, and marks variables with passwords as secret', () => {
    expect(manifest).toMatchObject({
      kind: 'cache',
      contract: 1,
      name: 'cache-redis',
      version: packageJson.version,
      secrets: ['REDIS_PASSWORD', 'REDIS_SENTINEL_PASSWORD', 'REDIS_URL'],
      permissions: ['net'],
    });
  });

  it('has the default database 0 of localhost:6379, without a password', async () => {
    expect(await validate({})).toEqual({ value: DEFAULTS });
  });

  it('reads each part from its own variable', async () => {
    const given = {
      REDIS_ADDR: 'redis:7000',
      REDIS_USERNAME: 'ada',
      REDIS_PASSWORD: 'secret',
      REDIS_DB: '3',
      REDIS_TLS: 'true',
      REDIS_KEY_PREFIX: 'fib:',
      REDIS_PROTOCOL: '3',
    };

    expect(await validate(given)).toEqual({
      value: {
        ...DEFAULTS,
        topology: single('redis', 7000),
        username: 'ada',
        password: 'secret',
        db: 3,
        tls: true,
        keyPrefix: 'fib:',
        protocol: 3,
      },
    });
  });

  it('reads the server from a URL, and missing parts from variables', async () => {
    expect(await validate({ REDIS_URL: 'rediss://ada@redis', REDIS_PASSWORD: 'secret', REDIS_DB: '3' })).toEqual({
      value: { ...DEFAULTS, topology: single('redis', 6379), username: 'ada', password: 'secret', db: 3, tls: true },
    });
  });

  it('refuses all variables that repeat parts of the URL, in one list', async () => {
    const variables = { REDIS_ADDR: 'h', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'x', REDIS_DB: '0', REDIS_TLS: 'false' };

    expect(await validate({ ...variables, REDIS_URL: 'redis://v:y@h/1' })).toMatchObject({
      issues: Object.keys(variables).map((name) => ({
        path: [name],
        message: 'REDIS_URL contains it already; set one of the two',
      })),
    });
  });

  it('reads the nodes of a cluster and the addresses that are reachable', async () => {
    const given = { REDIS_CLUSTER: 'redis-1:7000, redis-2,redis-2:6379', REDIS_NAT_MAP: '10.0.0.1:6379=redis-1:7000' };

    expect(await validate(given)).toEqual({
      value: {
        ...DEFAULTS,
        topology: {
          kind: 'cluster',
          seeds: [
            { host: 'redis-1', port: 7000 },
            { host: 'redis-2', port: 6379 },
          ],
          natMap: new Map([['10.0.0.1:6379', { host: 'redis-1', port: 7000 }]]),
        },
      },
    });
  });

  it('reads the Sentinels, with port 26379 and TLS as the servers by default', async () => {
    const given = {
      REDIS_SENTINELS: 's1,s2:7000',
      REDIS_SENTINEL_NAME: 'mymaster',
      REDIS_SENTINEL_USERNAME: 'ada',
      REDIS_SENTINEL_PASSWORD: 'secret',
      REDIS_TLS: 'true',
    };
    const topology = {
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 7000 },
      ],
      name: 'mymaster',
      username: 'ada',
      password: 'secret',
      tls: true,
      natMap: new Map(),
    };

    expect(await validate(given)).toEqual({ value: { ...DEFAULTS, tls: true, topology } });
    expect(await validate({ ...given, REDIS_SENTINEL_TLS: 'false' })).toMatchObject({
      value: { tls: true, topology: { tls: false } },
    });
  });

  it.each([
    [
      { REDIS_ADDR: 'h', REDIS_CLUSTER: 'h' },
      'REDIS_CLUSTER',
      'REDIS_ADDR says already where Redis is; set one of the two',
    ],
    [
      { REDIS_URL: 'redis://h', REDIS_CLUSTER: 'h' },
      'REDIS_CLUSTER',
      'REDIS_URL says already where Redis is; set one of the two',
    ],
    [
      { REDIS_CLUSTER: 'h', REDIS_SENTINELS: 'h', REDIS_SENTINEL_NAME: 'n' },
      'REDIS_SENTINELS',
      'REDIS_CLUSTER says already where Redis is; set one of the two',
    ],
    [
      { REDIS_SENTINELS: 'h' },
      'REDIS_SENTINEL_NAME',
      'wanted the name of the primary that the Sentinels watch, like mymaster',
    ],
    [{ REDIS_SENTINEL_NAME: 'n' }, 'REDIS_SENTINEL_NAME', 'it needs REDIS_SENTINELS; set it, or remove this variable'],
    [{ REDIS_SENTINEL_TLS: 'true' }, 'REDIS_SENTINEL_TLS', 'it needs REDIS_SENTINELS; set it, or remove this variable'],
    [
      { REDIS_NAT_MAP: 'a=b' },
      'REDIS_NAT_MAP',
      'it needs REDIS_CLUSTER or REDIS_SENTINELS; set one, or remove this variable',
    ],
    [{ REDIS_CLUSTER: 'h', REDIS_DB: '1' }, 'REDIS_DB', 'a Redis Cluster has database 0 only; remove this variable'],
    [
      { REDIS_CLUSTER: 'h', REDIS_MAX_VALUE_BYTES: '100' },
      'REDIS_MAX_VALUE_BYTES',
      'wanted at least 256 with REDIS_CLUSTER: the limit also applies to the names of nodes',
    ],
  ])('refuses %j', async (variables, name, message) => {
    expect(await validate(variables)).toMatchObject({ issues: [{ path: [name], message }] });
  });

  it.each([
    ['REDIS_CLUSTER', 'h,', 'wanted addresses separated by commas, like redis-1:7000,redis-2:7000'],
    ['REDIS_SENTINELS', '', 'wanted addresses separated by commas, like redis-1:7000,redis-2:7000'],
    ['REDIS_NAT_MAP', 'a=b=c', expect.stringContaining('wanted pairs separated by commas')],
    ['REDIS_NAT_MAP', 'a', expect.stringContaining('wanted pairs separated by commas')],
    ['REDIS_ADDR', 'host:port:', 'wanted host:port, like localhost:6379 or [::1]:6379'],
    ['REDIS_URL', 'http://h', 'wanted redis://user:password@host:port/db, or rediss:// for TLS, without a query'],
    ['REDIS_DB', '-1', 'wanted a whole number, 0 or more'],
    ['REDIS_DB', '1.5', 'wanted a whole number, 0 or more'],
    ['REDIS_TLS', 'yes', 'wanted true or false'],
    ['REDIS_TLS', 'toString', 'wanted true or false'],
    ['REDIS_PROTOCOL', '4', 'wanted 2 or 3'],
  ])('refuses %s=%s', async (name, value, message) => {
    expect(await validate({ [name]: value })).toMatchObject({ issues: [{ path: [name], message }] });
  });
});

// The variables of the Redis plugin: defaults, contradictions, secrets.
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { manifest } from './index.js';

const validate = (variables: Record<string, string>) => manifest.config?.['~standard'].validate(variables);

const DEFAULTS = {
  host: 'localhost',
  port: 6379,
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
      env: ['REDIS_ADDR', 'REDIS_DB', 'REDIS_TLS', 'REDIS_KEY_PREFIX', 'REDIS_PROTOCOL', 'REDIS_MAX_VALUE_BYTES'],
      secrets: ['REDIS_PASSWORD', 'REDIS_URL'],
      permissions: ['net'],
    });
  });

  it('has the default database 0 of localhost:6379, without a password', async () => {
    expect(await validate({})).toEqual({ value: DEFAULTS });
  });

  it('reads each part from its own variable', async () => {
    const given = {
      REDIS_ADDR: 'redis:7000',
      REDIS_PASSWORD: 'secret',
      REDIS_DB: '3',
      REDIS_TLS: 'true',
      REDIS_KEY_PREFIX: 'fib:',
      REDIS_PROTOCOL: '3',
    };

    expect(await validate(given)).toEqual({
      value: {
        ...DEFAULTS,
        host: 'redis',
        port: 7000,
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
      value: { ...DEFAULTS, host: 'redis', username: 'ada', password: 'secret', db: 3, tls: true },
    });
  });

  it('refuses all variables that repeat parts of the URL, in one list', async () => {
    const variables = { REDIS_ADDR: 'h', REDIS_PASSWORD: 'x', REDIS_DB: '0', REDIS_TLS: 'false' };

    expect(await validate({ ...variables, REDIS_URL: 'redis://:y@h/1' })).toMatchObject({
      issues: Object.keys(variables).map((name) => ({
        path: [name],
        message: 'REDIS_URL contains it already; set one of the two',
      })),
    });
  });

  it.each([
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

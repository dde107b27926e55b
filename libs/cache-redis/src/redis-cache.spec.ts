// The Redis plugin with a real server: commands, failures, recovery, close.
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Cache } from '@pluggable/cache/contract';
import { type Fault, type Flow, openFaultProxy, passThrough } from '@pluggable/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';
import { Factory, manifest } from './index.js';
import type { RedisConfig } from './config/redis-config.js';

const CALL_TIMEOUT_MS = 100;

/** Opens the plugin as a host does, with these variables. */
async function open(variables: Record<string, string>) {
  const { logger, lines } = recordingLogger();
  const result = await manifest.config?.['~standard'].validate(variables);
  const config = (result as { value: RedisConfig }).value;
  const cache = await Factory(logger, { config, callTimeoutMs: CALL_TIMEOUT_MS, signal: new AbortController().signal });
  opened.push(cache);
  return { cache, lines };
}

const opened: Cache[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (cache) => await cache.close?.()));
});

/** The result of ping: undefined when the cache can be used, else the reason. */
async function problemOf(cache: Cache): Promise<string | undefined> {
  const error: unknown = await cache.ping?.().catch((failure: unknown) => failure);
  return error instanceof Error ? error.message : undefined;
}

const hasConnection = async (cache: Cache) => (await problemOf(cache)) === undefined;
const hasLostConnection = async (cache: Cache) => (await problemOf(cache))?.startsWith('no connection') ?? false;

/** The open sockets of this process. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => /^T(CP|LS)/.test(name)).length;

/** A file of test/fixtures/tls. */
const tlsFile = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));

const timedMs = async (work: Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work.catch(() => undefined);
  return performance.now() - startedMs;
};

/** Other bytes arrive instead of each reply. */
const garbled = (replace: (reply: string) => string): Fault => ({
  reply: (way) => (bytes) => way.pass(Buffer.from(replace(Buffer.from(bytes).toString('latin1')), 'latin1')),
});

/** The first reply of a connection arrives after its command has timed out, later replies in time. */
const firstIsLate: Flow = (way) => {
  let isFirst = true;
  return (bytes) => {
    way.pass(bytes, isFirst ? 1.5 * CALL_TIMEOUT_MS : 0);
    isFirst = false;
  };
};

describe('with a server', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());
  beforeEach(() => redis.cli('FLUSHALL'));

  it('reads with one GET and writes with one SET with the requested time to live', async () => {
    await using monitor = await redis.monitor();
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    await cache.get('key');
    await cache.set('key', 'value', 90_000);
    await cache.get('key');

    expect(await monitor.commands('GET', 'SET')).toEqual(['GET "key"', 'SET "key" "value" "PX" "90000"', 'GET "key"']);
    const ttlMs = Number(await redis.cli('PTTL', 'key'));
    expect(ttlMs).toBeGreaterThan(60_000);
    expect(ttlMs).toBeLessThanOrEqual(90_000);
  });

  it('puts its prefix before each key, and uses its own database', async () => {
    const { cache } = await open({ REDIS_ADDR: redis.addr, REDIS_DB: '3', REDIS_KEY_PREFIX: 'fib:' });
    await cache.set('45', '1', 60_000);

    expect(await cache.get('45')).toEqual({ status: 'hit', value: '1' });
    expect(await redis.cli('-n', '3', 'KEYS', '*')).toBe('fib:45');
    expect(await redis.cli('KEYS', '*')).toBe('');
  });

  it('shares its entries with every other instance', async () => {
    const [one, other] = [await open({ REDIS_ADDR: redis.addr }), await open({ REDIS_URL: `redis://${redis.addr}/0` })];
    await one.cache.set('key', 'value', 60_000);

    expect(await other.cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it.each(['2', '3'])('speaks version %s of the protocol', async (protocol) => {
    await using monitor = await redis.monitor();
    const { cache } = await open({ REDIS_ADDR: redis.addr, REDIS_PROTOCOL: protocol });
    await cache.set('key', 'value', 60_000);

    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
    expect(await monitor.commands('HELLO')).toEqual(protocol === '3' ? ['HELLO "3"'] : []);
  });

  it('fails for a key that holds another type, and overwrites it', async () => {
    await redis.cli('LPUSH', 'key', 'item');
    const { cache } = await open({ REDIS_ADDR: redis.addr });

    await expect(cache.get('key')).rejects.toThrow('WRONGTYPE');
    await cache.set('key', 'value', 60_000);
    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it('does not use database 0 when its own cannot be selected', async () => {
    await using monitor = await redis.monitor();
    const { cache, lines } = await open({ REDIS_ADDR: redis.addr, REDIS_DB: '99' });
    const error =
      'it refuses database 99 (ERR DB index is out of range); correct REDIS_DB, or leave it out for database 0';
    const problem = `no connection to ${redis.addr} (${error})`;

    await expect(cache.ping?.()).rejects.toThrow(problem);
    await expect(cache.set('key', 'value', 60_000)).rejects.toThrow(problem);
    expect(await monitor.commands('SET')).toEqual([]);
    expect(lines).toContainEqual(['warn', 'no connection', { server: redis.addr, error }]);
  });

  it('logs the messages of the original, and no value', async () => {
    const { cache, lines } = await open({ REDIS_ADDR: redis.addr });
    await cache.get('key');
    await cache.set('key', 'private', 60_000);
    await cache.get('key');

    expect(lines).toEqual([
      ['info', 'connected', { server: redis.addr }],
      ['debug', 'loaded', { server: redis.addr, db: 0, tls: false, keyPrefix: '' }],
      ['debug', 'get', { key: 'key' }],
      ['debug', 'key not found', { key: 'key' }],
      ['debug', 'set', { key: 'key', ttlMs: 60_000 }],
      ['debug', 'get', { key: 'key' }],
      ['debug', 'key found', { key: 'key' }],
    ]);
  });

  it('leaves no connection after close, and refuses calls from then on', async () => {
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    const connections = async () => (await redis.cli('CLIENT', 'LIST')).match(/cmd=ping/g)?.length ?? 0;
    await cache.ping?.();
    await cache.close?.();

    await eventually('no connection', async () => (await connections()) === 0);
    await expect(cache.get('key')).rejects.toThrow('the cache is closed');
    await expect(cache.ping?.()).rejects.toThrow('the cache is closed');
  });

  it('completes the calls in flight when it is closed', async () => {
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    await cache.set('key', 'value', 60_000);
    const calls = Array.from({ length: 100 }, () => cache.get('key'));
    await cache.close?.();

    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set(['hit']));
  });
});

describe('with a server that requires a password', () => {
  const password = 'correct-horse';
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ args: ['--requirepass', password, '--user', 'ada', 'on', '>battery', '~*', '+@all'] });
  });
  afterAll(() => redis.kill());

  it.each([
    ['REDIS_PASSWORD', () => ({ REDIS_ADDR: redis.addr, REDIS_PASSWORD: password })],
    ['REDIS_PASSWORD, protocol 3', () => ({ REDIS_ADDR: redis.addr, REDIS_PASSWORD: password, REDIS_PROTOCOL: '3' })],
    ['REDIS_URL', () => ({ REDIS_URL: `redis://:${password}@${redis.addr}` })],
    ['REDIS_URL with a user', () => ({ REDIS_URL: `redis://ada:battery@${redis.addr}` })],
  ])('connects with %s', async (_, variables) => {
    const { cache } = await open(variables());
    await cache.set('key', 'value', 60_000);

    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it.each([
    ['a wrong one', { REDIS_PASSWORD: 'wrong-horse' }, 'WRONGPASS'],
    ['a wrong one, protocol 3', { REDIS_PASSWORD: 'wrong-horse', REDIS_PROTOCOL: '3' }, 'WRONGPASS'],
    ['none', {}, 'NOAUTH'],
  ])('starts with %s, reports why it cannot be used, and never shows the password', async (_, variables, reason) => {
    const { cache, lines } = await open({ REDIS_ADDR: redis.addr, ...variables });

    await expect(cache.ping?.()).rejects.toThrow(reason);
    await expect(cache.get('key')).rejects.toThrow(reason);
    const warnings = lines.filter(([level]) => level === 'warn');
    expect(warnings).toMatchObject([['warn', 'no connection', { error: expect.stringContaining(reason) }]]);
    expect(JSON.stringify(lines)).not.toContain('wrong-horse');
  });
});

describe('over TLS', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ tls: { certFile: tlsFile('localhost.crt'), keyFile: tlsFile('localhost.key') } });
  });
  afterAll(() => redis.kill());

  it('refuses a certificate that no known authority has signed', async () => {
    const { cache } = await open({ REDIS_URL: `rediss://localhost:${redis.port}` });

    await expect(cache.ping?.()).rejects.toThrow('self-signed certificate');
  });
});

describe('without a server', () => {
  it('starts, fails each call at once with the reason, and works when the server is available', async () => {
    await using redis = await startRedis();
    await redis.kill();
    const { cache, lines } = await open({ REDIS_ADDR: redis.addr });
    const reason = `no connection to ${redis.addr} (connect ECONNREFUSED ${redis.addr})`;

    await expect(cache.ping?.()).rejects.toThrow(reason);
    await expect(cache.get('key')).rejects.toThrow(reason);
    await expect(cache.set('key', 'value', 60_000)).rejects.toThrow(reason);
    await redis.start();
    await eventually('a connection', () => hasConnection(cache));
    expect(await cache.get('key')).toEqual({ status: 'not-found' });
    expect(lines.filter(([level]) => level !== 'debug')).toEqual([
      ['warn', 'no connection', { server: redis.addr, error: `connect ECONNREFUSED ${redis.addr}` }],
      ['info', 'connected', { server: redis.addr }],
    ]);
  });

  it('reconnects to a restarted server, and does not send calls that failed meanwhile', async () => {
    await using redis = await startRedis();
    const { cache, lines } = await open({ REDIS_ADDR: redis.addr });
    await redis.kill();
    await eventually('no connection', () => hasLostConnection(cache));
    const writes = Array.from({ length: 100 }, (_, i) => cache.set(`lost-${i}`, 'value', 60_000));
    expect(new Set((await Promise.allSettled(writes)).map(({ status }) => status))).toEqual(new Set(['rejected']));
    await redis.start();
    await using monitor = await redis.monitor();
    await eventually('a connection', () => hasConnection(cache));
    await cache.set('kept', 'value', 60_000);

    expect(await monitor.commands('SET')).toEqual(['SET "kept" "value" "PX" "60000"']);
    expect(await redis.cli('KEYS', '*')).toBe('kept');
    expect(lines.filter(([level]) => level === 'info')).toHaveLength(2);
    expect(lines.filter(([level]) => level === 'warn').length).toBeLessThanOrEqual(3);
  });
});

describe('with a server that does not answer', () => {
  it('fails a call at its time limit, later calls at once, and recovers', async () => {
    await using redis = await startRedis();
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    await cache.set('key', 'value', 60_000);
    redis.freeze();
    const first = await timedMs(cache.get('key'));
    await eventually('no connection', () => hasLostConnection(cache));
    const later = await timedMs(cache.get('key'));
    redis.thaw();

    expect(first).toBeGreaterThanOrEqual(CALL_TIMEOUT_MS - 10);
    expect(first).toBeLessThan(20 * CALL_TIMEOUT_MS);
    expect(later).toBeLessThan(CALL_TIMEOUT_MS);
    await eventually('a connection', () => hasConnection(cache));
    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it('in time is left once, however many calls time out together, and logs no warning of Node', async () => {
    let delayMs = 0;
    const late = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          const commands = bytes.toString().split('*').length - 1;
          setTimeout(() => socket.write('+PONG\r\n'.repeat(commands)), delayMs);
        });
    }).listen(0, '127.0.0.1');
    await once(late, 'listening');
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      const { cache, lines } = await open({ REDIS_ADDR: `127.0.0.1:${(late.address() as { port: number }).port}` });
      delayMs = 1.5 * CALL_TIMEOUT_MS;
      for (let turn = 0; turn < 4; turn++) {
        for (let call = 0; call < 20; call++) cache.get('key').catch(() => undefined);
        await delay(CALL_TIMEOUT_MS);
      }
      await eventually('the loss', () => lines.some(([, message]) => message === 'no connection'));
    } finally {
      process.off('warning', onWarning);
      late.close();
    }

    expect(warnings).toEqual([]);
  });

  it('drops the data that the server has not read, with the connection', async () => {
    await using redis = await startRedis();
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    redis.freeze();
    // More than the socket buffers of both sides hold.
    const writes = Array.from({ length: 40 }, (_, i) => cache.set(`key-${i}`, 'x'.repeat(1_000_000), 60_000));
    expect(new Set((await Promise.allSettled(writes)).map(({ status }) => status))).toEqual(new Set(['rejected']));
    await eventually('no connection', () => hasLostConnection(cache));
    redis.thaw();
    await eventually('a connection', () => hasConnection(cache));

    expect(Number(await redis.cli('DBSIZE'))).toBeLessThan(40);
  });

  describe('and never has', () => {
    let silent: Server;
    beforeAll(async () => {
      silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });
    afterAll(() => silent.close());
    const addr = () => `127.0.0.1:${(silent.address() as { port: number }).port}`;

    it('starts within a bounded time, and fails each call at once', async () => {
      const startedMs = performance.now();
      const { cache } = await open({ REDIS_ADDR: addr() });
      expect(performance.now() - startedMs).toBeLessThan(5_000);

      expect(await timedMs(cache.get('key'))).toBeLessThan(CALL_TIMEOUT_MS);
      await expect(cache.get('key')).rejects.toThrow(`no connection to ${addr()} (`);
    });
  });
});

describe('with a server whose replies are wrong', () => {
  it.each([
    ['a status', '+OK\r\n'],
    ['a value', '$4\r\n6765\r\n'],
    ['null', '$-1\r\n'],
    ['an error', '-ERR\r\n'],
    ['an empty push message', '>1\r\n$-1\r\n'],
    ['bytes of another protocol', 'HTTP/1.1 400 Bad Request\r\n'],
  ])('ends the connection on %s without a command, and reconnects', async (_, stray) => {
    await using redis = await startRedis();
    await using proxy = await openFaultProxy({ port: redis.port });
    const { cache } = await open({ REDIS_ADDR: `127.0.0.1:${proxy.port}` });
    await cache.set('key', 'value', 60_000);
    await proxy.inject(garbled((reply) => reply + stray));
    await cache.get('key').catch(() => undefined);
    await eventually('the end of the connection', () => hasLostConnection(cache));
    await proxy.inject(passThrough);

    await eventually('a connection', () => hasConnection(cache));
    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it('closes a connection on which a reply never ends, though bytes arrive', async () => {
    await using redis = await startRedis();
    await using proxy = await openFaultProxy({ port: redis.port });
    const { cache } = await open({ REDIS_ADDR: `127.0.0.1:${proxy.port}` });
    await cache.set('key', 'value', 60_000);
    let isFirst = true;
    await proxy.inject(garbled((reply) => (isFirst ? '$1000000\r\n' : reply)));
    await expect(cache.get('key')).rejects.toThrow(/timed out|no connection/);
    isFirst = false;

    await eventually('a connection', () => hasConnection(cache));
    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  });

  it('reconnects when its database was not selected in time, and uses no other database meanwhile', async () => {
    await using redis = await startRedis();
    await using proxy = await openFaultProxy({ port: redis.port });
    await proxy.inject({ reply: firstIsLate });
    const { cache } = await open({ REDIS_ADDR: `127.0.0.1:${proxy.port}`, REDIS_DB: '3' });
    await expect(cache.set('key', 'value', 60_000)).rejects.toThrow('no connection');
    await proxy.inject(passThrough);
    await eventually('a connection', () => hasConnection(cache));
    await cache.set('key', 'value', 60_000);

    expect([await redis.cli('-n', '0', 'DBSIZE'), await redis.cli('-n', '3', 'DBSIZE')]).toEqual(['0', '1']);
  });
});

describe('close', () => {
  it.each([
    ['is connected', async () => {}],
    ['has lost its server', (redis: RedisServer) => redis.kill()],
    ['waits for an answer that does not come', async (redis: RedisServer) => redis.freeze()],
  ])('ends a connection that %s, twice, within a bounded time and with nothing left open', async (_, inject) => {
    await using redis = await startRedis();
    const before = sockets();
    const { cache } = await open({ REDIS_ADDR: redis.addr });
    await inject(redis);
    const call = cache.get('key').catch(() => undefined);
    const startedMs = performance.now();
    await Promise.all([cache.close?.(), cache.close?.()]);
    await cache.close?.();
    await call;

    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await eventually('no socket', () => sockets() <= before);
  });
});

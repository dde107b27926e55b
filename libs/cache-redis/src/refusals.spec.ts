// Servers that refuse commands: used if GET and SET work, awaited while they cannot be used.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cache } from '@pluggable/cache/contract';
import { openFaultProxy } from '@pluggable/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { loading } from '../../../test/support/redis-faults.js';
import { openRedisCache, problemOf } from '../../../test/support/redis-cache.js';
import { startFakeRedis } from '../../../test/support/redis-fake.js';
import { startRedis } from '../../../test/support/redis.js';

const withoutCommands = (...names: readonly string[]) => names.flatMap((name) => ['--rename-command', name, '']);
/** May read and write the keys of its prefix only. */
const READER = ['--user', 'ada', 'on', '>battery', '~fib:*', '+get', '+set'];
const asReader = (addr: string) => ({ REDIS_URL: `redis://ada:battery@${addr}`, REDIS_KEY_PREFIX: 'fib:' });

async function expectHit(cache: Cache): Promise<void> {
  await cache.set('key', 'value', 60_000);
  expect(await cache.get('key')).toEqual({ status: 'hit', value: 'value' });
  expect(await problemOf(cache)).toBeUndefined();
}

describe('a server that refuses a command that the cache does not need', () => {
  it.each([
    ['INFO', '2'],
    ['PING', '2'],
    ['HELLO', '3'],
    ['INFO CLIENT COMMAND HELLO SELECT QUIT PING', '2'],
    ['INFO CLIENT COMMAND HELLO SELECT QUIT PING', '3'],
  ])('is used without %s, protocol %s, and without a warning', async (names, protocol) => {
    await using redis = await startRedis({ args: withoutCommands(...names.split(' ')) });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_PROTOCOL: protocol });

    await expectHit(opened.cache);
    expect(opened.warnings()).toEqual([]);
  });

  it.each(['2', '3'])('is used by a user with +get +set alone, protocol %s, also after a restart', async (protocol) => {
    await using redis = await startRedis({ args: READER });
    await using opened = await openRedisCache({ ...asReader(redis.addr), REDIS_PROTOCOL: protocol });
    await expectHit(opened.cache);
    await redis.kill();
    await eventually('no connection', async () => (await problemOf(opened.cache)) !== undefined);
    await redis.start();
    await eventually('a connection', async () => (await problemOf(opened.cache)) === undefined);

    await expectHit(opened.cache);
  });

  it('is used when it answers PING with an error of its own', async () => {
    await using redis = await startFakeRedis((name) =>
      name === 'GET' ? '$2\r\n55\r\n' : '-MISCONF errors writing to disk\r\n',
    );
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });

    expect(await opened.cache.get('10')).toEqual({ status: 'hit', value: '55' });
    expect(await problemOf(opened.cache)).toBeUndefined();
    await expect(opened.cache.set('10', '55', 1_000)).rejects.toThrow('MISCONF errors writing to disk');
  });

  it.each([
    ['requires none', [], 'the server requires no password'],
    [
      'does not support AUTH',
      withoutCommands('AUTH'),
      'the server does not support AUTH (is it renamed in redis.conf?)',
    ],
  ])('is used without the password when it %s, with a warning', async (_, args, error) => {
    await using redis = await startRedis({ args });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_PASSWORD: 'correct-horse' });

    await expectHit(opened.cache);
    expect(opened.warnings()).toEqual([['used without the password', error]]);
  });

  it('is not used with another database when it does not support SELECT', async () => {
    await using redis = await startRedis({ args: withoutCommands('SELECT') });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_DB: '3' });

    await expect(opened.cache.set('key', 'value', 60_000)).rejects.toThrow(
      "it refuses database 3 (ERR unknown command 'SELECT'); correct REDIS_DB, or leave it out for database 0",
    );
  });
});

describe('a server that cannot be used for now', () => {
  it.each([
    ['everything', [], (addr: string) => ({ REDIS_ADDR: addr })],
    ['GET and SET', READER, asReader],
  ])('is awaited while it loads its data, with a user that may use %s', async (_, user, variables) => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-'));
    try {
      await using redis = await startRedis({ args: ['--dir', folder, '--enable-debug-command', 'local', ...user] });
      await using proxy = await openFaultProxy({ port: redis.port });
      await loading.inject({ redis, proxy });
      await using opened = await openRedisCache(variables(redis.addr));
      const problem = await problemOf(opened.cache);
      await loading.end({ redis, proxy });
      await eventually('a connection', async () => (await problemOf(opened.cache)) === undefined);

      expect(problem).toBe(`no connection to ${redis.addr} (LOADING: it loads its data; it is used when that is done)`);
      await expectHit(opened.cache);
      expect(opened.warnings()).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['MASTERDOWN', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], ['--replica-serve-stale-data', 'no']],
    [
      'NOAUTH',
      ['CONFIG', 'SET', 'requirepass', 'x'],
      ['-a', 'x', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', ''],
      [],
    ],
  ])('answers with %s: the ping reports it until it ends', async (code, inject, end, args) => {
    await using redis = await startRedis({ args });
    await redis.cli(...inject);
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
    const problem = await problemOf(opened.cache);
    await redis.cli(...end);
    await eventually('a connection', async () => (await problemOf(opened.cache)) === undefined);

    expect(problem).toContain(code);
    await expectHit(opened.cache);
  });

  it('is awaited while a script blocks it', async () => {
    await using redis = await startRedis({ args: ['--busy-reply-threshold', '10'] });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
    const script = redis.cli('EVAL', 'while true do end', '0');
    await eventually('a busy server', async () => (await problemOf(opened.cache))?.includes('BUSY'));
    await redis.cli('SCRIPT', 'KILL');
    await script;
    await eventually('a connection', async () => (await problemOf(opened.cache)) === undefined);

    await expectHit(opened.cache);
  });
});

describe('a command that the server quotes in its reply', () => {
  const PASSWORD = `corr%ct 'hörse"/battery`;
  const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD).slice(1, -1)];

  it.each([
    ['2', (args: string) => `-ERR unknown command 'AUTH', with args beginning with: '${args}' \r\n`],
    ['2', (args: string) => `-ERR unknown command \`AUTH\`, with args beginning with: \`${args}\`, \r\n`],
    ['2', (args: string) => `-ERR invalid credentials: ${args}\r\n`],
    ['2', (args: string) => `-${args} is wrong\r\n`],
    ['3', (args: string) => `-NOAUTH ${args}\r\n`],
    [
      '3',
      (args: string) => `-ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' '${args.slice(0, 12)}\r\n`,
    ],
  ])('does not reveal a password, protocol %s, %s', async (protocol, quote) => {
    await using redis = await startFakeRedis((name, args) =>
      quote(name === 'GET' || name === 'PING' ? PASSWORD : args.join(' ')),
    );
    const said: string[] = [];
    for (const variables of [
      { REDIS_ADDR: redis.addr, REDIS_PASSWORD: PASSWORD },
      { REDIS_URL: `redis://:${encodeURIComponent(PASSWORD)}@${redis.addr}` },
    ]) {
      await using opened = await openRedisCache({ ...variables, REDIS_PROTOCOL: protocol });
      const failures = await Promise.allSettled([
        opened.cache.get('key'),
        opened.cache.set('key', 'v', 1),
        opened.cache.ping?.(),
      ]);
      said.push(JSON.stringify(opened.lines), ...failures.map((failure) => wholly(failure)));
    }

    for (const form of [...FORMS, PASSWORD.slice(0, 12)]) expect(said.join('\n')).not.toContain(form);
  });

  it('does not reveal a value when SET is renamed', async () => {
    await using redis = await startRedis({ args: withoutCommands('SET') });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
    const failure: unknown = await opened.cache.set('key', 'private', 60_000).catch((error: unknown) => error);

    expect(wholly(failure)).not.toContain('private');
    expect(failure).toMatchObject({ message: expect.stringContaining('it does not support GET or SET') });
  });
});

/** Everything that an error contains, with its own properties and its causes. */
function wholly(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item instanceof Error
      ? Object.fromEntries(Object.getOwnPropertyNames(item).map((name) => [name, Reflect.get(item, name)]))
      : item,
  );
}

describe('a server that has become a replica (READONLY)', () => {
  afterEach(() => void vi.useRealTimers());

  it('is left for the server that its address leads to by then, at most every 5 s, and look-ups wait for it', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let connections = 0;
    await using redis = await startFakeRedis((name) => {
      if (name === 'PING') connections += 1;
      if (name === 'SET')
        return connections < 3 ? "-READONLY You can't write against a read only replica.\r\n" : '+OK\r\n';
      return name === 'GET' ? '$1\r\nv\r\n' : '+PONG\r\n';
    });
    await using opened = await openRedisCache({ REDIS_ADDR: redis.addr }, 2_000);
    const write = () => opened.cache.set('key', 'v', 1_000);
    const connectionsAfterWrites: number[] = [];
    for (const afterMs of [4_900, 100, 0, 5_000]) {
      vi.advanceTimersByTime(afterMs);
      await expect(write()).rejects.toThrow(/^READONLY/);
      expect(await opened.cache.get('key')).toEqual({ status: 'hit', value: 'v' });
      connectionsAfterWrites.push(connections);
    }

    expect(connectionsAfterWrites).toEqual([1, 2, 2, 3]);
    await write();
    expect(opened.warnings()).toEqual([]);
  });
});

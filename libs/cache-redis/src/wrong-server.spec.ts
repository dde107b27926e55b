// The sentence for a port without a usable Redis server: another protocol, no free connection, another kind of server.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisCache } from '../../../test/support/redis-cache.js';
import { startFakeRedis } from '../../../test/support/redis-fake.js';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';

const tlsFile = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));
const TLS = { certFile: tlsFile('localhost.crt'), keyFile: tlsFile('localhost.key') };

async function listening<Kind extends Server>(server: Kind): Promise<{ server: Kind; addr: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, addr: `127.0.0.1:${address.port}` };
}

/** Opens the cache and calls it. Returns the sentence of the warning if the failed call has the same one, else both. */
async function sentenceOf(variables: Record<string, string>): Promise<unknown> {
  await using opened = await openRedisCache(variables);
  const error: unknown = await opened.cache.get('key').catch((failure: unknown) => failure);
  const [[message, sentence] = [], ...more] = opened.warnings();
  const isOne = more.length === 0 && message === 'no connection' && error instanceof Error;
  return isOne && error.message.endsWith(`(${String(sentence)})`) ? sentence : [error, ...opened.warnings()];
}

const NO_TLS =
  /^it does not speak TLS on this port \(.+\); set REDIS_TLS=false, or redis:\/\/ in REDIS_URL, or name its TLS port$/;
const MAYBE_TLS =
  'it closes the connection before its first answer; set REDIS_TLS=true if it speaks TLS, or see its maxclients and its protected mode';

describe('a port that speaks another protocol', () => {
  let plain: RedisServer;
  let secure: RedisServer;
  beforeAll(async () => {
    [plain, secure] = await Promise.all([startRedis(), startRedis({ tls: TLS })]);
  });
  afterAll(() => Promise.all([plain.kill(), secure.kill()]));

  it.each(['2', '3'])('names TLS if plain TCP is wanted, protocol %s', async (protocol) => {
    expect(await sentenceOf({ REDIS_ADDR: secure.addr, REDIS_PROTOCOL: protocol })).toBe(MAYBE_TLS);
    expect(await sentenceOf({ REDIS_URL: `redis://:secret@${secure.addr}`, REDIS_PROTOCOL: protocol })).toBe(MAYBE_TLS);
  });

  it('names the missing TLS if TLS is wanted', async () => {
    await using opened = await openRedisCache({ REDIS_URL: `rediss://${plain.addr}` });

    await expect(opened.cache.get('key')).rejects.toThrow('it does not speak TLS on this port (');
    expect(opened.warnings()).toEqual([['no connection', expect.stringMatching(NO_TLS)]]);
  });

  it('names HTTP, and TLS for HTTPS', async () => {
    const http = await listening(createHttpServer());
    const https = await listening(
      createHttpsServer({ cert: readFileSync(TLS.certFile), key: readFileSync(TLS.keyFile) }),
    );
    expect(await sentenceOf({ REDIS_ADDR: http.addr })).toBe(
      'it speaks HTTP; wanted the port of a Redis server: correct REDIS_ADDR, REDIS_URL, REDIS_CLUSTER or REDIS_SENTINELS',
    );
    expect(await sentenceOf({ REDIS_ADDR: https.addr })).toBe(MAYBE_TLS);
    http.server.close();
    https.server.close();
  });

  it.each([
    ['false', /^it does not speak the Redis protocol; wanted the port of a Redis server/],
    ['true', /^it does not speak TLS on this port \(ERR_SSL_WRONG_VERSION_NUMBER\)/],
  ])('refuses SSH, REDIS_TLS=%s', async (tls, sentence) => {
    const { server, addr } = await listening(
      createServer((socket) => void socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    await using opened = await openRedisCache({ REDIS_ADDR: addr, REDIS_TLS: tls });
    server.close();

    expect(opened.warnings()).toEqual([['no connection', expect.stringMatching(sentence)]]);
  });
});

describe('a server that accepts no connection', () => {
  it.each([
    ['none', {}],
    ['a password', { REDIS_PASSWORD: 'secret', REDIS_DB: '3' }],
    ['a password, protocol 3', { REDIS_PASSWORD: 'secret', REDIS_PROTOCOL: '3' }],
  ])('names the limit of clients, with %s', async (_, variables) => {
    await using redis = await startRedis({ args: ['--maxclients', '1'] });
    const only = connect(redis.port, '127.0.0.1');
    only.write('PING\r\n');
    await once(only, 'data');
    const sentence = 'it has reached its limit of clients; raise maxclients in redis.conf, or end other clients';
    expect(await sentenceOf({ REDIS_ADDR: redis.addr, ...variables })).toBe(sentence);
    only.destroy();
  });

  it('names the protected mode', async () => {
    const refusal =
      '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set.\r\n';
    const { server, addr } = await listening(
      createServer((socket) => void socket.on('error', () => undefined).end(refusal)),
    );
    await using opened = await openRedisCache({ REDIS_ADDR: addr });
    server.close();

    expect(opened.warnings()).toEqual([['no connection', expect.stringMatching(/^DENIED: it is in protected mode /)]]);
  });
});

describe('a server of another kind', () => {
  const CLUSTER = /it is a node of a Redis Cluster; name nodes in REDIS_CLUSTER, and remove REDIS_ADDR or REDIS_URL$/;
  const SENTINEL =
    /^it does not support GET or SET: it is a Redis Sentinel, which REDIS_SENTINELS names, or the command is renamed$/;

  it('is named as a node of a Cluster, also if a database must be selected', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    try {
      await using redis = await startRedis({ args: ['--cluster-enabled', 'yes', '--dir', folder] });
      await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });
      await expect(opened.cache.get('key')).rejects.toThrow(/^CLUSTERDOWN: /);
      await expect(opened.cache.set('key', 'value', 1_000)).rejects.toThrow(CLUSTER);
      await using other = await openRedisCache({ REDIS_ADDR: redis.addr, REDIS_DB: '1' });

      await expect(other.cache.get('key')).rejects.toThrow('it is a node of a Redis Cluster');
      expect(opened.warnings()).toEqual([['unsupported server', expect.stringMatching(CLUSTER)]]);
      expect(other.warnings()).toEqual([['no connection', expect.stringMatching(CLUSTER)]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(['MOVED 866 127.0.0.1:7001', 'ASK 866 127.0.0.1:7001'])(
    'is named as a node of a Cluster when it answers %s',
    async (reply) => {
      await using redis = await startFakeRedis((name) => (name === 'PING' ? '+PONG\r\n' : `-${reply}\r\n`));
      await using opened = await openRedisCache({ REDIS_ADDR: redis.addr });

      await expect(opened.cache.get('key')).rejects.toThrow(CLUSTER);
      await expect(opened.cache.set('key', 'value', 1_000)).rejects.toThrow(CLUSTER);
      expect(opened.warnings()).toEqual([['unsupported server', expect.stringMatching(CLUSTER)]]);
    },
  );

  it('is named as a Sentinel', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    try {
      const sentinelFile = join(folder, 'sentinel.conf');
      writeFileSync(sentinelFile, '');
      await using sentinel = await startRedis({ sentinelFile });
      await using opened = await openRedisCache({ REDIS_ADDR: sentinel.addr });

      await expect(opened.cache.get('key')).rejects.toThrow(SENTINEL);
      expect(opened.warnings()).toEqual([['unsupported server', expect.stringMatching(SENTINEL)]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

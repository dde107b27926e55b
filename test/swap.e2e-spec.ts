// Swaps of the cache plugin in the built program: under load, with wrong plugins, without the token, and during shutdown.
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pluginStatus, swap, TOKEN } from './support/admin.js';
import { BusyClients } from './support/busy-clients.js';
import { eventually } from './support/eventually.js';
import { fixture, MEMORY_PLUGIN, type Program, REDIS_PLUGIN, startProgram } from './support/program.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { ask, get } from './support/request.js';

describe.each(ISOLATIONS)('swaps between memory and Redis under load, %s', (isolation) => {
  it('fail no request and change no result', async () => {
    await using redis = await startRedis();
    await using program = await startProgram({
      env: {
        ADMIN_TOKEN: TOKEN,
        CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
        CACHE_PLUGIN_ISOLATION: isolation,
        CACHE_TIMEOUT: '2s',
        REDIS_ADDR: redis.addr,
      },
    });
    const clients = new BusyClients(program);
    for (let count = 1; count <= 6; count++) {
      const { answered } = clients;
      await eventually('an answer', () => clients.answered > answered);
      const { status, body } = await swap(program, { path: count % 2 === 1 ? REDIS_PLUGIN : MEMORY_PLUGIN });
      expect({ status, body }).toMatchObject({ status: 200, body: { swaps: count, plugin: { isolation } } });
    }
    await clients.stop();

    expect(clients.wrong).toEqual([]);
    expect((await program.stop()).code).toBe(0);
  });
});

describe('a swap', () => {
  let redis: RedisServer;
  let folder: string;
  let program: Program;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    await copyFile(MEMORY_PLUGIN, join(folder, 'memory.mjs'));
    await copyFile(REDIS_PLUGIN, join(folder, 'redis.mjs'));
    program = await startProgram({
      env: {
        ADMIN_TOKEN: TOKEN,
        CACHE_PLUGIN_PATH: join(folder, 'memory.mjs'),
        // On a busy machine, the first ping of a new process takes longer than the default.
        CACHE_TIMEOUT: '2s',
        REDIS_ADDR: redis.addr,
      },
    });
  });
  beforeEach(async () => {
    await swap(program, { path: join(folder, 'memory.mjs') });
  });
  afterAll(async () => {
    await program.stop();
    await redis.kill();
    await rm(folder, { recursive: true });
  });

  const served = async (): Promise<unknown> =>
    ((await pluginStatus(program)).body as { plugin: { name: string } }).plugin.name;

  it('answers with the new plugin and the duration of the swap', async () => {
    const hash = `sha512-${createHash('sha512')
      .update(await readFile(REDIS_PLUGIN))
      .digest('base64')}`;
    const { status, body } = await swap(program, {
      path: join(folder, 'redis.mjs'),
      isolation: 'process',
      integrity: hash,
      factoryName: 'Factory',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'live',
      plugin: { path: join(folder, 'redis.mjs'), name: 'cache-redis', isolation: 'process', restarts: 0, error: null },
      lasts: expect.stringContaining('until the restart'),
    });
    await get(program.url, '/fib/21');
    await eventually('the value in Redis', async () => (await redis.cli('EXISTS', '21')) === '1');
  });

  it.each<{ what: string; code: string; body: () => Promise<object> | object }>([
    {
      what: 'a flipped byte',
      code: 'PLUGIN_INTEGRITY_MISMATCH',
      body: async () => {
        const bytes = await readFile(REDIS_PLUGIN);
        const integrity = `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
        bytes[1000] = (bytes[1000] ?? 0) ^ 1;
        await writeFile(join(folder, 'flipped.mjs'), bytes);
        return { path: join(folder, 'flipped.mjs'), integrity };
      },
    },
    {
      what: 'a wrong algorithm',
      code: 'PLUGIN_INTEGRITY_INVALID',
      body: () => ({ path: join(folder, 'redis.mjs'), integrity: 'md5-1B2M2Y8AsgTpgAmY7PhCfg==' }),
    },
    { what: 'a file outside the folder', code: 'PLUGIN_OUTSIDE_DIRECTORY', body: () => ({ path: REDIS_PLUGIN }) },
    {
      what: 'a path that climbs out of the folder',
      code: 'PLUGIN_OUTSIDE_DIRECTORY',
      body: () => ({ path: `${folder}/../../${REDIS_PLUGIN}` }),
    },
    {
      what: 'a symbolic link out of the folder',
      code: 'PLUGIN_OUTSIDE_DIRECTORY',
      body: async () => {
        await symlink(REDIS_PLUGIN, join(folder, 'link.mjs'));
        return { path: join(folder, 'link.mjs') };
      },
    },
    {
      what: 'a symbolic link to a folder outside',
      code: 'PLUGIN_OUTSIDE_DIRECTORY',
      body: async () => {
        await symlink(join(REDIS_PLUGIN, '..'), join(folder, 'linked'));
        return { path: join(folder, 'linked', 'cache-redis.mjs') };
      },
    },
    { what: 'a file that is not there', code: 'PLUGIN_NOT_FOUND', body: () => ({ path: join(folder, 'nothing.mjs') }) },
    {
      what: 'another factory name',
      code: 'PLUGIN_NO_FACTORY',
      body: () => ({ path: join(folder, 'redis.mjs'), factoryName: 'createCache' }),
    },
    {
      what: 'a plugin of no use',
      code: 'PLUGIN_NOT_USABLE',
      body: async () => {
        await copyFile(fixture('ping-fails.mjs'), join(folder, 'ping-fails.mjs'));
        return { path: join(folder, 'ping-fails.mjs') };
      },
    },
  ])('is refused with $what; the old plugin continues', async ({ code, body }) => {
    const answer = await swap(program, await body());
    expect(answer).toMatchObject({ status: 422, body: { status: 422, error: 'refused', code } });
    expect(await served()).toBe('cache-memory');
    expect((await get(program.url, '/fib/22')).status).toBe(200);
    expect((await get(program.url, '/fib/22')).headers['cache-status']).toBe('pluggable; hit');
  });

  it.each([
    {},
    { path: '' },
    { path: 5 },
    { path: 'x', extra: 1 },
    { path: 'x', isolation: 'thread' },
    [],
    'text',
    null,
  ])('is refused with the body %j', async (body) => {
    const answer = await swap(program, body as object);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid value' } });
  });

  it.each([undefined, '', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`])(
    'requires the token: %s',
    async (authorization) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      for (const method of ['GET', 'POST']) {
        const answer = await ask(program.url, '/admin/plugins/cache', { method, headers }).answer;
        expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      }
    },
  );

  it('may be requested by many clients at a time', async () => {
    const paths = ['redis.mjs', 'memory.mjs', 'redis.mjs', 'memory.mjs'].map((name) => join(folder, name));
    const answers = await Promise.all(paths.map((path) => swap(program, { path })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await served()).toMatch(/^cache-(memory|redis)$/);
  });

  it('writes no token and no password, not even at trace', async () => {
    await using traced = await startProgram({
      env: { ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'trace', CACHE_PLUGIN_PATH: MEMORY_PLUGIN, REDIS_PASSWORD: 'hunter2' },
    });
    await pluginStatus(traced);
    const { stdout, stderr } = await traced.stop();
    expect(stdout + stderr).not.toContain(TOKEN);
    expect(stdout + stderr).not.toContain('hunter2');
  });
});

describe('the admin route', () => {
  it('does not exist without a token', async () => {
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
    expect((await pluginStatus(program)).status).toBe(404);
    expect((await swap(program, { path: MEMORY_PLUGIN })).status).toBe(404);
  });

  it('masks secrets', async () => {
    await using redis = await startRedis({ args: ['--requirepass', 'hunter2'] });
    const env = {
      ADMIN_TOKEN: TOKEN,
      CACHE_PLUGIN_PATH: REDIS_PLUGIN,
      REDIS_ADDR: redis.addr,
      REDIS_PASSWORD: 'hunter2',
    };
    await using program = await startProgram({ env: { ...env, CACHE_PLUGIN_ISOLATION: 'process' } });
    expect((await pluginStatus(program)).body).toMatchObject({
      plugin: { config: { REDIS_ADDR: redis.addr, REDIS_PASSWORD: '***' } },
    });
  });

  it('loads the first plugin into a program that was started without one', async () => {
    const env = { ADMIN_TOKEN: TOKEN, CACHE_PLUGIN_DIR: join(MEMORY_PLUGIN, '..') };
    await using program = await startProgram({ env });
    expect((await pluginStatus(program)).body).toMatchObject({ state: 'none', plugin: null });
    expect((await swap(program, { path: MEMORY_PLUGIN })).status).toBe(200);
    await get(program.url, '/fib/10');
    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
  });
});

describe('a plugin that is not required', () => {
  it('is replaced by the no-op cache, reported in log, health and admin, and is live when its file exists', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const path = join(folder, 'later.mjs');
    const env = { ADMIN_TOKEN: TOKEN, CACHE_PLUGIN_REQUIRED: 'false', CACHE_PLUGIN_PATH: path };
    await using program = await startProgram({ env });
    const failed = await program.line('cache plugin not started; using nop cache; the start will be retried');
    expect(failed).toMatchObject({ level: 50, code: 'PLUGIN_NOT_FOUND', attempts: 1 });
    expect(await get(program.url, '/fib/10')).toMatchObject({ status: 200, body: { result: 55 } });
    expect((await get(program.url, '/health/ready')).body).toMatchObject({
      details: { cache: { state: 'failed', error: 'PLUGIN_NOT_FOUND', status: 'degraded' } },
    });
    expect((await pluginStatus(program)).body).toMatchObject({
      state: 'failed',
      failure: { error: { code: 'PLUGIN_NOT_FOUND' }, nextAttempt: expect.any(String) },
    });

    await copyFile(MEMORY_PLUGIN, path);
    await program.line('cache plugin live');
    await get(program.url, '/fib/10');
    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
    await rm(folder, { recursive: true });
  });
});

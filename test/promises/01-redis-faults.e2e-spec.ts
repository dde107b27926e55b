// Promise 1, under load: each fault of Redis, while 200 requests come in a second, and what the program makes of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openFaultProxy, passThrough } from '@pluggable/cache-testkit/fault-proxy';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { type CacheHealth, cacheHealth } from '../support/cache-health.js';
import { eventually } from '../support/eventually.js';
import { fibonacci } from '../support/fibonacci.js';
import { failuresAmong, firstHitMs, percentileOf, startLoad } from '../support/load.js';
import { type Program, REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';
import { get } from '../support/request.js';
import {
  loading,
  NETWORK_FAULTS,
  type Parts,
  type RedisFault,
  SERVER_FAULTS,
  wrongPassword,
} from '../support/redis-faults.js';

const CACHE_TIMEOUT_MS = 100;
/** How long a fault lasts, and the end of it during which the program has got used to it. */
const FAULT_MS = 1_500;
const USED_TO_IT_MS = 500;
/** What is promised. */
const BACK_WITHIN_MS = 6_000;
const OPEN_WITHIN_MS = 2_000;
/** What the machine may add, which runs the load and the server besides. */
const NOISE_MS = 900;

const OPENED = '[plugin/cache-redis] breaker open; not called for now';

const withRedis = (env: Record<string, string>): Promise<Program> =>
  startProgram({
    // Entries soon have to be written anew: what hinders writes is felt.
    env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, LOG_LEVEL: 'info', CACHE_EXPIRATION: '400ms', ...env },
  });

const warningsOf = (program: Program) => program.lines.filter(({ level }) => level >= 40);

interface Struck extends Parts {
  readonly program: Program;
}

/** The whole course: hits, the fault, hits again. */
async function expectSurvival(task: TestContext['task'], parts: Struck, fault: RedisFault): Promise<void> {
  const { program } = parts;
  await using load = startLoad(program.url);
  await firstHitMs(load, performance.now());
  const failedBefore = failedCalls(await cacheHealth(program));
  const beganMs = performance.now();
  await fault.befall(parts);
  await delay(FAULT_MS);
  const endedMs = performance.now();
  await fault.end(parts);
  const hitAgainMs = await firstHitMs(load, performance.now());
  const answers = await load.stop();

  const during = load.sentBetween(beganMs, endedMs);
  const [p99Ms, lookupMs] = [percentileOf(during, 'latencyMs', 99), percentileOf(during, 'lookupMs', 50)];
  const hits = load.sentBetween(endedMs - USED_TO_IT_MS, endedMs).filter(({ isHit }) => isHit);
  figure(task, `${answers.length} answers, all 200; p99 ${p99Ms.toFixed(0)} ms meanwhile`);
  figure(task, `hits ${hitAgainMs.toFixed(0)} ms after it`);
  expect(failuresAmong(answers)).toEqual([]);
  expect(failedCalls(await cacheHealth(program)) - failedBefore).toBeGreaterThanOrEqual(fault.failedCalls);
  expect(hits.length > 0).toBe(fault.hasHits);
  expect(lookupMs).toBeGreaterThanOrEqual(fault.lookupMs ?? 0);
  expect(p99Ms).toBeLessThan(CACHE_TIMEOUT_MS + NOISE_MS);
  expect(hitAgainMs).toBeLessThan(BACK_WITHIN_MS);
}

function failedCalls({ lookups, writes }: CacheHealth): number {
  return [lookups, writes].reduce((sum, { error, timeout, open }) => sum + error + timeout + open, 0);
}

promise(1, () => {
  let parts: Struck;
  beforeAll(async () => {
    const redis = await startRedis();
    const proxy = await openFaultProxy({ port: redis.port });
    parts = { redis, proxy, program: await withRedis({ REDIS_ADDR: `127.0.0.1:${proxy.port}` }) };
  });
  afterAll(async () => {
    await parts.program[Symbol.asyncDispose]();
    await parts.proxy[Symbol.asyncDispose]();
    await parts.redis[Symbol.asyncDispose]();
  });

  for (const fault of [...NETWORK_FAULTS, ...SERVER_FAULTS]) {
    it(`a Redis ${fault.name} fails no request, and hits come back`, async ({ task }) => {
      await expectSurvival(task, parts, fault);
    });
  }

  it('a Redis that is frozen fails no request; the breaker opens, look-ups cost nothing then, and hits come back', async ({
    task,
  }) => {
    const { program, redis } = parts;
    await using load = startLoad(program.url);
    await firstHitMs(load, performance.now());
    const opened = program.logged(OPENED, { method: 'get' }).length;
    const warnings = warningsOf(program).length;
    const { lookups: before } = await cacheHealth(program);
    redis.freeze();
    const frozenMs = performance.now();
    await eventually('an open breaker', () => program.logged(OPENED, { method: 'get' }).length > opened);
    const openMs = performance.now();
    const { lookups: since } = await cacheHealth(program);
    await delay(2 * FAULT_MS);
    const thawedMs = performance.now();
    redis.thaw();
    const hitAgainMs = await firstHitMs(load, thawedMs);
    const answers = await load.stop();

    const slowestMs = percentileOf(load.sentBetween(frozenMs, openMs), 'latencyMs', 100);
    const lookupMs = percentileOf(load.sentBetween(openMs, thawedMs), 'lookupMs', 50);
    figure(task, `breaker open ${(openMs - frozenMs).toFixed(0)} ms after SIGSTOP`);
    figure(task, `slowest answer until then ${slowestMs.toFixed(0)} ms; p50 of a look-up from then on ${lookupMs} ms`);
    figure(task, `hits ${hitAgainMs.toFixed(0)} ms after SIGCONT; ${answers.length} answers, all 200`);
    expect(failuresAmong(answers)).toEqual([]);
    expect(openMs - frozenMs).toBeLessThan(OPEN_WITHIN_MS);
    expect(slowestMs).toBeLessThan(CACHE_TIMEOUT_MS + NOISE_MS);
    expect(lookupMs).toBeLessThan(5);
    expect(hitAgainMs).toBeLessThan(BACK_WITHIN_MS);
    expect(since.timeout - before.timeout).toBeGreaterThan(since.error - before.error);
    // By the changes of state, not by the requests.
    expect(warningsOf(program).length - warnings).toBeLessThan(15);
  });

  it('a Redis that says null when nobody has asked fails no request and ends no process', async () => {
    const { program, proxy } = parts;
    await proxy.befall({ reply: (way) => (bytes) => way.pass(Buffer.concat([bytes, Buffer.from('$-1\r\n')])) });
    for (let n = 0; n <= 20; n++) {
      expect(await get(program.url, `/fib/${n}`)).toMatchObject({ status: 200, body: { result: fibonacci(n) } });
    }
    await proxy.befall(passThrough);
    await using load = startLoad(program.url);

    expect(await firstHitMs(load, performance.now())).toBeLessThan(BACK_WITHIN_MS);
    expect(failuresAmong(await load.stop())).toEqual([]);
  });

  it('a Redis that is absent at the start fails no request, and hits come when it does', async ({ task }) => {
    await using redis = await startRedis();
    await redis.kill();
    await using program = await withRedis({ REDIS_ADDR: redis.addr });
    await using load = startLoad(program.url);
    await delay(FAULT_MS);
    await redis.start();
    const hitMs = await firstHitMs(load, performance.now());
    const answers = await load.stop();

    figure(task, `${answers.length} answers, all 200; hits ${hitMs.toFixed(0)} ms after its start`);
    expect(failuresAmong(answers)).toEqual([]);
    expect(hitMs).toBeLessThan(BACK_WITHIN_MS);
  });

  it(`a Redis ${wrongPassword.name} fails no request, and hits come back`, async ({ task }) => {
    await using redis = await startRedis({ args: ['--requirepass', 'right'] });
    await using proxy = await openFaultProxy({ port: redis.port });
    await using program = await withRedis({ REDIS_ADDR: `127.0.0.1:${proxy.port}`, REDIS_PASSWORD: 'right' });

    await expectSurvival(task, { redis, proxy, program }, wrongPassword);
  });

  it(`a Redis ${loading.name} fails no request, and hits come when it is ready`, async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-'));
    try {
      await using redis = await startRedis({ args: ['--dir', folder, '--enable-debug-command', 'local'] });
      await using proxy = await openFaultProxy({ port: redis.port });
      await using program = await withRedis({ REDIS_ADDR: `127.0.0.1:${proxy.port}` });
      await expectSurvival(task, { redis, proxy, program }, loading);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

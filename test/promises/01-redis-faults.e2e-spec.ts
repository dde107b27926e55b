// Promise 1 under load: each Redis fault during 200 requests per second.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openFaultProxy, passThrough } from '@pluggable/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheHealth } from '../support/cache-health.js';
import { eventually } from '../support/eventually.js';
import { fibonacci } from '../support/fibonacci.js';
import { failuresAmong, firstHitMs, percentileOf, startLoad } from '../support/load.js';
import type { Program } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';
import { get } from '../support/request.js';
import { FREQUENT_FAULTS, loading } from '../support/redis-faults.js';
import {
  BACK_WITHIN_MS,
  CACHE_TIMEOUT_MS,
  expectSurvival,
  FAULT_MS,
  NOISE_MS,
  openParts,
  withRedis,
} from '../support/redis-survival.js';

const OPEN_WITHIN_MS = 2_000;

const OPENED = '[plugin/cache-redis] circuit breaker open; calls are refused';

const warningsOf = (program: Program) => program.lines.filter(({ level }) => level >= 40);

promise(1, () => {
  let parts: Awaited<ReturnType<typeof openParts>>;
  beforeAll(async () => {
    parts = await openParts();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  for (const fault of FREQUENT_FAULTS) {
    it(`a Redis ${fault.name} fails no request, and hits return`, async ({ task }) => {
      await expectSurvival(task, parts, fault);
    });
  }

  it('a frozen Redis fails no request: the breaker opens, look-ups then take no time, and hits return', async ({
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
    // Once per change of state, not once per request.
    expect(warningsOf(program).length - warnings).toBeLessThan(15);
  });

  it('a Redis that sends null without a command fails no request and ends no process', async () => {
    const { program, proxy } = parts;
    await proxy.inject({ reply: (way) => (bytes) => way.pass(Buffer.concat([bytes, Buffer.from('$-1\r\n')])) });
    for (let n = 0; n <= 20; n++) {
      expect(await get(program.url, `/fib/${n}`)).toMatchObject({ status: 200, body: { result: fibonacci(n) } });
    }
    await proxy.inject(passThrough);
    await using load = startLoad(program.url);

    expect(await firstHitMs(load, performance.now())).toBeLessThan(BACK_WITHIN_MS);
    expect(failuresAmong(await load.stop())).toEqual([]);
  });

  it('a Redis that is absent at the start fails no request, and hits begin when it starts', async ({ task }) => {
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

  it(`a Redis ${loading.name} fails no request, and hits begin when it is ready`, async ({ task }) => {
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

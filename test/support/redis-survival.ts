// The course of a Redis fault under load, the checks of promise 1, and its measurements.
import { setTimeout as delay } from 'node:timers/promises';
import { openFaultProxy } from '@pluggable/testkit';
import { expect, type TestContext } from 'vitest';
import { type CacheHealth, cacheHealth } from './cache-health.js';
import { failuresAmong, firstHitMs, percentileOf, startLoad } from './load.js';
import { type Program, REDIS_PLUGIN, startProgram } from './program.js';
import { figure } from './promises.js';
import { startRedis } from './redis.js';
import type { Parts, RedisFault } from './redis-faults.js';

export const CACHE_TIMEOUT_MS = 100;
/** Duration of a fault, and its last part, after the program has adapted. */
export const FAULT_MS = 1_500;
const USED_TO_IT_MS = 500;
/** The promised limits. */
export const BACK_WITHIN_MS = 6_000;
/** Allowance for the machine, which also runs the load and the server. */
export const NOISE_MS = 900;

export const withRedis = (env: Record<string, string>): Promise<Program> =>
  startProgram({
    // Entries expire soon, so that failing writes have an effect.
    env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, LOG_LEVEL: 'info', CACHE_EXPIRATION: '400ms', ...env },
  });

export interface Struck extends Parts {
  readonly program: Program;
}

/** The whole course: hits, the fault, hits again. */
export async function expectSurvival(task: TestContext['task'], parts: Struck, fault: RedisFault): Promise<void> {
  const { program } = parts;
  await using load = startLoad(program.url);
  await firstHitMs(load, performance.now());
  const failedBefore = failedCalls(await cacheHealth(program));
  const beganMs = performance.now();
  await fault.inject(parts);
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

/** A program, its Redis, and the proxy between the two. */
export async function openParts(): Promise<Struck & AsyncDisposable> {
  const redis = await startRedis();
  const proxy = await openFaultProxy({ port: redis.port });
  const program = await withRedis({ REDIS_ADDR: `127.0.0.1:${proxy.port}` });
  return {
    redis,
    proxy,
    program,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

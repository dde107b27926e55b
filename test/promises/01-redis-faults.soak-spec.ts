// Promise 1 over a long time: ninety seconds with a Redis that refuses, is frozen and is silent in turn, under load. The heap stays flat.
import { setTimeout as delay } from 'node:timers/promises';
import { blackHole, openFaultProxy, passThrough, refuse } from '@pluggable/testkit';
import { expect, it } from 'vitest';
import { INSPECTED, inspect } from '../support/inspector.js';
import { failuresAmong, firstHitMs, percentileOf, startLoad } from '../support/load.js';
import { REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';

const PHASE_MS = 10_000;
const ROUNDS = 3;
const BACK_WITHIN_MS = 6_000;
/** Allowed difference of the heap: requests are in flight when it is measured. */
const FLAT_BYTES = 2 * 1024 * 1024;

const inMegabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(2);

promise(1, () => {
  it('a Redis outage of ninety seconds fails no request, and the heap stays flat', async ({ task }) => {
    await using redis = await startRedis();
    await using proxy = await openFaultProxy({ port: redis.port });
    await using program = await startProgram({
      nodeArgs: INSPECTED,
      env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: `127.0.0.1:${proxy.port}`, LOG_LEVEL: 'info' },
    });
    await using inspector = await inspect(program);
    await using load = startLoad(program.url);
    await firstHitMs(load, performance.now());
    const phases = [
      () => proxy.inject(refuse),
      async () => {
        redis.freeze();
        await proxy.inject(passThrough);
      },
      () => proxy.inject(blackHole),
    ];
    const round = async (phaseMs: number): Promise<void> => {
      for (const begin of phases) {
        await begin();
        await delay(phaseMs);
      }
    };

    // For objects that are created once, at the first use.
    await round(PHASE_MS / 5);
    const before = await inspector.collectGarbage();
    const warnings = program.lines.filter(({ level }) => level >= 40).length;
    const heaps: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      await round(PHASE_MS);
      heaps.push(await inspector.collectGarbage());
    }
    const newWarnings = program.lines.filter(({ level }) => level >= 40).length - warnings;
    redis.thaw();
    await proxy.inject(passThrough);
    const hitAgainMs = await firstHitMs(load, performance.now());
    const answers = await load.stop();

    const slowestMs = percentileOf(answers, 'latencyMs', 99);
    figure(task, `${answers.length} answers, all 200, p99 ${slowestMs.toFixed(0)} ms`);
    figure(task, `heap ${[before, ...heaps].map(inMegabytes).join(', ')} MB, every ${(3 * PHASE_MS) / 1_000} s`);
    figure(task, `${newWarnings} warnings; hits ${hitAgainMs.toFixed(0)} ms after it`);
    expect(failuresAmong(answers)).toEqual([]);
    expect(Math.max(...heaps) - before).toBeLessThan(FLAT_BYTES);
    expect(newWarnings).toBeLessThan(30);
    expect(hitAgainMs).toBeLessThan(BACK_WITHIN_MS);
  });
});

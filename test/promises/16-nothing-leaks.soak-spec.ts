// Twenty thousand completed and aborted requests: counts and heap stay as after the first thousands.
import { expect, it } from 'vitest';
import { grown, INSPECTED, inspect } from '../support/inspector.js';
import { askAll } from '../support/kept-connections.js';
import { leaveTogether, WAYS } from '../support/leaving.js';
import { MEMORY_PLUGIN, type Program, REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';
import { type Work, workOf } from '../support/work.js';

const COMPLETED = 10_000;
const ABORTED_PER_WAY = 1_000;
const COALESCED = 1_000;
const REQUESTS = COMPLETED + WAYS.length * ABORTED_PER_WAY + COALESCED;
const CONNECTIONS = 50;
const WARM_UPS = 6;
const GROWTH_BYTES = 2 * 1024 * 1024;

/** The requests of one round. */
async function serve(program: Program, idle: Work, part: number): Promise<void> {
  // Values expire soon, so that there are hits and misses.
  const paths = Array.from({ length: COMPLETED * part }, (_, index) => `/fib/${index % 26}`);
  expect(await askAll(program.url, paths, CONNECTIONS)).toEqual({ 200: COMPLETED * part });
  for (const way of WAYS) {
    for (let left = 0; left < ABORTED_PER_WAY * part; left += CONNECTIONS) {
      await leaveTogether(program, { way, clients: CONNECTIONS }, idle);
    }
  }
  const [way] = WAYS;
  if (way === undefined) return;
  for (let left = 0; left < COALESCED * part; left += 100) {
    await leaveTogether(program, { way, clients: 100, ns: [50] }, idle);
  }
}

promise(16, () => {
  it.for([
    ['memory', 'inline', MEMORY_PLUGIN],
    ['memory', 'worker', MEMORY_PLUGIN],
    ['memory', 'process', MEMORY_PLUGIN],
    ['Redis', 'inline', REDIS_PLUGIN],
  ])('counts and heap do not grow, with the %s plugin, %s', async ([, isolation = '', path = ''], { task }) => {
    await using redis = await startRedis();
    await using program = await startProgram({
      nodeArgs: INSPECTED,
      env: {
        LOG_LEVEL: 'info',
        CACHE_PLUGIN_PATH: path,
        CACHE_PLUGIN_ISOLATION: isolation,
        REDIS_ADDR: redis.addr,
        CACHE_EXPIRATION: '100ms',
        COMPUTE_WORKERS: '2',
        COMPUTE_MAX_WAIT: '10m',
        COMPUTE_TIMEOUT: '10m',
      },
    });
    await using inspector = await inspect(program);
    const idle = await workOf(program);
    // Code for the start and objects of the first requests are collected after some rounds.
    for (let part = 1; part <= WARM_UPS; part++) {
      await serve(program, idle, 0.1);
      await inspector.collectGarbage();
    }
    const before = { live: await inspector.liveObjects(), listeners: await inspector.listeners() };
    const heapBefore = await inspector.collectGarbage();

    await serve(program, idle, 1);
    expect(await inspector.listeners()).toEqual(before.listeners);
    expect(grown(before.live, await inspector.liveObjects())).toEqual({});
    const growthBytes = (await inspector.collectGarbage()) - heapBefore;
    figure(task, `${(growthBytes / 1024 / 1024).toFixed(1)} MB more heap after ${REQUESTS} requests`);
    expect(growthBytes).toBeLessThan(GROWTH_BYTES);
  });
});

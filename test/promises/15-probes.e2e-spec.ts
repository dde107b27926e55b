// Promise 15: each fault with each probe. Liveness depends on nothing. Readiness reports faults, and fails when no request can be served.
import { blackHole, openFaultProxy, refuse } from '@pluggable/testkit';
import { expect, it } from 'vitest';
import { cacheHealth } from '../support/cache-health.js';
import { childrenOf } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { fixture, MEMORY_PLUGIN, type Program, REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';
import { startRedis } from '../support/redis.js';
import type { Parts } from '../support/redis-faults.js';
import { ask, get } from '../support/request.js';
import { computing, expectWork, workOf } from '../support/work.js';

const ROUNDS = 20;
/** Liveness waits for nothing, readiness for the ping of the cache: 100 ms, CACHE_TIMEOUT. Times five, because the machine is shared. */
const LIVE_WITHIN_MS = 500;
const READY_WITHIN_MS = 1_000;

interface Probed {
  readonly live: readonly number[];
  readonly ready: readonly number[];
  readonly slowestLiveMs: number;
  readonly slowestReadyMs: number;
}

/** Requests both probes in each round. */
async function probe(program: Program): Promise<Probed> {
  const [live, ready] = [new Set<number>(), new Set<number>()];
  let [slowestLiveMs, slowestReadyMs] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const [liveness, readiness] = await Promise.all([
      get(program.url, '/health/live'),
      get(program.url, '/health/ready'),
    ]);
    live.add(liveness.status);
    ready.add(readiness.status);
    slowestLiveMs = Math.max(slowestLiveMs, liveness.durationMs);
    slowestReadyMs = Math.max(slowestReadyMs, readiness.durationMs);
  }
  return { live: [...live], ready: [...ready], slowestLiveMs, slowestReadyMs };
}

const inWords = ({ slowestLiveMs, slowestReadyMs }: Probed): string =>
  `slowest of ${ROUNDS}: live ${slowestLiveMs.toFixed(0)} ms, ready ${slowestReadyMs.toFixed(0)} ms`;

function expectBothUp({ live, ready, slowestLiveMs, slowestReadyMs }: Probed): void {
  expect({ live, ready }).toEqual({ live: [200], ready: [200] });
  expect(slowestLiveMs).toBeLessThan(LIVE_WITHIN_MS);
  expect(slowestReadyMs).toBeLessThan(READY_WITHIN_MS);
}

promise(15, () => {
  it.for([
    ['is away', (parts) => parts.proxy.inject(refuse)],
    ['is behind a black hole', (parts) => parts.proxy.inject(blackHole)],
    ['is frozen', async (parts) => parts.redis.freeze()],
    ['is killed', (parts) => parts.redis.kill()],
  ] satisfies [string, (parts: Parts) => Promise<void>][])(
    'both probes are up while Redis %s, and readiness reports a degraded cache',
    async ([, inject], { task }) => {
      await using redis = await startRedis();
      await using proxy = await openFaultProxy({ port: redis.port });
      const env = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: `127.0.0.1:${proxy.port}` };
      await using program = await startProgram({ env });
      expect((await cacheHealth(program)).state).toBe('live');
      await inject({ redis, proxy });
      const probed = await probe(program);

      figure(task, inWords(probed));
      expectBothUp(probed);
      expect((await get(program.url, '/health/ready')).body).toMatchObject({
        status: 'degraded',
        details: { cache: { status: 'degraded', state: 'degraded' } },
      });
    },
  );

  it('both probes are up with an optional plugin that did not start, and readiness reports it', async ({ task }) => {
    const env = { CACHE_PLUGIN_PATH: fixture('factory-throws.mjs'), CACHE_PLUGIN_REQUIRED: 'false' };
    await using program = await startProgram({ env });
    const probed = await probe(program);

    figure(task, inWords(probed));
    expectBothUp(probed);
    expect((await get(program.url, '/health/ready')).body).toMatchObject({
      status: 'degraded',
      details: { cache: { status: 'degraded', state: 'failed' } },
    });
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'both probes are up while the process of the plugin gets %s and is replaced',
    async (signal) => {
      await using redis = await startRedis();
      const env = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, CACHE_PLUGIN_ISOLATION: 'process' };
      await using program = await startProgram({ env });
      for (const pid of childrenOf(program.pid)) process.kill(pid, signal);
      const probed: Probed[] = [];
      await eventually('the next process', async () => {
        probed.push(await probe(program));
        const { state, restarts } = await cacheHealth(program);
        return state === 'live' && restarts > 0;
      });

      for (const round of probed) expectBothUp(round);
      expect((await cacheHealth(program)).restarts).toBe(1);
    },
  );

  it('both probes are up while all workers are busy and the queue is full, and readiness reports it', async ({
    task,
  }) => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '1s' };
    await using program = await startProgram({ env });
    const long = ask(program.url, '/fib/50');
    await expectWork(program, computing({ busy: 1 }));
    expect((await get(program.url, '/fib/49')).status).toBe(503);
    const probed = await probe(program);

    figure(task, inWords(probed));
    expectBothUp(probed);
    expect((await workOf(program)).compute).toMatchObject({ busy: 1 });
    long.leave();
    await expect(long.answer).rejects.toThrow('socket hang up');
  });

  it('readiness is down and liveness up while the service drains, on a kept connection', async () => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN };
    await using program = await startProgram({ env });
    using live = await RawClient.connect(program.url);
    using ready = await RawClient.connect(program.url);
    for (const client of [live, ready]) await client.send(requestFor('/health/ready'));
    for (const client of [live, ready]) await client.answers(1);
    program.signal('SIGTERM');
    await program.line('shutting down');
    await live.send(requestFor('/health/live'));
    await ready.send(requestFor('/health/ready'));

    expect((await live.closed()).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ready.closed()).map(({ status }) => status)).toEqual([200, 503]);
  });
});

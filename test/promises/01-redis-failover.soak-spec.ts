// Promise 1 with a Redis Cluster of six nodes, and with three Sentinels: primaries are lost, replaced and relieved under load.
import { expect, it, type TestContext } from 'vitest';
import { eventually } from '../support/eventually.js';
import { failuresAmong, type Load, percentileOf, startLoad } from '../support/load.js';
import { figure, promise } from '../support/promises.js';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';
import { PRIMARY_NAME, startRedisWithSentinels, type WatchedRedis } from '../support/redis-sentinel.js';
import { BACK_WITHIN_MS, CACHE_TIMEOUT_MS, NOISE_MS, withRedis } from '../support/redis-survival.js';
import type { RedisServer } from '../support/redis.js';

const LARGEST_N = 20;
const ALL = Array.from({ length: LARGEST_N + 1 }, (_, n) => n);

/** Waits until each n has a hit since that time, and returns the time from then to the last first hit. */
async function hitsOfAll(load: Load, ns: readonly number[], fromMs: number): Promise<number> {
  const firsts = await eventually(`hits of ${ns.join(', ')}`, () => {
    const hits = load.sentBetween(fromMs).filter(({ isHit }) => isHit);
    const found = ns.map((n) => hits.find((hit) => hit.n === n)).filter((hit) => hit !== undefined);
    return found.length === ns.length && found;
  });
  return Math.max(...firsts.map((hit) => hit.sentMs - fromMs));
}

interface Replacement {
  /** The values whose keys get another primary. */
  readonly ns: readonly number[];
  /** Brings it about, and resolves when the new primary serves. */
  readonly replace: () => Promise<unknown>;
  /** Whether the other keys stay in use from the begin on: no circuit breaker opens. */
  readonly opensNoBreaker?: boolean;
}

/** The whole course under load: hits, the replacement of a primary, hits again. */
async function expectSurvival(
  task: TestContext['task'],
  env: Record<string, string>,
  begin: () => Promise<Replacement>,
): Promise<void> {
  await using program = await withRedis(env);
  await using load = startLoad(program.url, { largestN: LARGEST_N });
  await hitsOfAll(load, ALL, performance.now());
  const { ns, replace, opensNoBreaker } = await begin();
  const startedMs = performance.now();
  await replace();
  const replacedMs = performance.now();
  const hitsMs = await hitsOfAll(load, ns, replacedMs);
  const answers = await load.stop();
  const p99Ms = percentileOf(load.sentBetween(startedMs), 'latencyMs', 99);

  figure(task, `${answers.length} answers, all 200; p99 ${p99Ms.toFixed(0)} ms meanwhile`);
  figure(
    task,
    `replaced after ${(replacedMs - startedMs).toFixed(0)} ms; hits of its keys ${hitsMs.toFixed(0)} ms after it`,
  );
  expect(failuresAmong(answers)).toEqual([]);
  expect(ns.length).toBeGreaterThan(0);
  expect(p99Ms).toBeLessThan(CACHE_TIMEOUT_MS + NOISE_MS);
  expect(hitsMs).toBeLessThan(BACK_WITHIN_MS);
  const opened = program.logged('[plugin/cache-redis] circuit breaker open; calls are refused');
  expect(opensNoBreaker === true ? opened : []).toEqual([]);
}

/** A primary of the cluster with a key of the load, its replica, and all n whose keys it has. */
async function aPrimary(cluster: RedisCluster) {
  const primary = await cluster.primaryOf('20');
  const owners = await Promise.all(ALL.map((n) => cluster.primaryOf(String(n))));
  const ns = ALL.filter((n) => owners[n] === primary);
  return { primary, replica: await cluster.replicaOf(primary), ns };
}

const isPrimary = async (server: RedisServer) => /role:master/.test(await server.cli('INFO', 'replication'));
const isPromoted = (server: RedisServer) => eventually('the promotion of the replica', () => isPrimary(server));

async function killPrimary(cluster: RedisCluster): Promise<Replacement> {
  const { primary, replica, ns } = await aPrimary(cluster);
  return { ns, replace: async () => [await primary.kill(), await isPromoted(replica)] };
}

/** By default, all nodes refuse all keys until the lost primary is replaced. */
const PARTIAL = ['--cluster-require-full-coverage', 'no'];

const CLUSTER_FAULTS: readonly [
  name: string,
  replace: (cluster: RedisCluster) => Promise<Replacement>,
  args?: readonly string[],
][] = [
  ['loses a primary', killPrimary],
  [
    'loses a primary, and serves the other keys meanwhile,',
    async (cluster) => ({ ...(await killPrimary(cluster)), opensNoBreaker: true }),
    PARTIAL,
  ],
  [
    'has a frozen primary',
    async (cluster) => {
      const { primary, replica, ns } = await aPrimary(cluster);
      return { ns, replace: async () => [primary.freeze(), await isPromoted(replica)] };
    },
  ],
  [
    'fails over by hand',
    async (cluster) => {
      const { replica, ns } = await aPrimary(cluster);
      return { ns, replace: async () => [await replica.cli('CLUSTER', 'FAILOVER'), await isPromoted(replica)] };
    },
  ],
  [
    'moves a range of slots',
    async (cluster) => {
      const { primary, ns } = await aPrimary(cluster);
      const owners = await Promise.all(ALL.map((n) => cluster.primaryOf(String(n))));
      const target = owners.find((owner) => owner !== primary) ?? primary;
      return { ns, replace: () => cluster.reshard(primary, target, 3_000) };
    },
  ],
];

const SENTINEL_FAULTS: readonly [name: string, strike: (redis: WatchedRedis, primary: RedisServer) => unknown][] = [
  ['loses its primary', (_, primary) => primary.kill()],
  ['has a frozen primary', (_, primary) => primary.freeze()],
  ['fails over by hand', ({ sentinels }) => sentinels[0]?.cli('SENTINEL', 'FAILOVER', PRIMARY_NAME)],
];

promise(1, () => {
  for (const [name, begin, args = []] of CLUSTER_FAULTS) {
    it(`a Redis Cluster that ${name} fails no request, and hits return`, async ({ task }) => {
      await using cluster = await startRedisCluster({ args });
      await expectSurvival(task, { REDIS_CLUSTER: cluster.addresses }, () => begin(cluster));
    });
  }

  for (const [name, strike] of SENTINEL_FAULTS) {
    it(`a Redis with Sentinels that ${name} fails no request, and hits return`, async ({ task }) => {
      await using redis = await startRedisWithSentinels();
      await redis.isWatched();
      const env = { REDIS_SENTINELS: redis.addresses, REDIS_SENTINEL_NAME: PRIMARY_NAME };
      await expectSurvival(task, env, async () => {
        const before = await redis.primary();
        const hasNext = () =>
          redis.primary().then(
            (primary) => primary !== before,
            () => false,
          );
        return {
          ns: ALL,
          replace: async () => [await strike(redis, before), await eventually('the next primary', hasNext)],
        };
      });
    });
  }
});

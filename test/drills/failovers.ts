// Scenes with one service and several Redis servers: the loss of a primary.
import type { Load } from '../support/load.ts';
import { REDIS_PLUGIN } from '../support/program.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { PRIMARY_NAME, startRedisWithSentinels } from '../support/redis-sentinel.ts';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redis.ts';
import type { Scene } from './scene.ts';
import { FIRST_HIT, Service } from './single.ts';

/** A key of the primary that is lost. */
const N = 20;

export async function clusterPrimaryKilled(): Promise<Scene> {
  // As docs/configuration.md advises: else all nodes refuse all keys until the replica has taken over.
  const cluster = await startRedisCluster({ args: ['--cluster-require-full-coverage', 'no'] });
  const settings = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_CLUSTER: cluster.addresses };
  const service = await Service.launch(settings, [cluster]);
  const primary = await cluster.primaryOf(String(N));
  const replica = await cluster.replicaOf(primary);
  const isPromoted = async () => /role:master/.test(await replica.cli('INFO', 'replication'));
  const acts = {
    begins: 'one of the three primaries of a Redis Cluster is killed (SIGKILL)',
    begin: async () => {
      await primary.kill();
      await eventually('the promotion of the replica', isPromoted);
    },
    ends: 'its replica has taken over',
    end: () => undefined,
    recovery: 'the first hit of a key that it had',
    isRecovered: (load: Load, endedMs: number) => load.sentBetween(endedMs).some(({ isHit, n }) => isHit && n === N),
  };
  return service.scene(acts, [cluster]);
}

export async function sentinelPrimaryKilled(): Promise<Scene> {
  const redis = await startRedisWithSentinels();
  const settings = {
    CACHE_PLUGIN_PATH: REDIS_PLUGIN,
    REDIS_SENTINELS: redis.addresses,
    REDIS_SENTINEL_NAME: PRIMARY_NAME,
  };
  const service = await Service.launch(settings, [redis]);
  await redis.isWatched();
  const primary = await redis.primary();
  const isReplaced = () =>
    redis.primary().then(
      (next: RedisServer) => next !== primary,
      () => false,
    );
  const acts = {
    begins: 'the primary that Sentinels watch is killed (SIGKILL)',
    begin: async () => {
      await primary.kill();
      await eventually('the next primary', isReplaced);
    },
    ends: 'the Sentinels name another primary',
    end: () => undefined,
  };
  return service.scene({ ...FIRST_HIT, ...acts }, [redis]);
}

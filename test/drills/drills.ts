// The drills by name.
import { connections, overload } from './clients.ts';
import { clusterPrimaryKilled, sentinelPrimaryKilled } from './failovers.ts';
import { replicaFrozen, replicaKilled, rollingRestart } from './replicated.ts';
import type { Drill } from './scene.ts';
import { pluginBlocked, pluginKilled, pluginMissing, redisFrozen, redisKilled, redisSlow } from './single.ts';

const REDIS = ['redis-server'];
const REDIS_CLI = [...REDIS, 'redis-cli'];
const FLEET = [...REDIS, 'haproxy'];

export const DRILLS: Readonly<Record<string, Drill>> = {
  'redis-frozen': { needs: REDIS, summary: 'Redis keeps its connections and answers nothing', open: redisFrozen },
  'redis-killed': { needs: REDIS, summary: 'Redis is gone, and comes back empty', open: redisKilled },
  'redis-slow': { needs: REDIS, summary: 'Redis answers later than CACHE_TIMEOUT', open: redisSlow },
  'cluster-primary-killed': {
    needs: REDIS_CLI,
    summary: 'one of three primaries of a Redis Cluster is lost',
    outageMs: 0,
    open: clusterPrimaryKilled,
  },
  'sentinel-primary-killed': {
    needs: REDIS_CLI,
    summary: 'the primary that Redis Sentinels watch is lost',
    outageMs: 0,
    open: sentinelPrimaryKilled,
  },
  'plugin-missing': { needs: [], summary: 'a restart without the file of the plugin', open: pluginMissing },
  'plugin-killed': { needs: [], summary: 'the process of an isolated plugin ends again and again', open: pluginKilled },
  'plugin-blocked': {
    needs: [],
    summary: 'the process of an isolated plugin blocks again and again',
    open: pluginBlocked,
  },
  overload: { needs: [], summary: 'more computations than the workers can do', open: overload },
  connections: { needs: [], summary: 'more connections than HTTP_MAX_CONNECTIONS', open: connections },
  'replica-killed': { needs: FLEET, summary: 'one of three replicas behind HAProxy is killed', open: replicaKilled },
  'replica-frozen': {
    needs: FLEET,
    summary: 'one of three replicas behind HAProxy answers nothing',
    outageMs: 8_000,
    open: replicaFrozen,
  },
  'rolling-restart': {
    needs: FLEET,
    summary: 'three replicas behind HAProxy restart one after the other',
    outageMs: 0,
    open: rollingRestart,
  },
};

// A node of a Redis Cluster that is frozen: what a look-up of its keys costs, and one of the keys of the other nodes.
import { openPlugin } from '@pluggable/host';
import { type Cache, CACHE_CONTRACT } from '@pluggable/cache/contract';
import { percentile } from '../test/support/percentile.ts';
import { startRedisCluster } from '../test/support/redis-cluster.ts';
import { type Figure, median, progress } from './figure.ts';
import { REDIS_PLUGIN } from './server.ts';

const ROUNDS = 3;
const CALLS = 2_000;
const CALL_TIMEOUT_MS = 1_000;
const KEYS = Array.from({ length: 30 }, (_, index) => `fib:${index}`);
/** Look-ups of lost keys until their node counts as lost: each may take the time limit of a call. */
const MOST_LATE_CALLS = 30;

interface Times {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function lostNode(): Promise<Figure[]> {
  const rounds: { readonly lost: Times; readonly served: Times }[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`lost node: round ${round} of ${ROUNDS}`);
    rounds.push(await freezeOnce());
  }
  const text = (times: readonly Times[]): string =>
    `${median(times.map(({ p50Ms }) => p50Ms)).toFixed(3)} ms, ${median(times.map(({ p99Ms }) => p99Ms)).toFixed(3)} ms`;
  return [
    {
      what: 'a look-up of a key of a frozen node of a Redis Cluster, refused: p50, p99',
      measured: text(rounds.map(({ lost }) => lost)),
      wanted: 'p50 <= 1 ms',
    },
    { what: 'a hit of another node meanwhile: p50, p99', measured: text(rounds.map(({ served }) => served)) },
  ];
}

async function freezeOnce(): Promise<{ readonly lost: Times; readonly served: Times }> {
  await using cluster = await startRedisCluster({ nodes: 3, args: ['--cluster-require-full-coverage', 'no'] });
  const plugin = await openPlugin(CACHE_CONTRACT, {
    path: REDIS_PLUGIN,
    callTimeoutMs: CALL_TIMEOUT_MS,
    env: { REDIS_CLUSTER: cluster.addresses },
  });
  try {
    const { proxy: cache } = plugin;
    const frozen = await cluster.primaryOf(KEYS[0] ?? '');
    const owners = await Promise.all(KEYS.map((key) => cluster.primaryOf(key)));
    const lost = KEYS.filter((_, index) => owners[index] === frozen);
    const served = KEYS.filter((_, index) => owners[index] !== frozen);
    await Promise.all(KEYS.map((key) => cache.set(key, '6765', 3_600_000)));
    frozen.freeze();
    for (let call = 0; call < MOST_LATE_CALLS && (await lookUp(cache, lost[0] ?? '')).tookMs > 1; call++);
    return {
      lost: await timesOf(cache, lost, 'KEY_UNAVAILABLE'),
      served: await timesOf(cache, served, 'hit'),
    };
  } finally {
    await plugin.close();
  }
}

/** Sequential look-ups. @throws Error if one has another outcome than `wanted` */
async function timesOf(cache: Cache, keys: readonly string[], wanted: string): Promise<Times> {
  const allMs: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const key = keys[call % keys.length] ?? '';
    const { outcome, tookMs } = await lookUp(cache, key);
    if (outcome !== wanted) throw new Error(`the look-up of ${key} ended with ${outcome}, wanted ${wanted}`);
    allMs.push(tookMs);
  }
  return { p50Ms: percentile(allMs, 50), p99Ms: percentile(allMs, 99) };
}

/** @returns its status or the code of its error */
async function lookUp(cache: Cache, key: string): Promise<{ readonly outcome: string; readonly tookMs: number }> {
  const startedMs = performance.now();
  const outcome = await cache.get(key).then(
    ({ status }) => status,
    (error: { readonly code: string }) => error.code,
  );
  return { outcome, tookMs: performance.now() - startedMs };
}

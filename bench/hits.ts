// Cache hits: how many, how fast, and how fast while every worker computes.
import { once } from 'node:events';
import { get } from 'node:http';
import { PLUGIN_MODES, type PluginMode } from '@pluggable/host';
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { load } from './load.ts';
import { ask, MEMORY_PLUGIN, REDIS_PLUGIN, type Server, startBare, startRedis, startService } from './server.ts';
import { type Comparison, sideBySide } from './side-by-side.ts';

const WARM_UP = { seconds: 3, connections: 64 };
const FULL = { seconds: 2, connections: 64 };
const HIT = '/fib/20';
export const MEMORY = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '1h' };

export interface Answers<Of extends string> {
  readonly perSecond: (name: Of) => number[];
  readonly p99Ms: (name: Of) => number;
  readonly rssMb: (name: Of) => number;
}

export async function answersOf<Of extends string>(
  comparison: Pick<Comparison<Of, Server, unknown>, 'title' | 'starts' | 'subjects'>,
): Promise<Answers<Of>> {
  const rounds = await sideBySide({
    ...comparison,
    rounds: 3,
    warmUp: async ({ url }) => {
      await ask(url + HIT);
      await load(url + HIT, WARM_UP);
    },
    measure: async ({ url, pid }) => {
      const answered = await load(url + HIT, FULL);
      return { ...answered, rssMb: (await pidusage(pid)).memory / 1e6 };
    },
  });
  return {
    perSecond: (name) => rounds(name).map(({ perSecond }) => perSecond),
    p99Ms: (name) => median(rounds(name).map(({ p99Ms }) => p99Ms)),
    rssMb: (name) => median(rounds(name).map(({ rssMb }) => rssMb)),
  };
}

const NAMES = ['bare (a)', 'bare (b)', 'memory', 'redis'] as const;
type Name = (typeof NAMES)[number];

export async function hits(): Promise<Figure[]> {
  await using redis = await startRedis();
  const { perSecond, p99Ms, rssMb } = await answersOf<Name>({
    title: 'hits',
    starts: 5,
    subjects: {
      'bare (a)': () => startBare('plain'),
      'bare (b)': () => startBare('logged'),
      memory: () => startService(MEMORY),
      redis: () => startService({ CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, CACHE_EXPIRATION: '1h' }),
    },
  });
  const ratio = (what: string, name: Name, beside: Name, wanted: string): Figure => ({
    what,
    measured: medianRatio(perSecond(name), perSecond(beside)).toFixed(2),
    wanted,
  });
  return [
    ratio('memory hits beside (b), the bare route with logger and headers', 'memory', 'bare (b)', '>= 0.85'),
    ratio('memory hits beside (a), the bare route', 'memory', 'bare (a)', '>= 0.6'),
    ratio('Redis hits beside (b)', 'redis', 'bare (b)', '>= 0.6'),
    ...NAMES.map((name) => ({
      what: `${name}: a second, p99, resident memory`,
      measured: `${Math.round(median(perSecond(name)))}, ${p99Ms(name).toFixed(1)} ms, ${Math.round(rssMb(name))} MB`,
    })),
  ];
}

const startIn = (isolation: PluginMode) => () => startService({ ...MEMORY, CACHE_PLUGIN_ISOLATION: isolation });

/** Resident memory is left out: what a plugin in a process takes is not the service's. */
export async function hitsByIsolation(): Promise<Figure[]> {
  const { perSecond, p99Ms } = await answersOf<PluginMode>({
    title: 'hits by isolation',
    starts: 3,
    subjects: { inline: startIn('inline'), worker: startIn('worker'), process: startIn('process') },
  });
  return [
    ...(['worker', 'process'] as const).map((mode) => ({
      what: `memory hits with the plugin in a ${mode}, beside inline`,
      measured: medianRatio(perSecond(mode), perSecond('inline')).toFixed(2),
    })),
    ...PLUGIN_MODES.map((mode) => ({
      what: `memory hits, ${mode}: a second, p99`,
      measured: `${Math.round(median(perSecond(mode)))}, ${p99Ms(mode).toFixed(1)} ms`,
    })),
  ];
}

const PROBES = 5;
const PROBE = { seconds: 2, connections: 4, rate: 200 };
/** So long that they outlast the probe. */
const LONG = ['/fib/49', '/fib/50'];

export async function hitsBesideComputations(): Promise<Figure[]> {
  // One worker is left to short computations.
  await using service = await startService({ ...MEMORY, COMPUTE_WORKERS: String(LONG.length + 1) });
  await ask(service.url + HIT);
  await load(service.url + HIT, WARM_UP);
  const restMs: number[] = [];
  const besideMs: number[] = [];
  for (let round = 1; round <= PROBES; round++) {
    progress(`hits beside computations: round ${round} of ${PROBES}`);
    restMs.push((await load(service.url + HIT, PROBE)).p99Ms);
    const computing = LONG.map((path) => get(service.url + path, { agent: false }).on('error', () => {}));
    await Promise.all(computing.map((request) => once(request, 'finish')));
    besideMs.push((await load(service.url + HIT, PROBE)).p99Ms);
    for (const request of computing) request.destroy();
  }
  return [
    {
      what: 'p99 of memory hits, 200 a second, while n = 49 and n = 50 are computed, beside at rest',
      measured: `${medianRatio(besideMs, restMs).toFixed(1)} (${median(besideMs).toFixed(1)} ms beside ${median(restMs).toFixed(1)} ms)`,
      wanted: '<= 5',
    },
  ];
}

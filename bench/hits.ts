// Cache hits: rate, latency, memory, and latency while all workers compute.
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ISOLATIONS, type Isolation } from '@pluggable/host';
import pidusage from 'pidusage';
import { percentileOf, startLoad } from '../test/support/load.ts';
import { type Figure, median, medianRatio, percent, progress, worstRatio } from './figure.ts';
import { load } from './load.ts';
import {
  ask,
  MEMORY_PLUGIN,
  REDIS_PLUGIN,
  type Server,
  startBare,
  startRaw,
  startRedis,
  startService,
} from './server.ts';
import { type Comparison, sideBySide } from './side-by-side.ts';

const CONNECTIONS = 64;
const WARM_UP = { seconds: 2, connections: CONNECTIONS };
const FULL = { seconds: 1, connections: CONNECTIONS };
const HIT = '/fib/20';
/** A start with a larger share of its time in garbage collections counts as bad. */
const MUCH_GC = 0.1;
export const MEMORY = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '1h' };
/** Sends each answer separately. */
export const AT_ONCE = { HTTP_MAX_ANSWERS_TOGETHER: '1' };

export interface Hits {
  readonly perSecond: number;
  /** CPU time of the server for each hit, in microseconds. */
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
  /** The share of the time spent in garbage collections. */
  readonly gc: number;
}

/** One value per start. */
export async function hitsOf<Of extends string>(
  comparison: Pick<Comparison<Of, Server, Hits>, 'title' | 'starts' | 'subjects'>,
  connections = CONNECTIONS,
): Promise<(name: Of, part: keyof Hits) => readonly number[]> {
  return await sideBySide<Of, Server, Hits>({
    ...comparison,
    rounds: 3,
    warmUp: async ({ url }) => {
      await ask(url + HIT);
      await load(url + HIT, WARM_UP);
    },
    measure: async (server) => {
      const startedMs = performance.now();
      const before = await server.times();
      const { requests, ...answered } = await load(server.url + HIT, { ...FULL, connections });
      const after = await server.times();
      const gc = (after.gcMs - before.gcMs) / (performance.now() - startedMs);
      const cpuUs = ((after.cpuMs - before.cpuMs) * 1e3) / requests;
      return { ...answered, cpuUs, gc, rssMb: (await pidusage(server.pid)).memory / 1e6 };
    },
  });
}

const NAMES = ['raw node:http', 'bare (a)', 'bare (b)', 'memory', 'memory, each answer at once', 'redis'] as const;
type Name = (typeof NAMES)[number];

export async function hits(): Promise<Figure[]> {
  await using redis = await startRedis();
  const of = await hitsOf<Name>({
    title: 'hits',
    starts: 8,
    subjects: {
      'raw node:http': startRaw,
      'bare (a)': () => startBare('plain'),
      'bare (b)': () => startBare('logged'),
      memory: () => startService(MEMORY),
      'memory, each answer at once': () => startService({ ...MEMORY, ...AT_ONCE }),
      redis: () => startService({ CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, CACHE_EXPIRATION: '1h' }),
    },
  });
  const ratio = (what: string, name: Name, base: Name, wanted?: string): Figure => ({
    what: `${what} relative to ${base}`,
    measured: medianRatio(of(name, 'perSecond'), of(base, 'perSecond')).toFixed(2),
    ...(wanted !== undefined && { wanted }),
  });
  const memoryRatio = (name: Name, most: number): Figure => ({
    what: `${name}: resident memory after the load, relative to bare (b)`,
    measured: medianRatio(of(name, 'rssMb'), of('bare (b)', 'rssMb')).toFixed(2),
    wanted: `<= ${most}`,
  });
  return [
    ratio('memory hits', 'memory', 'bare (b)', '>= 1.2'),
    ratio('memory hits, each answer sent at once,', 'memory, each answer at once', 'bare (b)'),
    ratio('memory hits', 'memory', 'bare (a)'),
    ratio('memory hits', 'memory', 'raw node:http'),
    ratio('Redis hits', 'redis', 'bare (b)'),
    {
      what: 'memory hits: the worst start relative to the median start',
      measured: worstRatio(of('memory', 'perSecond')).toFixed(2),
      wanted: '>= 0.8',
    },
    memoryRatio('memory', 1.3),
    memoryRatio('redis', 1.5),
    ...NAMES.map((name) => ({
      what: `${name}: a second, p50, p99, resident memory`,
      measured: `${Math.round(median(of(name, 'perSecond')))}, ${median(of(name, 'p50Ms')).toFixed(1)} ms, ${median(of(name, 'p99Ms')).toFixed(1)} ms, ${Math.round(median(of(name, 'rssMb')))} MB`,
    })),
    ...NAMES.map((name) => ({
      what: `${name}: time in garbage collections, median and worst start; starts above ${percent(MUCH_GC)}`,
      measured: `${percent(median(of(name, 'gc')))}, ${percent(Math.max(...of(name, 'gc')))}; ${of(name, 'gc').filter((share) => share > MUCH_GC).length} of ${of(name, 'gc').length}`,
    })),
  ];
}

const startIn = (isolation: Isolation) => () => startService({ ...MEMORY, CACHE_PLUGIN_ISOLATION: isolation });

/** Without resident memory: the memory of a plugin process is not part of that of the service. */
export async function hitsByIsolation(): Promise<Figure[]> {
  const of = await hitsOf<Isolation>({
    title: 'hits by isolation',
    starts: 3,
    subjects: { inline: startIn('inline'), worker: startIn('worker'), process: startIn('process') },
  });
  return [
    ...(['worker', 'process'] as const).map((isolation) => ({
      what: `memory hits with the plugin in a ${isolation}, relative to inline`,
      measured: medianRatio(of(isolation, 'perSecond'), of('inline', 'perSecond')).toFixed(2),
      ...(isolation === 'worker' && { wanted: '>= 0.7' }),
    })),
    ...ISOLATIONS.map((isolation) => ({
      what: `memory hits, ${isolation}: a second, p99`,
      measured: `${Math.round(median(of(isolation, 'perSecond')))}, ${median(of(isolation, 'p99Ms')).toFixed(1)} ms`,
    })),
  ];
}

const PROBES = 5;
const PROBE_MS = 2_000;
/** Long enough to outlast the probe. */
const LONG = ['/fib/49', '/fib/50'];

export async function hitsDuringComputations(): Promise<Figure[]> {
  // One worker is free for short computations.
  await using service = await startService({ ...MEMORY, COMPUTE_WORKERS: String(LONG.length + 1) });
  await load(service.url + HIT, WARM_UP);
  const restMs: number[] = [];
  const computingMs: number[] = [];
  for (let round = 1; round <= PROBES; round++) {
    progress(`hits during computations: round ${round} of ${PROBES}`);
    restMs.push(await probe(service.url));
    const requests = LONG.map((path) => get(service.url + path, { agent: false }).on('error', () => {}));
    await Promise.all(requests.map((request) => once(request, 'finish')));
    computingMs.push(await probe(service.url));
    for (const request of requests) request.destroy();
  }
  return [
    {
      what: 'p99 of memory hits, 200 a second, while n = 49 and n = 50 are computed, relative to rest',
      measured: `${medianRatio(computingMs, restMs).toFixed(1)} (${median(computingMs).toFixed(1)} ms / ${median(restMs).toFixed(1)} ms)`,
      wanted: '<= 5',
    },
  ];
}

/** The 99th percentile of hits at a fixed rate, in milliseconds. */
async function probe(url: string): Promise<number> {
  await using running = startLoad(url);
  await delay(PROBE_MS);
  const answers = await running.stop();
  return percentileOf(
    answers.filter(({ isHit }) => isHit),
    'latencyMs',
    99,
  );
}

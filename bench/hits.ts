// Cache hits: how many, how fast, and how fast while every worker computes.
import { once } from 'node:events';
import { get } from 'node:http';
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { type Answered, load } from './load.ts';
import { ask, MEMORY_PLUGIN, REDIS_PLUGIN, type Server, startBare, startRedis, startService } from './server.ts';

/** Each start has its own luck (memory layout, compiled code), so each round starts all of them anew. */
const STARTS = 5;
const ROUNDS = 3;
const WARM_UP = { seconds: 3, connections: 64 };
const FULL = { seconds: 2, connections: 64 };
const HIT = '/fib/20';

const NAMES = ['bare (a)', 'bare (b)', 'memory', 'redis'] as const;
type Name = (typeof NAMES)[number];

export async function hits(): Promise<Figure[]> {
  const answered = new Map<Name, Answered[]>(NAMES.map((name) => [name, []]));
  const rssMb = new Map<Name, number[]>(NAMES.map((name) => [name, []]));
  await using redis = await startRedis();
  for (let start = 1; start <= STARTS; start++) {
    progress(`hits: start ${start} of ${STARTS}`);
    await using servers = new AsyncDisposableStack();
    const running: [Name, Server][] = [
      ['bare (a)', servers.use(await startBare('plain'))],
      ['bare (b)', servers.use(await startBare('logged'))],
      ['memory', servers.use(await startService({ CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '1h' }))],
      [
        'redis',
        servers.use(
          await startService({ CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, CACHE_EXPIRATION: '1h' }),
        ),
      ],
    ];
    for (const [, { url }] of running) {
      await ask(url + HIT);
      await load(url + HIT, WARM_UP);
    }
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [name, { url }] of running) answered.get(name)?.push(await load(url + HIT, FULL));
    }
    for (const [name, { pid }] of running) rssMb.get(name)?.push((await pidusage(pid)).memory / 1e6);
  }

  const perSecond = (name: Name): number[] => (answered.get(name) ?? []).map((each) => each.perSecond);
  const p99Ms = (name: Name): number => median((answered.get(name) ?? []).map((each) => each.p99Ms));
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
      measured: `${Math.round(median(perSecond(name)))}, ${p99Ms(name).toFixed(1)} ms, ${Math.round(median(rssMb.get(name) ?? []))} MB`,
    })),
  ];
}

const PROBES = 5;
const PROBE = { seconds: 2, connections: 4, rate: 200 };
/** So long that they outlast the probe. */
const LONG = ['/fib/49', '/fib/50'];

export async function hitsBesideComputations(): Promise<Figure[]> {
  await using service = await startService({
    CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
    CACHE_EXPIRATION: '1h',
    COMPUTE_WORKERS: String(LONG.length),
  });
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
      what: 'p99 of memory hits, 200 a second, while every worker computes, beside at rest',
      measured: `${medianRatio(besideMs, restMs).toFixed(1)} (${median(besideMs).toFixed(1)} ms beside ${median(restMs).toFixed(1)} ms)`,
      wanted: '<= 5',
    },
  ];
}

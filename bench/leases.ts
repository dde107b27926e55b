// The cost of leases: hits, and misses whose computation is too cheap for a lease.
import { fileURLToPath } from 'node:url';
import { type Figure, median, medianRatio } from './figure.ts';
import { type Hits, hitsOf } from './hits.ts';
import { REDIS_PLUGIN, startRedis, startService } from './server.ts';

const MISSING = fileURLToPath(new URL('missing.mjs', import.meta.url));
/** Requests of one connection do not share a computation. */
const ONE_CONNECTION = 1;

/** The service without leases runs twice: the difference between its two servers is the measurement error. */
const NAMES = ['on', 'off', 'off again'] as const;
type Name = (typeof NAMES)[number];

export async function leases(): Promise<Figure[]> {
  await using redis = await startRedis();
  const withRedis = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_ADDR: redis.addr, CACHE_EXPIRATION: '1h' };
  return [
    ...(await compare('Redis hits', withRedis)),
    ...(await compare('misses below LEASE_MIN_COST', { CACHE_PLUGIN_PATH: MISSING }, ONE_CONNECTION)),
    ...(await compare(
      'misses with LEASE_MIN_COST=0s',
      { CACHE_PLUGIN_PATH: MISSING, LEASE_MIN_COST: '0s' },
      ONE_CONNECTION,
    )),
  ];
}

async function compare(what: string, env: Readonly<Record<string, string>>, connections?: number): Promise<Figure[]> {
  const start = (CACHE_LEASE: 'on' | 'off') => () => startService({ ...env, CACHE_LEASE });
  const subjects = { on: start('on'), off: start('off'), 'off again': start('off') };
  const of = await hitsOf<Name>({ title: `leases, ${what}`, starts: 6, subjects }, connections);
  const ratio = (name: Name, part: keyof Hits): string => medianRatio(of(name, part), of('off', part)).toFixed(2);
  return [
    {
      what: `${what} with CACHE_LEASE=on, and of a second service with CACHE_LEASE=off, relative to CACHE_LEASE=off`,
      measured: `${ratio('on', 'perSecond')}, ${ratio('off again', 'perSecond')}`,
    },
    {
      what: `CPU time of ${what} with CACHE_LEASE=on, and of a second service with CACHE_LEASE=off, relative to CACHE_LEASE=off`,
      measured: `${ratio('on', 'cpuUs')}, ${ratio('off again', 'cpuUs')}`,
    },
    {
      what: `${what} with CACHE_LEASE=on: a second, p50`,
      measured: `${Math.round(median(of('on', 'perSecond')))}, ${median(of('on', 'p50Ms')).toFixed(2)} ms`,
    },
  ];
}

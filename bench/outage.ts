// A Redis that is frozen under load: latency until the breaker opens and after it, and the time until hits return.
import { setTimeout as delay } from 'node:timers/promises';
import { failuresAmong, type LoadAnswer, startLoad } from '../test/support/load.ts';
import { type Figure, median, progress } from './figure.ts';
import { percentile } from '../test/support/percentile.ts';
import { REDIS_PLUGIN, startRedis, startService } from './server.ts';

const ROUNDS = 3;
const CACHE_TIMEOUT_MS = 100;
const CALM_MS = 3_000;
const FROZEN_MS = 5_000;
const RETURN_MS = 6_000;

interface Outage {
  readonly beforeMs: number;
  readonly untilOpenMs: number;
  readonly openMs: number;
  readonly tookToOpenMs: number;
  readonly tookToReturnMs: number;
  readonly failures: number;
}

export async function outage(): Promise<Figure[]> {
  const outages: Outage[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`outage: round ${round} of ${ROUNDS}`);
    outages.push(await freezeOnce());
  }
  const of = (name: keyof Outage): number => median(outages.map((seen) => seen[name]));
  const added = (name: 'untilOpenMs' | 'openMs'): number => median(outages.map((seen) => seen[name] - seen.beforeMs));
  return [
    {
      what: 'p99 while Redis is frozen, until the breaker opens, compared with before',
      measured: `${added('untilOpenMs').toFixed(0)} ms more (${of('untilOpenMs').toFixed(0)} ms, before: ${of('beforeMs').toFixed(0)} ms)`,
      wanted: `<= ${CACHE_TIMEOUT_MS + 20} ms more`,
    },
    {
      what: 'p99 when the breaker is open, compared with before',
      measured: `${added('openMs').toFixed(0)} ms more (${of('openMs').toFixed(0)} ms)`,
    },
    {
      what: 'from the freeze until the breaker is open, from the thaw until the first hit',
      measured: `${of('tookToOpenMs').toFixed(0)} ms, ${of('tookToReturnMs').toFixed(0)} ms`,
      wanted: '<= 2 s, <= 6 s',
    },
    {
      what: `answers other than 200 with the right result, of all ${ROUNDS} outages`,
      measured: String(outages.reduce((sum, { failures }) => sum + failures, 0)),
      wanted: '0',
    },
  ];
}

async function freezeOnce(): Promise<Outage> {
  await using redis = await startRedis();
  await using service = await startService({
    CACHE_PLUGIN_PATH: REDIS_PLUGIN,
    CACHE_TIMEOUT: `${CACHE_TIMEOUT_MS}ms`,
    REDIS_ADDR: redis.addr,
  });
  await using load = startLoad(service.url);
  // For compilation and connections.
  await delay(CALM_MS);
  const calmMs = performance.now();
  await delay(CALM_MS);
  redis.freeze();
  const frozenMs = performance.now();
  await delay(FROZEN_MS);
  redis.thaw();
  const thawedMs = performance.now();
  await delay(RETURN_MS);
  await load.stop();

  const openedMs = openedAtMs(await service.log());
  const late = (fromMs: number, toMs: number): number =>
    percentile(
      load.sentBetween(fromMs, toMs).map(({ latencyMs }) => latencyMs),
      99,
    );
  const firstHit = load.sentBetween(thawedMs).find(({ isHit }: LoadAnswer) => isHit);
  return {
    beforeMs: late(calmMs, frozenMs),
    untilOpenMs: late(frozenMs, openedMs),
    openMs: late(openedMs, thawedMs),
    tookToOpenMs: openedMs - frozenMs,
    tookToReturnMs: (firstHit?.sentMs ?? Number.NaN) - thawedMs,
    failures: failuresAmong(load.answers).length,
  };
}

/** On the clock of `performance.now()`. */
function openedAtMs(log: string): number {
  const line = log.split('\n').find((text) => text.includes('breaker open') && text.includes('"method":"get"')) ?? '{}';
  const { time } = JSON.parse(line) as { readonly time?: string };
  return Date.parse(String(time)) - performance.timeOrigin;
}

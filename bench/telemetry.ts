// The cost of telemetry: hits with metrics and without, and the channels of the host.
import { setTimeout as delay } from 'node:timers/promises';
import { channels } from './channels.ts';
import { type Figure, median, medianRatio } from './figure.ts';
import { type Hits, hitsOf, MEMORY } from './hits.ts';
import { ask, type Server, startService } from './server.ts';

/** The usual interval of Prometheus is 15 s or more. */
const SCRAPE_MS = 1_000;

/** The service without metrics runs twice: the difference between its two servers is the measurement error. */
const NAMES = ['on', 'off', 'off again'] as const;
type Name = (typeof NAMES)[number];

export async function telemetry(): Promise<Figure[]> {
  return [...(await metrics()), ...(await channels())];
}

function startWith(METRICS: 'on' | 'off'): Promise<Server> {
  return startService({ ...MEMORY, METRICS });
}

const startWithout = (): Promise<Server> => startWith('off');

async function metrics(): Promise<Figure[]> {
  const of = await hitsOf<Name>({
    title: 'metrics',
    starts: 8,
    subjects: { on: async () => scraped(await startWith('on')), off: startWithout, 'off again': startWithout },
  });
  const ratio = (name: Name, part: keyof Hits): string => medianRatio(of(name, part), of('off', part)).toFixed(2);
  return [
    {
      what: 'memory hits with METRICS=on, scraped once a second, relative to METRICS=off',
      measured: ratio('on', 'perSecond'),
      wanted: '>= 0.92',
    },
    {
      what: 'memory hits of a second service with METRICS=off, relative to METRICS=off',
      measured: ratio('off again', 'perSecond'),
    },
    {
      what: 'CPU time of a memory hit with METRICS=on, and of a second service with METRICS=off, relative to METRICS=off',
      measured: `${ratio('on', 'cpuUs')}, ${ratio('off again', 'cpuUs')}`,
    },
    {
      what: 'resident memory after the load with METRICS=on, relative to METRICS=off',
      measured: ratio('on', 'rssMb'),
    },
    ...NAMES.map((name) => ({
      what: `metrics ${name}: a second, CPU time, p50, p99, resident memory`,
      measured: `${Math.round(median(of(name, 'perSecond')))}, ${median(of(name, 'cpuUs')).toFixed(1)} us, ${median(of(name, 'p50Ms')).toFixed(1)} ms, ${median(of(name, 'p99Ms')).toFixed(1)} ms, ${Math.round(median(of(name, 'rssMb')))} MB`,
    })),
  ];
}

/** Requests the metrics of a server until its end. A failed scrape rejects at the end. */
function scraped(server: Server): Server {
  const stop = new AbortController();
  const scraping = scrape(server.url, stop.signal);
  // It is awaited at the end of the server.
  scraping.catch(() => {});
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      try {
        await scraping;
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
  };
}

async function scrape(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await ask(`${url}/metrics`);
    await delay(SCRAPE_MS, undefined, { signal }).catch(() => {});
  }
}

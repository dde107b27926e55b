// Computations: cost of one, cost of one for a hundred clients, and the time until an abandoned worker is free.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import pidusage from 'pidusage';
import { type Figure, median, medianRatio, progress } from './figure.ts';
import { plainFibonacci } from './plain-recursion.ts';
import { ask, startService } from './server.ts';

const COMPARED = { n: 42, rounds: 5 };

export async function uncached(): Promise<Figure[]> {
  await using service = await startService();
  const serviceMs: number[] = [];
  const plainMs: number[] = [];
  for (let round = 1; round <= COMPARED.rounds; round++) {
    progress(`n = ${COMPARED.n}: round ${round} of ${COMPARED.rounds}`);
    serviceMs.push(await ask(`${service.url}/fib/${COMPARED.n}`));
    const startedMs = performance.now();
    plainFibonacci(COMPARED.n);
    plainMs.push(performance.now() - startedMs);
  }
  return [
    {
      what: `GET /fib/${COMPARED.n}, uncached, relative to the same recursion in plain JavaScript`,
      measured: `${medianRatio(serviceMs, plainMs).toFixed(2)} (${median(serviceMs).toFixed(0)} ms / ${median(plainMs).toFixed(0)} ms)`,
    },
  ];
}

const CLIENTS = 100;
const COALESCED = { n: 40, rounds: 5 };

export async function coalescing(): Promise<Figure[]> {
  await using service = await startService({ LOG_LEVEL: 'debug' });
  const url = `${service.url}/fib/${COALESCED.n}`;
  const cpuMs = async (work: () => Promise<unknown>): Promise<number> => {
    const before = (await pidusage(service.pid)).ctime;
    await work();
    return (await pidusage(service.pid)).ctime - before;
  };
  const oneMs: number[] = [];
  const manyMs: number[] = [];
  for (let round = 1; round <= COALESCED.rounds; round++) {
    progress(`${CLIENTS} clients: round ${round} of ${COALESCED.rounds}`);
    oneMs.push(await cpuMs(() => ask(url)));
    manyMs.push(await cpuMs(() => Promise.all(Array.from({ length: CLIENTS }, () => ask(url)))));
  }
  // The log is buffered for 50 ms.
  await delay(200);
  const computations = (await service.log()).match(new RegExp(`"n":${COALESCED.n},.*fib\\(n\\) calculated`, 'g')) ?? [];
  return [
    {
      what: `computations for ${CLIENTS} clients on one cold n = ${COALESCED.n}`,
      measured: String(computations.length / COALESCED.rounds - 1),
      wanted: '1',
    },
    {
      what: `CPU time of ${CLIENTS} clients, relative to one client`,
      measured: `${medianRatio(manyMs, oneMs).toFixed(2)} (${median(manyMs)} ms / ${median(oneMs)} ms)`,
    },
  ];
}

const CANCELLED = { n: 50, rounds: 21, computingMs: 100 };

/** With one worker, a waiting request is answered as soon as the worker is free. So its answer is included in the time. */
export async function cancellation(): Promise<Figure[]> {
  await using service = await startService({ COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '5m' });
  const freeMs: number[] = [];
  for (let round = 1; round <= CANCELLED.rounds; round++) {
    if (round % 7 === 0) progress(`cancellation: round ${round} of ${CANCELLED.rounds}`);
    const long = get(`${service.url}/fib/${CANCELLED.n}`, { agent: false }).on('error', () => {});
    await delay(CANCELLED.computingMs);
    const next = ask(`${service.url}/fib/2`);
    await delay(CANCELLED.computingMs);
    const leftMs = performance.now();
    long.destroy();
    await next;
    freeMs.push(performance.now() - leftMs);
  }
  return [
    {
      what: 'from a disconnect until the worker has answered the next request, median',
      measured: `${median(freeMs).toFixed(0)} ms`,
      wanted: '<= 50 ms',
    },
  ];
}

// The cost of one plugin call in each isolation, compared with its lower bound.
import { fork } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Cache, CacheFactory } from '@pluggable/cache/contract';
import { ISOLATIONS, type Isolation } from '@pluggable/host';
import { type Figure, median, medianRatio } from './figure.ts';
import { percentile } from '../test/support/percentile.ts';
import { MEMORY_PLUGIN } from './server.ts';
import { sideBySide } from './side-by-side.ts';

const ROOT = new URL('../', import.meta.url);
const WARM_UP_CALLS = 5_000;
const SEQUENTIAL_CALLS = 2_000;
const PIPELINED = { calls: 10_000, inFlight: 64 };
const CALL_TIMEOUT_MS = 5_000;
const KEY = 'fib:20';

const NAMES = ['direct', ...ISOLATIONS, 'bare worker', 'bare process'] as const;
type Name = (typeof NAMES)[number];

export interface Subject extends AsyncDisposable {
  readonly call: () => Promise<unknown>;
}

export interface Calls {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly perSecond: number;
}

/** One value per start. */
export async function callsOf<Of extends string>(
  title: string,
  subjects: Readonly<Record<Of, () => Promise<Subject>>>,
): Promise<(name: Of, part: keyof Calls) => readonly number[]> {
  return await sideBySide<Of, Subject, Calls>({
    title,
    starts: 3,
    rounds: 3,
    subjects,
    warmUp: ({ call }) => timesOf(call, WARM_UP_CALLS),
    measure: ({ call }) => measure(call),
  });
}

export async function calls(): Promise<Figure[]> {
  const all = await callsOf<Name>('calls', {
    direct,
    inline: () => hosted('inline'),
    worker: () => hosted('worker'),
    process: () => hosted('process'),
    'bare worker': async () => bareWorker(),
    'bare process': async () => bareProcess(),
  });
  const p50Us = (name: Name): number => median(all(name, 'p50Us'));
  const guardUs = median(all('inline', 'p50Us').map((us, start) => us - (all('direct', 'p50Us')[start] ?? Number.NaN)));
  const relativeToBare = (isolation: 'worker' | 'process'): Figure => ({
    what: `a call in a ${isolation}, relative to the bare round trip, p50`,
    measured: medianRatio(all(isolation, 'p50Us'), all(`bare ${isolation}`, 'p50Us')).toFixed(2),
  });
  return [
    { what: 'added by the host to a call inline, p50', ...goal(guardUs, 1) },
    { what: 'a call in a worker, p50', ...goal(p50Us('worker'), 20) },
    relativeToBare('worker'),
    { what: 'a call in a process, p50', ...goal(p50Us('process'), 150) },
    relativeToBare('process'),
    ...NAMES.map((name) => ({
      what: `${name}: p50, p99 of a call; calls a second with ${PIPELINED.inFlight} in flight`,
      measured: `${p50Us(name).toFixed(1)} us, ${median(all(name, 'p99Us')).toFixed(1)} us, ${Math.round(median(all(name, 'perSecond')))}`,
    })),
  ];
}

function goal(us: number, mostUs: number): Pick<Figure, 'measured' | 'wanted'> {
  return { measured: `${us.toFixed(1)} us`, wanted: `<= ${mostUs} us: ${us <= mostUs ? 'reached' : 'missed'}` };
}

async function measure(call: Subject['call']): Promise<Calls> {
  const timesUs = await timesOf(call, SEQUENTIAL_CALLS);
  const startedMs = performance.now();
  const lanes = Array.from({ length: PIPELINED.inFlight }, async (_, lane) => {
    for (let made = lane; made < PIPELINED.calls; made += PIPELINED.inFlight) await call();
  });
  await Promise.all(lanes);
  const tookMs = performance.now() - startedMs;
  return {
    p50Us: percentile(timesUs, 50),
    p99Us: percentile(timesUs, 99),
    perSecond: (PIPELINED.calls / tookMs) * 1e3,
  };
}

/** Sequential calls, each in microseconds. */
async function timesOf(call: Subject['call'], count: number): Promise<number[]> {
  const timesUs: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now();
    await call();
    timesUs.push((performance.now() - startedMs) * 1e3);
  }
  return timesUs;
}

/** An instance of the plugin without a host. */
async function direct(): Promise<Subject> {
  const plugin: unknown = await import(pathToFileURL(MEMORY_PLUGIN).href);
  const { Factory } = plugin as { readonly Factory: CacheFactory };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const config = { MEMORY_MAX_ENTRIES: 10_000, MEMORY_MAX_BYTES: 64 * 1024 * 1024 };
  const cache = await Factory(log, { config, callTimeoutMs: CALL_TIMEOUT_MS, signal: new AbortController().signal });
  return await hitsOf(cache, async () => await cache.close?.());
}

/** @param checkout the folder of a built checkout. @default this one */
export async function hosted(isolation: Isolation, checkout = ROOT): Promise<Subject> {
  const load = async (path: string): Promise<unknown> => await import(new URL(path, checkout).href);
  const { openPlugin } = (await load('libs/host/dist/index.js')) as typeof import('@pluggable/host');
  const { CACHE_CONTRACT } = (await load(
    'libs/cache/dist/contract/index.js',
  )) as typeof import('@pluggable/cache/contract');
  const path = fileURLToPath(new URL('dist/plugins/cache-memory.mjs', checkout));
  const plugin = await openPlugin(CACHE_CONTRACT, { path, isolation, callTimeoutMs: CALL_TIMEOUT_MS, env: {} });
  return await hitsOf(plugin.proxy, () => plugin.close());
}

/** @throws Error when the cache does not return a value after a write */
async function hitsOf(cache: Cache, close: () => Promise<void>): Promise<Subject> {
  await cache.set(KEY, '6765', 3_600_000);
  const { status } = await cache.get(KEY);
  if (status !== 'hit') throw new Error(`the look-up of the value just written returned ${status}`);
  return { call: () => cache.get(KEY), [Symbol.asyncDispose]: close };
}

const ECHO = new URL('./echo.ts', import.meta.url);

function bareWorker(): Subject {
  const worker = new Worker(ECHO);
  const { call, answer } = inOrder(() => worker.postMessage(KEY));
  worker.on('message', answer);
  return { call, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

function bareProcess(): Subject {
  const child = fork(ECHO, { serialization: 'advanced' });
  const { call, answer } = inOrder(() => child.send(KEY));
  child.on('message', answer);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    call,
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await ended;
    },
  };
}

/** An echo answers in order, so its messages need no ids. */
function inOrder(send: () => void): { readonly call: () => Promise<void>; readonly answer: () => void } {
  const waiting: (() => void)[] = [];
  return {
    call: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        send();
      }),
    answer: () => waiting.shift()?.(),
  };
}

// npm run bench: the figures of the README, measured against the built program in one run. Medians of interleaved rounds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { plainFibonacci } from './plain-recursion.ts';

const ROUNDS = 5;
const N_COMPARED = 42;
const N_SHOWN = 45;
const EXPIRATION_MS = 100;
const MEMORY_PLUGIN = fileURLToPath(new URL('../dist/plugins/cache-memory.mjs', import.meta.url));

interface Service extends AsyncDisposable {
  readonly url: string;
}

async function startService(env: Record<string, string>): Promise<Service> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    cwd: tmpdir(),
    env: { PORT: '0', HOST: '127.0.0.1', LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const { msg, addr } = JSON.parse(line) as { msg: string; addr?: string };
    if (msg !== 'listening' || addr === undefined) continue;
    child.stdout.resume();
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended;
    };
    return { url: addr, [Symbol.asyncDispose]: stop };
  }
  throw new Error('the service did not start; npm run build builds it');
}

async function timedMs(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** On a connection of its own: the service closes idle ones while this thread computes. */
async function ask({ url }: Service, n: number): Promise<void> {
  const [response] = (await once(get(`${url}/fib/${n}`, { agent: false }), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`GET /fib/${n} answered ${response.statusCode}`);
  await once(response.resume(), 'end');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const uncachedMs: number[] = [];
const plainMs: number[] = [];
{
  await using service = await startService({});
  for (let round = 1; round <= ROUNDS; round++) {
    console.error(`n = ${N_COMPARED}, round ${round} of ${ROUNDS}`);
    uncachedMs.push(await timedMs(() => ask(service, N_COMPARED)));
    plainMs.push(await timedMs(() => plainFibonacci(N_COMPARED)));
  }
}

const firstMs: number[] = [];
const secondMs: number[] = [];
{
  await using service = await startService({
    CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
    CACHE_EXPIRATION: `${EXPIRATION_MS}ms`,
  });
  for (let round = 1; round <= ROUNDS; round++) {
    console.error(`n = ${N_SHOWN}, round ${round} of ${ROUNDS}`);
    firstMs.push(await timedMs(() => ask(service, N_SHOWN)));
    secondMs.push(await timedMs(() => ask(service, N_SHOWN)));
    await delay(2 * EXPIRATION_MS);
  }
}

console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.versions.node}`);
const figures: [what: string, ms: string][] = [
  [`GET /fib/${N_COMPARED}, uncached`, median(uncachedMs).toFixed(0)],
  [`fib(${N_COMPARED}) in plain JavaScript`, median(plainMs).toFixed(0)],
  [`GET /fib/${N_SHOWN}, first`, median(firstMs).toFixed(0)],
  [`GET /fib/${N_SHOWN}, second`, median(secondMs).toFixed(1)],
];
for (const [what, ms] of figures) console.log(`${what.padEnd(28)} ${ms.padStart(6)} ms`);
console.log(`uncached beside plain JavaScript: ${(median(uncachedMs) / median(plainMs)).toFixed(2)}`);

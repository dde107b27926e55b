// Promise 23 with three replicas behind HAProxy with one Redis: one computation for all clients, also when its process is killed, and no lease is left.
import { setTimeout as delay } from 'node:timers/promises';
import pidusage from 'pidusage';
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { fibonacci } from '../support/fibonacci.js';
import { KeptClients } from '../support/kept-clients.js';
import { scrape } from '../support/metrics.js';
import type { Program } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { Replicas } from '../support/replicas.js';
import { type Answer, ask } from '../support/request.js';

const N = 42;
/** Its computation takes long enough to kill its process meanwhile. */
const LONG_N = 44;
const CLIENTS = 300;
const FLIGHTS = 10_000;
/** Longest time for them, in milliseconds. */
const LONGEST_MS = 240_000;
/** The time to live of a lease with the CACHE_TIMEOUT of this file. */
const TTL_MS = 6_000;

const ACQUIRED = 'pluggable_leases_acquired_total';

let fleet: Replicas | undefined;
afterEach(async () => {
  await fleet?.[Symbol.asyncDispose]();
  fleet = undefined;
});

/** A cache call that takes longer than CACHE_TIMEOUT would lead to a second computation; the machine is shared. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Replicas> {
  fleet = await Replicas.start({ LOG_LEVEL: 'debug', CACHE_TIMEOUT: '1s', CACHE_EXPIRATION: '1m', ...env });
  return fleet;
}

const askMany = ({ haproxy }: Replicas, n: number): Promise<Answer[]> =>
  Promise.all(Array.from({ length: CLIENTS }, () => ask(haproxy.url, `/fib/${n}`).answer));

/** The number of computations of n in all processes. */
async function calculatedBy(some: readonly Program[], n: number): Promise<number> {
  await Promise.all(some.map((program) => program.caughtUp()));
  return some.flatMap((program) => program.logged('fib(n) calculated', { n })).length;
}

async function sumOf(some: readonly Program[], metric: string): Promise<number> {
  const values = await Promise.all(some.map(async ({ url }) => (await scrape(url)).get(metric) ?? 0));
  return values.reduce((sum, value) => sum + value, 0);
}

async function cpuMs(some: readonly Program[]): Promise<number> {
  const usages = await Promise.all(some.map(({ pid }) => pidusage(pid)));
  return usages.reduce((sum, { ctime }) => sum + ctime, 0);
}

/** The duration of the computation in Server-Timing. */
function computeMs({ headers }: Answer): number {
  return Number(/compute;dur=([\d.]+)/.exec(String(headers['server-timing']))?.[1]);
}

async function leaseKeys({ redis }: Replicas): Promise<string> {
  return await redis.cli('--scan', '--pattern', 'lease:*');
}

function expectAllRight(answers: readonly Answer[], n: number): void {
  const alike = new Set(answers.map(({ status, body }) => JSON.stringify([status, body])));
  expect([...alike]).toEqual([JSON.stringify([200, { result: fibonacci(n) }])]);
}

promise(23, () => {
  it(`a cold n = ${N} is computed once for ${CLIENTS} clients`, async ({ task }) => {
    const replicas = await start();
    const before = await cpuMs(replicas.all);
    const answers = await askMany(replicas, N);
    const usedMs = (await cpuMs(replicas.all)) - before;

    expectAllRight(answers, N);
    const computed = answers.filter(({ headers }) => headers['cache-status'] === 'pluggable; fwd=uri-miss');
    expect(computed).toHaveLength(1);
    expect(await calculatedBy(replicas.all, N)).toBe(1);
    const onceMs = Math.max(...computed.map(computeMs));
    figure(task, `${usedMs.toFixed(0)} ms of CPU time in three processes, ${onceMs.toFixed(0)} ms for one computation`);
    expect(usedMs).toBeLessThan(2 * onceMs);
    await eventually('the end of the lease', async () => (await leaseKeys(replicas)) === '');
  });

  it(`a cold n = ${LONG_N} is computed once more if the process that computes is killed, and each client gets 200`, async ({
    task,
  }) => {
    const replicas = await start();
    const answers = askMany(replicas, LONG_N);
    const holder = await eventually('the lease', async () => {
      const counts = await Promise.all(replicas.all.map((program) => sumOf([program], ACQUIRED)));
      return replicas.all.find((_, index) => counts[index] === 1);
    });
    const killedMs = performance.now();
    holder.signal('SIGKILL');
    const others = replicas.all.filter((program) => program !== holder);
    const takeOvers = (): Promise<number> => sumOf(others, 'pluggable_lease_take_overs_total');
    await eventually('the take-over', async () => (await takeOvers()) === 1);
    const takenOverMs = performance.now() - killedMs;

    figure(task, `take-over after ${takenOverMs.toFixed(0)} ms; a lease lasts ${TTL_MS} ms`);
    expectAllRight(await answers, LONG_N);
    expect(await calculatedBy(others, LONG_N)).toBe(1);
    expect(takenOverMs).toBeLessThan(2 * TTL_MS);
  });

  it(`after ${FLIGHTS} leases, none is left`, async ({ task }) => {
    const replicas = await start({ LOG_LEVEL: 'info', LEASE_MIN_COST: '0s', CACHE_EXPIRATION: '1ms' });
    await using clients = new KeptClients(replicas.haproxy.url, 60);
    const acquired = (): Promise<number> => sumOf(replicas.all, ACQUIRED);
    const giveUpMs = performance.now() + LONGEST_MS;
    while (clients.isRunning && (await acquired()) < FLIGHTS && performance.now() < giveUpMs) await delay(100);
    await clients.stop();

    const leases = await acquired();
    figure(task, `${leases} leases for ${clients.answered} answers`);
    expect(clients.failures).toEqual([]);
    expect(leases).toBeGreaterThanOrEqual(FLIGHTS);
    await eventually('the end of all leases', async () => (await leaseKeys(replicas)) === '');
  });
});

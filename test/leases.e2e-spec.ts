// Three processes with a common Redis: one computation of each n, also when processes and clients go, and Redis fails.
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { LiveClient } from './support/live-events.js';
import { scrape, seriesOf } from './support/metrics.js';
import type { Program } from './support/program.js';
import {
  answersOf,
  ASKED,
  CACHE_TIMEOUT_MS,
  isCollapsed,
  LeasingProcesses,
  TTL_MS,
  WAITING,
} from './support/leasing-processes.js';
import { ask, get } from './support/request.js';

const CLIENTS = 100;
/** The time to live of a lease, the longest time between two look-ups, and five times as much, because the machine is shared. */
const TAKEN_OVER_WITHIN_MS = 5 * (TTL_MS + 250);

const CALCULATED = 'fib(n) calculated';

let processes: LeasingProcesses;

beforeAll(async () => {
  processes = await LeasingProcesses.open();
});
afterEach(() => processes.reset());
afterAll(() => processes[Symbol.asyncDispose]());

async function expectNoLease(): Promise<void> {
  await eventually('the end of all leases', async () => (await processes.leaseKeys()).length === 0);
  expect(await processes.leaseKeys()).toEqual([]);
}

/** The number of computations of n in each process. */
async function calculatedBy(some: readonly Program[]): Promise<number[]> {
  await Promise.all(some.map((program) => program.caughtUp()));
  return some.map((program) => program.logged(CALCULATED, { n: ASKED.n }).length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function sumOf(some: readonly Program[], metric: string): Promise<number> {
  const values = await Promise.all(some.map(async ({ url }) => Object.values(seriesOf(await scrape(url), metric))));
  return sum(values.flat());
}

describe('three processes', () => {
  it.each(ISOLATIONS)(
    'compute a cold n once for a hundred clients each, with an isolation of %s',
    async (isolation) => {
      const env = { CACHE_PLUGIN_ISOLATION: isolation };
      const { holding, waiting, holder, held, waits } = await processes.oneHoldsTwoWait(CLIENTS, env);
      holder.leave();
      const answers = [...(await answersOf(held)), ...(await answersOf(waits))];

      expect(answers.filter(isCollapsed)).toHaveLength(3 * CLIENTS - 1);
      expect(await calculatedBy([holding, ...waiting])).toEqual([1, 0, 0]);
      expect(waiting.map((program) => program.logged(WAITING).length)).toEqual([1, 1]);
      expect(await sumOf(waiting, 'pluggable_lease_wait_seconds_count')).toBe(2);
      expect(await sumOf(waiting, 'pluggable_lease_take_overs_total')).toBe(0);
      await expectNoLease();
    },
  );

  it('compute it once if many ask at the same time', async () => {
    const three = await processes.startThree({ COMPUTE_WORKERS: '2' });
    const path = '/fib/38';
    const asked = three.flatMap((program) => Array.from({ length: CLIENTS }, () => ask(program.url, path)));
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    await Promise.all(three.map((program) => program.caughtUp()));

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(three.flatMap((program) => program.logged(CALCULATED))).toHaveLength(1);
    const computed = answers.filter(({ headers }) => /^pluggable; fwd=uri-miss$/.test(String(headers['cache-status'])));
    expect(computed).toHaveLength(1);
    await expectNoLease();
  });

  it('compute once more when the holder is killed, within the time to live of its lease', async () => {
    const { holding, waiting, held, waits } = await processes.oneHoldsTwoWait(10);
    const broken = Promise.allSettled(held.map(({ answer }) => answer));
    const killedMs = performance.now();
    holding.signal('SIGKILL');
    const answers = await answersOf(waits);

    expect(performance.now() - killedMs).toBeLessThan(TAKEN_OVER_WITHIN_MS);
    expect(sum(await calculatedBy(waiting))).toBe(1);
    expect(answers.filter((answer) => !isCollapsed(answer))).toHaveLength(1);
    expect(await sumOf(waiting, 'pluggable_lease_take_overs_total')).toBe(1);
    expect(await sumOf(waiting, 'pluggable_lease_fail_opens_total')).toBe(0);
    await broken;
    await expectNoLease();
  });

  it('take over when the clients of the holder leave', async () => {
    const { holding, waiting, held, waits } = await processes.oneHoldsTwoWait(3);
    for (const client of held) {
      client.answer.catch(() => undefined);
      client.leave();
    }
    await answersOf(waits);

    expect(await calculatedBy([holding])).toEqual([0]);
    expect(sum(await calculatedBy(waiting))).toBe(1);
    expect(await sumOf(waiting, 'pluggable_lease_take_overs_total')).toBe(1);
  });

  it('answer all requests when Redis freezes while they wait', async () => {
    const { holding, waiting, holder, held, waits } = await processes.oneHoldsTwoWait(10);
    processes.redis.freeze();
    try {
      await answersOf(waits);
      holder.leave();
      await answersOf(held);
    } finally {
      processes.redis.thaw();
    }

    expect(await calculatedBy([holding, ...waiting])).toEqual([1, 1, 1]);
    expect(await sumOf(waiting, 'pluggable_lease_fail_opens_total')).toBe(2);
    await expectNoLease();
  });

  it('leave the computation to the holder when it is told to end, and get its value', async () => {
    const { holding, waiting, holder, held, waits } = await processes.oneHoldsTwoWait(3);
    holding.signal('SIGTERM');
    await holding.line('shutting down');
    // The value is stored only after the server has closed.
    await processes.redis.cli('CLIENT', 'PAUSE', String(CACHE_TIMEOUT_MS / 2), 'WRITE');
    holder.leave();
    await answersOf(held);
    const answers = await answersOf(waits);

    expect(answers.every(isCollapsed)).toBe(true);
    expect((await holding.ended()).code).toBe(0);
    const endedMs = performance.now();
    await expectNoLease();
    expect(performance.now() - endedMs).toBeLessThan(TTL_MS / 2);
    expect(await calculatedBy(waiting)).toEqual([0, 0]);
  });

  it('compute each n themselves with CACHE_LEASE=off', async () => {
    const [one, other] = await processes.startThree({ CACHE_LEASE: 'off' });
    await using monitor = await processes.redis.monitor();
    await Promise.all([get(one.url, ASKED.path), get(other.url, '/fib/31')]);

    expect(await monitor.commands('EVAL')).toEqual([]);
    expect((await monitor.commands('SET')).filter((command) => /NX/i.test(command))).toEqual([]);
  });

  it('leave no lease after many computations', async () => {
    const three = await processes.startThree();
    for (let n = 0; n <= 36; n++) await Promise.all(three.map((program) => get(program.url, `/fib/${n}`)));

    expect(await sumOf(three, 'pluggable_leases_acquired_total')).toBeGreaterThanOrEqual(37);
    await expectNoLease();
  });
});

describe('a request that waits for another process', () => {
  it('counts as joined in a burst and in the live events', async () => {
    const [holding, waiting] = await processes.startThree();
    const { holder, held } = await processes.holdLease(holding, 1);
    using client = await LiveClient.open(waiting.url);
    await client.message('state');
    const burst = ask(waiting.url, '/playground/bursts', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from(JSON.stringify({ n: ASKED.n, count: 5 })),
    });
    await waiting.line(WAITING);
    holder.leave();
    await answersOf(held);

    expect((await burst.answer).body).toMatchObject({ hits: 0, computed: 0, joined: 5 });
    await eventually('the ends', () => client.steps().length === 10);
    const steps = client.steps().map(({ step, isJoined }) => `${step} ${isJoined}`);
    const joined = Array.from({ length: 4 }, () => 'joined true');
    const answered = Array.from({ length: 5 }, () => 'answered true');
    expect(steps).toEqual(['started false', ...joined, ...answered]);
  });
});

describe('the commands to Redis', () => {
  it('are one GET of a hit, and those without leases of a cheap computation', async () => {
    const [program] = await processes.startThree({ LEASE_MIN_COST: '20ms' });
    await using monitor = await processes.redis.monitor();
    await get(program.url, '/fib/10');
    await eventually('the value', async () => (await processes.redis.cli('GET', '10')) === '55');
    await get(program.url, '/fib/10');

    const commands = await monitor.commands('GET', 'SET', 'EVAL');
    expect(commands.filter((command) => command === 'GET "10"').length).toBeGreaterThanOrEqual(2);
    expect(commands.filter((command) => command.startsWith('SET '))).toEqual(['SET "10" "55" "PX" "15000"']);
    expect(commands.filter((command) => command.startsWith('EVAL '))).toEqual([]);
  });
});

// Processes of the service with a common Redis, and requests of which one process computes while the others wait.
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { type Program, REDIS_PLUGIN, startProgram } from './program.js';
import { type RedisServer, startRedis } from './redis.js';
import { type Answer, ask, type Asked } from './request.js';
import { computing, expectWork } from './work.js';

/** A call that takes longer, on a machine that is shared, would lead to a second computation. */
export const CACHE_TIMEOUT_MS = 1_000;
/** The time to live of a lease. */
export const TTL_MS = 6 * CACHE_TIMEOUT_MS;
/** Computed in a few milliseconds. */
export const ASKED = { n: 30, path: '/fib/30', body: { result: 832_040 } };
/** Its computation takes half a minute. It holds the only worker of a process until its client leaves. */
const HOLDS = '/fib/50';

export const WAITING = 'another process calculates the fib(n); waiting';

export class LeasingProcesses {
  private programs: Program[] = [];

  private constructor(readonly redis: RedisServer) {}

  static async open(): Promise<LeasingProcesses> {
    return new LeasingProcesses(await startRedis());
  }

  async startThree(env: Record<string, string> = {}): Promise<[Program, Program, Program]> {
    const start = (): Promise<Program> =>
      startProgram({
        env: {
          CACHE_PLUGIN_PATH: REDIS_PLUGIN,
          REDIS_ADDR: this.redis.addr,
          CACHE_TIMEOUT: `${CACHE_TIMEOUT_MS}ms`,
          COMPUTE_WORKERS: '1',
          COMPUTE_MAX_WAIT: '10m',
          LEASE_MIN_COST: '0s',
          ...env,
        },
      });
    const three = await Promise.all([start(), start(), start()]);
    this.programs = three;
    return three;
  }

  /** Some clients of a process that has the lease of n, and whose only worker is busy until `holder` leaves. */
  async holdLease(program: Program, count: number): Promise<{ readonly holder: Asked; readonly held: Asked[] }> {
    const holder = ask(program.url, HOLDS);
    holder.answer.catch(() => undefined);
    await expectWork(program, computing({ busy: 1 }));
    const held = askMany(program, count);
    await eventually('the lease', async () => (await this.redis.cli('KEYS', `*${ASKED.n}`)) !== '');
    await allMissed(program, count);
    return { holder, held };
  }

  /** The same, with as many clients of each of two processes that wait for it. */
  async oneHoldsTwoWait(count: number, env?: Record<string, string>) {
    const [holding, ...waiting] = await this.startThree(env);
    const { holder, held } = await this.holdLease(holding, count);
    const waits = waiting.flatMap((program) => askMany(program, count));
    await Promise.all(waiting.map((program) => program.line(WAITING, { n: ASKED.n })));
    await Promise.all(waiting.map((program) => allMissed(program, count)));
    return { holding, waiting, holder, held, waits };
  }

  /** All keys but those of values, which are numbers. */
  async leaseKeys(): Promise<string[]> {
    return (await this.redis.cli('--scan')).split('\n').filter((key) => !/^\d*$/.test(key));
  }

  /** Ends all processes and empties Redis. */
  async reset(): Promise<void> {
    await Promise.all(this.programs.map((program) => program[Symbol.asyncDispose]()));
    this.programs = [];
    await this.redis.cli('FLUSHALL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis[Symbol.asyncDispose]();
  }
}

export async function answersOf(asked: readonly Asked[]): Promise<Answer[]> {
  const answers = await Promise.all(asked.map(({ answer }) => answer));
  const alike = Map.groupBy(answers, ({ status, body }) => JSON.stringify([status, body]));
  expect([...alike.keys()]).toEqual([JSON.stringify([200, ASKED.body])]);
  return answers;
}

/** Whatever the outcome of its own look-up, which can take longer than its time limit on a busy machine. */
export function isCollapsed({ headers }: Answer): boolean {
  return /^pluggable; fwd=[\w-]+; collapsed$/.test(String(headers['cache-status']));
}

function askMany({ url }: Program, count: number): Asked[] {
  return Array.from({ length: count }, () => ask(url, ASKED.path));
}

async function allMissed({ lines }: Program, count: number): Promise<void> {
  const isMiss = ({ msg, n }: (typeof lines)[number]): boolean => msg.startsWith('cache miss; ') && n === ASKED.n;
  await eventually(`${count} misses`, () => lines.filter(isMiss).length === count);
}

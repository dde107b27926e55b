// Ten ways to leave, each many times: the worker is free at once, and all counts return to their previous values.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cpuShare } from '../support/cpu.js';
import { type Way, WAYS } from '../support/leaving.js';
import { eventually } from '../support/eventually.js';
import { percentile } from '../support/percentile.js';
import { fixture, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';
import { get } from '../support/request.js';
import { computing, expectWork, type Work, workOf } from '../support/work.js';

const ROUNDS = 20;
/** Five times the promised time, in milliseconds. */
const FREED_MS = 500;
/** Its computation takes half a minute. */
const N = 50;

let program: Program;
let before: Work;
beforeAll(async () => {
  // One worker: a request that waits for it shows when it is free. No request is refused because of its wait.
  program = await startProgram({ env: { COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '10m', COMPUTE_TIMEOUT: '10m' } });
  before = await workOf(program);
});
afterAll(() => program[Symbol.asyncDispose]());

/** Time for which the only worker, or the place in the queue, is occupied after the client has left, in milliseconds. */
async function freedMs(way: Way): Promise<number> {
  if (way.leavesFrom === 'queue') return await unqueuedMs(way);
  const leave = await way.begin(program.url, N);
  const isAtWork = way.leavesFrom === 'work';
  if (isAtWork) await expectWork(program, computing({ busy: 1, queued: 0 }));
  const next = get(program.url, '/fib/2');
  if (isAtWork) await expectWork(program, computing({ busy: 1, queued: 1 }));
  const leftMs = performance.now();
  leave();
  expect((await next).body).toEqual({ result: 1 });
  return performance.now() - leftMs;
}

async function unqueuedMs(way: Way): Promise<number> {
  await expectWork(program, before);
  using holder = await RawClient.connect(program.url);
  await holder.send(requestFor(`/fib/${N}`));
  await expectWork(program, computing({ busy: 1 }));
  const leave = await way.begin(program.url, N - 1);
  await expectWork(program, computing({ busy: 1, queued: 1, flights: 2 }));
  const leftMs = performance.now();
  leave();
  await expectWork(program, computing({ busy: 1, queued: 0, flights: 1 }));
  return performance.now() - leftMs;
}

promise(3, () => {
  for (const way of WAYS) {
    it(`a client that ${way.name} frees its worker, and leaves nothing behind`, async ({ task }) => {
      await program.caughtUp();
      const lines = program.lines.length;
      const tookMs: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) tookMs.push(await freedMs(way));

      const p99 = percentile(tookMs, 99);
      figure(task, `freed within ${Math.round(percentile(tookMs, 50))} ms (median), ${Math.round(p99)} ms (p99)`);
      expect(p99).toBeLessThan(FREED_MS);
      await expectWork(program, before);
      expect(await cpuShare(program.pid, 300)).toBeLessThan(0.2);
      // Even uncached, this one takes less than a second.
      const cold = await get(program.url, '/fib/30');
      expect([cold.status, cold.body]).toEqual([200, { result: 832_040 }]);
      expect(cold.durationMs).toBeLessThan(1_000);
      await program.caughtUp();
      const logged = program.lines.slice(lines);
      expect(logged.filter(({ level, status }) => level >= 40 || Number(status) >= 500)).toEqual([]);
      expect(logged.filter(({ msg, n }) => msg === 'fib(n) calculated' && Number(n) >= N - 1)).toEqual([]);
    });
  }

  it('a client that leaves before the cache answers starts no computation', async () => {
    await using late = await startProgram({
      env: { CACHE_PLUGIN_PATH: fixture('answers-late.mjs'), CACHE_TIMEOUT: '5s', COMPUTE_WORKERS: '1' },
    });
    const idle = await workOf(late);
    const clients = await Promise.all(Array.from({ length: ROUNDS }, () => RawClient.connect(late.url)));
    await Promise.all(clients.map((client) => client.send(requestFor(`/fib/${N}`))));
    for (const client of clients) client.leave();
    await eventually('the last look-up', () => late.logged('cache miss; calculating the fib(n)').length === ROUNDS);

    expect((await get(late.url, '/fib/2')).body).toEqual({ result: 1 });
    await expectWork(late, idle);
    expect(late.logged('request cancelled')).toHaveLength(ROUNDS);
  });

  it('an unexpected body is refused with 413, and costs nothing', async () => {
    // The client reads after it has sent all: a server that closes with unread input would reset the connection.
    using client = await RawClient.connect(program.url, { isDeaf: true });
    await client.send(requestFor(`/fib/${N}`, ['Content-Length: 300000']));
    await client.send(Buffer.alloc(300_000));
    client.socket.resume();

    const [answer] = await client.closed();
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: 413, detail: 'GET takes no body here' });
    expect(client.error).toBeUndefined();
    await expectWork(program, before);
  });
});

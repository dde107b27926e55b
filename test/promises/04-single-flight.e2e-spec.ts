// A thousand sockets that request one cold n: one computation, even if clients leave.
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { MEMORY_PLUGIN, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';
import { computing, expectWork, workOf } from '../support/work.js';

const CLIENTS = 1_000;
/** Its computation takes seconds, so that clients can arrive and leave meanwhile. */
const ASKED = { n: 43, path: '/fib/43', body: '{"result":433494437}' };
/** It is computed after all have asked. */
const ASKED_BY_ALL = { n: 30, path: '/fib/30', body: '{"result":832040}' };
/** Requested by two clients, the first of which arrives long before the second. */
const ASKED_BY_TWO = { n: 41, path: '/fib/41', body: '{"result":165580141}' };
/** Its computation takes half a minute. It holds the only worker until its client leaves. */
const HOLDS = requestFor('/fib/50');

const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '10m' };

/** Number of connections. The system queues only a few hundred that are not accepted yet. */
async function connected(program: Program, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(100, count - clients.length) }, () => RawClient.connect(program.url));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

/** A client whose computation holds the only worker. */
async function holderOf(program: Program): Promise<RawClient> {
  const holder = await RawClient.connect(program.url);
  await holder.send(HOLDS);
  await expectWork(program, computing({ busy: 1, queued: 0 }));
  return holder;
}

async function ask(clients: readonly RawClient[], { path } = ASKED): Promise<void> {
  await Promise.all(clients.map((client) => client.send(requestFor(path, ['Connection: close']))));
}

/** The statuses and bodies of all answers, each with its count. */
async function answersOf(clients: readonly RawClient[]): Promise<Record<string, number>> {
  const answers = await Promise.all(clients.map(async (client) => (await client.closed())[0]));
  const alike = Map.groupBy(answers, (answer) => `${answer?.status} ${answer?.body}`);
  return Object.fromEntries([...alike].map(([answer, all]) => [answer, all.length]));
}

const misses = (program: Program, asked = ASKED): number =>
  program.lines.filter(({ msg, n }) => msg.startsWith('cache miss; ') && n === asked.n).length;

async function allMissed(program: Program, count: number, asked = ASKED): Promise<void> {
  await eventually(`${count} misses`, () => misses(program, asked) === count);
}

async function expectNoError(program: Program): Promise<void> {
  await program.caughtUp();
  expect(program.lines.filter(({ level, status }) => level >= 50 || Number(status) >= 500)).toEqual([]);
}

promise(4, () => {
  it('a thousand clients that stay get a thousand answers from one computation', async ({ task }) => {
    await using program = await startProgram({ env });
    const before = await workOf(program);
    const clients = await connected(program, CLIENTS);
    using holder = await holderOf(program);
    await ask(clients, ASKED_BY_ALL);
    await allMissed(program, CLIENTS, ASKED_BY_ALL);
    await expectWork(program, computing({ busy: 1, queued: 1, flights: 2 }));
    holder.leave();

    expect(await answersOf(clients)).toEqual({ [`200 ${ASKED_BY_ALL.body}`]: CLIENTS });
    await program.caughtUp();
    const computations = program.logged('fib(n) calculated', { n: ASKED_BY_ALL.n }).length;
    expect(computations).toBe(1);
    expect(misses(program, ASKED_BY_ALL)).toBe(CLIENTS);
    const collapsed = clients.filter(({ text }) => /^cache-status: pluggable; fwd=uri-miss; collapsed\r$/im.test(text));
    expect(collapsed).toHaveLength(CLIENTS - 1);
    expect(program.logged('cache miss; calculating the fib(n)', { n: ASKED_BY_ALL.n })).toHaveLength(1);
    figure(task, `${computations} computation for ${CLIENTS} sockets`);
    await expectNoError(program);
    await expectWork(program, before);
  });

  it('when all but one leave, the last one gets its 200', async ({ task }) => {
    await using program = await startProgram({ env });
    const before = await workOf(program);
    const clients = await connected(program, CLIENTS);
    using holder = await holderOf(program);
    // Half of them wait for the computation, half join it while it runs.
    await ask(clients.slice(0, CLIENTS / 2));
    await allMissed(program, CLIENTS / 2);
    holder.leave();
    await expectWork(program, computing({ busy: 1, queued: 0, flights: 1 }));
    await ask(clients.slice(CLIENTS / 2));
    await allMissed(program, CLIENTS);
    // Neither the first nor the last one.
    const stays = clients.splice(CLIENTS / 2, 1);
    for (const [index, client] of clients.entries()) {
      if (index % 2 === 0) client.leave();
      else client.socket.resetAndDestroy();
    }

    expect(await answersOf(stays)).toEqual({ [`200 ${ASKED.body}`]: 1 });
    await program.caughtUp();
    expect(program.logged('request cancelled', { url: ASKED.path })).toHaveLength(CLIENTS - 1);
    expect(program.logged('fib(n) calculated', { n: ASKED.n })).toHaveLength(1);
    figure(task, `${CLIENTS - 1} of ${CLIENTS} left`);
    await expectNoError(program);
    await expectWork(program, before);
  });

  it('when all leave, the computation is cancelled, and the next client starts a new one and is answered', async () => {
    await using program = await startProgram({ env });
    const before = await workOf(program);
    const clients = await connected(program, CLIENTS);
    using holder = await holderOf(program);
    await ask(clients);
    await allMissed(program, CLIENTS);
    holder.leave();
    await expectWork(program, computing({ busy: 1, queued: 0, flights: 1 }));
    for (const client of clients) client.leave();
    await expectWork(program, before);
    const [next] = await connected(program, 1);
    const late = next ? [next] : [];
    await ask(late);

    expect(await answersOf(late)).toEqual({ [`200 ${ASKED.body}`]: 1 });
    await program.caughtUp();
    expect(program.logged('request cancelled', { url: ASKED.path })).toHaveLength(CLIENTS);
    expect(program.logged('cache miss; calculating the fib(n)', { n: ASKED.n })).toHaveLength(2);
    expect(program.logged('fib(n) calculated', { n: ASKED.n })).toHaveLength(1);
    await expectNoError(program);
    await expectWork(program, before);
  });

  it('a client that arrives while the last one leaves is answered, by this computation or a new one', async () => {
    await using program = await startProgram({ env });
    const before = await workOf(program);
    const [staying, ...leaving] = await connected(program, 2);
    const late = staying ? [staying] : [];
    await ask(leaving, ASKED_BY_TWO);
    await allMissed(program, 1, ASKED_BY_TWO);
    for (const client of leaving) client.leave();
    await ask(late, ASKED_BY_TWO);

    expect(await answersOf(late)).toEqual({ [`200 ${ASKED_BY_TWO.body}`]: 1 });
    await program.caughtUp();
    expect(program.logged('fib(n) calculated', { n: ASKED_BY_TWO.n })).toHaveLength(1);
    await expectWork(program, before);
  });
});

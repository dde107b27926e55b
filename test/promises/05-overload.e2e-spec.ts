// A program with more requests than it can compute: answers, refusals, and their latency.
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { openLoop } from '../support/open-loop.js';
import { percentile } from '../support/percentile.js';
import { MEMORY_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type Answer, ask, type Asked, get } from '../support/request.js';
import { computing, expectWork, workOf } from '../support/work.js';

/** Half of the wait without the feature. Refusals and liveness take less than 100 ms on a machine that is not shared. */
const ANSWERED_WITHIN_MS = 500;

const FLOOD = { perSecond: 200, forMs: 1_500 };
const PROBES = { perSecond: 20, forMs: FLOOD.forMs };

promise(5, () => {
  it('answers uncached n up to 30 while n = 50 runs and n = 49 waits for it', async () => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, COMPUTE_WORKERS: '2', COMPUTE_MAX_WAIT: '5m' };
    await using program = await startProgram({ env });
    const clients = [50, 49].map((n) => ask(program.url, `/fib/${n}`));
    const settled = Promise.allSettled(clients.map(({ answer }) => answer));
    await expectWork(program, computing({ busy: 1, queued: 1, flights: 2 }));
    const answers = await Promise.all(Array.from({ length: 31 }, (_, n) => get(program.url, `/fib/${n}`)));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers[30]?.body).toEqual({ result: 832_040 });
    expect((await workOf(program)).compute).toEqual({ busy: 1, queued: 1, flights: 2 });
    for (const client of clients) client.leave();
    await settled;
  });

  it('refuses a flood of expensive n with 503 and varied Retry-After, stays live, answers hits and joined requests, and recovers', async ({
    task,
  }) => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '5m', COMPUTE_WORKERS: '2' };
    await using program = await startProgram({ env: { ...env, FIB_MAX_N: '78', COMPUTE_MAX_WAIT: '1s' } });
    await get(program.url, '/fib/10');
    const long = ask(program.url, '/fib/45');
    await expectWork(program, computing({ busy: 1 }));
    const joining = ask(program.url, '/fib/45');

    const flood: Asked[] = [];
    const refused: Answer[] = [];
    const settled: Promise<unknown>[] = [];
    const flooding = openLoop(FLOOD.perSecond, FLOOD.forMs, () => {
      const client = ask(program.url, `/fib/${47 + (flood.length % 32)}`);
      flood.push(client);
      settled.push(Promise.allSettled([client.answer.then((answer) => refused.push(answer))]));
    });
    const probes: Answer[] = [];
    const hits: Answer[] = [];
    await Promise.all([
      flooding,
      openLoop(PROBES.perSecond, PROBES.forMs, () => {
        settled.push(get(program.url, '/health/live').then((answer) => probes.push(answer)));
        settled.push(get(program.url, '/fib/10').then((answer) => hits.push(answer)));
      }),
    ]);
    await eventually('most of the flood to be refused', () => refused.length >= 0.8 * flood.length);

    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
    const retries = refused.map(({ headers }) => String(headers['retry-after']));
    expect(retries.filter((retry) => !/^[1-9]\d*$/.test(retry))).toEqual([]);
    expect(new Set(retries).size).toBeGreaterThan(1);
    expect(refused[0]?.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(refused[0]?.body).toMatchObject({
      error: 'overloaded',
      detail: expect.stringMatching(/^computing fib\(\d+\) was refused: .*wait is too long$/),
    });

    const joined = await joining.answer;
    expect([joined.status, joined.body]).toEqual([200, { result: 1_134_903_170 }]);
    expect(joined.headers['cache-status']).toBe('pluggable; fwd=uri-miss; collapsed');
    expect((await long.answer).status).toBe(200);
    for (const client of flood) client.leave();
    await Promise.all(settled);
    await expectWork(program, computing({ busy: 0, queued: 0, flights: 0 }));
    expect((await get(program.url, '/fib/21')).body).toEqual({ result: 10_946 });

    expect(probes.map(({ status }) => status)).toEqual(probes.map(() => 200));
    expect(hits.map(({ headers }) => headers['cache-status'])).toEqual(hits.map(() => 'pluggable; hit'));
    const [refusedMs, liveMs, hitMs] = [p99Of(refused), p99Of(probes), p99Of(hits)];
    figure(task, `of ${flood.length} requests ${refused.length} refused within ${refusedMs.toFixed(0)} ms (p99)`);
    figure(task, `liveness within ${liveMs.toFixed(0)} ms, hits within ${hitMs.toFixed(0)} ms (p99)`);
    expect(refusedMs).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(liveMs).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(program.lines.filter((line) => line.level >= 50)).toEqual([]);
  });
});

function p99Of(answers: readonly Answer[]): number {
  return percentile(
    answers.map(({ durationMs }) => durationMs),
    99,
  );
}

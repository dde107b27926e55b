// More work than there are workers for: who is served, who is refused, and how soon.
import { Piscina } from 'piscina';
import { expect, it } from 'vitest';
import { Admission, type AdmissionLoad } from '../../src/admission/admission.js';
import { AdmissionRefused } from '../../src/admission/admission-refused.js';
import { computeHealth, untilCompute } from '../support/compute-health.js';
import { eventually } from '../support/eventually.js';
import { openLoop } from '../support/open-loop.js';
import { percentile } from '../support/percentile.js';
import { MEMORY_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type Answer, ask, get } from '../support/request.js';

/** Refused within 50 ms, five times over: the machine is shared. */
const REFUSED_WITHIN_MS = 250;

const WORKERS = 2;
const JOB_MS = 40;
const MAX_WAIT_MS = 600;
/** More cannot wait, when the last starts in time. */
const MAX_QUEUED = WORKERS * (MAX_WAIT_MS / JOB_MS + 1);
const CAPACITY_PER_SECOND = (WORKERS * 1_000) / JOB_MS;
/** Until the queue is as long as it gets. */
const WARM_UP_MS = 800;
const MEASURED_MS = 2_000;
/** Of both rates in turn: the machine is shared. */
const ROUNDS = 3;

interface Outcome {
  readonly finishedPerSecond: number;
  readonly refusals: readonly { readonly afterMs: number; readonly error: AdmissionRefused }[];
  /** The highest of all samples, one at each arrival. */
  readonly highest: { readonly busy: number; readonly queued: number };
  /** When all is over. */
  readonly load: AdmissionLoad;
}

/** What becomes of jobs that come at this rate, whatever becomes of them, and keep real threads busy. */
async function drive(perSecond: number): Promise<Outcome> {
  const filename = new URL('../support/burning.worker.ts', import.meta.url).href;
  const pool = new Piscina<number, void>({ filename, minThreads: WORKERS, maxThreads: WORKERS });
  const admission = new Admission({ workers: WORKERS, maxWaitMs: MAX_WAIT_MS });
  const end = new AbortController();
  const refusals: { readonly afterMs: number; readonly error: AdmissionRefused }[] = [];
  const highest = { busy: 0, queued: 0 };
  const measuredFromMs = performance.now() + WARM_UP_MS;
  let finished = 0;
  const jobs: Promise<void>[] = [];
  await openLoop(perSecond, WARM_UP_MS + MEASURED_MS, (dueMs) => {
    const job = admission
      .run(JOB_MS, () => pool.run(JOB_MS), end.signal)
      .then(
        () => void (finished += Number(performance.now() >= measuredFromMs && !end.signal.aborted)),
        (error: unknown) => {
          if (error instanceof AdmissionRefused) refusals.push({ afterMs: performance.now() - dueMs, error });
        },
      );
    jobs.push(job);
    const { busy, queued } = admission.load();
    highest.busy = Math.max(highest.busy, busy);
    highest.queued = Math.max(highest.queued, queued);
  });
  const finishedPerSecond = (finished * 1_000) / (performance.now() - measuredFromMs);
  end.abort();
  await Promise.all(jobs);
  await pool.destroy();
  return { finishedPerSecond, refusals, highest, load: admission.load() };
}

promise(5, () => {
  it('finishes at ten times its capacity what it finishes at its capacity, and refuses the rest at once', async ({
    task,
  }) => {
    const ratios: number[] = [];
    const floods: Outcome[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const peak = await drive(CAPACITY_PER_SECOND);
      const flood = await drive(10 * CAPACITY_PER_SECOND);
      ratios.push(flood.finishedPerSecond / peak.finishedPerSecond);
      floods.push(flood);
    }

    const goodput = percentile(ratios, 50);
    const refusals = floods.flatMap((flood) => flood.refusals);
    const atOnce = refusals.filter(({ error }) => error.reason === 'too-long');
    const p99Ms = percentile(
      atOnce.map(({ afterMs }) => afterMs),
      99,
    );
    figure(task, `goodput ${goodput.toFixed(2)} of that at capacity`);
    figure(task, `${refusals.length} refused, within ${p99Ms.toFixed(0)} ms (p99)`);
    expect(goodput).toBeGreaterThanOrEqual(0.9);
    expect(floods.map(({ highest }) => highest.busy)).toEqual(floods.map(() => WORKERS));
    const queued = Math.max(...floods.map(({ highest }) => highest.queued));
    expect(queued).toBeLessThanOrEqual(MAX_QUEUED);
    expect(queued).toBeGreaterThan(MAX_QUEUED / 2);
    expect(atOnce.length).toBeGreaterThan(0.9 * refusals.length);
    expect(p99Ms).toBeLessThan(REFUSED_WITHIN_MS);
    expect(Math.min(...refusals.map(({ error }) => error.retryAfterMs))).toBeGreaterThanOrEqual(500);
    expect(floods.map(({ load }) => load.busy + load.queued)).toEqual(floods.map(() => 0));
  });

  it('answers cold ns up to 30 while n = 50 runs and n = 49 waits for it', async () => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, COMPUTE_WORKERS: '2', COMPUTE_MAX_WAIT: '5m' };
    await using program = await startProgram({ env });
    const clients = [50, 49].map((n) => ask(program.url, `/fib/${n}`));
    const settled = Promise.allSettled(clients.map(({ answer }) => answer));
    await untilCompute(program, { busy: 1, queued: 1, flights: 2 });
    const answers = await Promise.all(Array.from({ length: 31 }, (_, n) => get(program.url, `/fib/${n}`)));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers[30]?.body).toEqual({ result: 832_040 });
    expect(await computeHealth(program)).toEqual({ status: 'up', workers: 2, busy: 1, queued: 1, flights: 2 });
    for (const client of clients) client.leave();
    await settled;
  });

  it('refuses a flood of expensive ns with 503 and different Retry-After, lives, answers hits and who joins, and recovers', async ({
    task,
  }) => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, CACHE_EXPIRATION: '5m', COMPUTE_WORKERS: '2' };
    await using program = await startProgram({ env: { ...env, FIB_MAX_N: '78', COMPUTE_MAX_WAIT: '1s' } });
    await get(program.url, '/fib/10');
    const long = ask(program.url, '/fib/45');
    await untilCompute(program, { busy: 1 });

    const answers: Answer[] = [];
    const flood = Array.from({ length: 128 }, (_, index) => ask(program.url, `/fib/${47 + (index % 32)}`));
    const settled = Promise.allSettled(flood.map(async ({ answer }) => answers.push(await answer)));
    const joining = ask(program.url, '/fib/45');
    const live = await get(program.url, '/health/live');
    const hit = await get(program.url, '/fib/10');
    await eventually('most of the flood to be refused', () => answers.length >= 100);

    expect(live.body).toEqual({ status: 'ok' });
    expect([hit.status, hit.headers['cache-status']]).toEqual([200, 'pluggable; hit']);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    const retries = answers.map(({ headers }) => String(headers['retry-after']));
    expect(retries.filter((retry) => !/^[1-9]\d*$/.test(retry))).toEqual([]);
    expect(new Set(retries).size).toBeGreaterThan(1);
    expect(answers[0]?.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answers[0]?.body).toMatchObject({ error: 'overloaded', detail: 'too many computations wait already' });
    const p99Ms = percentile(
      answers.map(({ durationMs }) => durationMs),
      99,
    );
    // More than a hundred connections at once, and yet long before the wait would be over.
    expect(p99Ms).toBeLessThan(2 * REFUSED_WITHIN_MS);
    figure(
      task,
      `${answers.length} refused, answered within ${p99Ms.toFixed(0)} ms (p99), on connections of their own`,
    );
    figure(task, `liveness within ${live.durationMs.toFixed(0)} ms, a hit within ${hit.durationMs.toFixed(0)} ms`);

    const joined = await joining.answer;
    expect([joined.status, joined.body]).toEqual([200, { result: 1_134_903_170 }]);
    expect(joined.headers['cache-status']).toBe('pluggable; fwd=uri-miss; collapsed');
    expect((await long.answer).status).toBe(200);
    for (const client of flood) client.leave();
    await settled;
    await untilCompute(program, { busy: 0, queued: 0, flights: 0 });
    expect((await get(program.url, '/fib/21')).body).toEqual({ result: 10_946 });
    expect(program.lines.filter((line) => line.level >= 50)).toEqual([]);
  });
});

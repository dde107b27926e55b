// Admission with real threads under ten times their capacity.
import { Piscina } from 'piscina';
import { expect, it } from 'vitest';
import { Admission, type AdmissionLoad } from '../../libs/admission/src/admission.js';
import { AdmissionRefused } from '../../libs/admission/src/admission-refused.js';
import { openLoop } from '../support/open-loop.js';
import { percentile } from '../support/percentile.js';
import { figure, promise } from '../support/promises.js';

/** Refused within 50 ms, times five because the machine is shared. */
const REFUSED_WITHIN_MS = 250;

const WORKERS = 2;
const JOB_MS = 40;
const MAX_WAIT_MS = 600;
/** The longest possible queue, if the last job starts in time. */
const MAX_QUEUED = WORKERS * (MAX_WAIT_MS / JOB_MS + 1);
const CAPACITY_PER_SECOND = (WORKERS * 1_000) / JOB_MS;
/** Until the queue has its full length. */
const WARM_UP_MS = 800;
const MEASURED_MS = 2_000;
const WANTED_GOODPUT = 0.9;
/** Rounds of both rates in turn, until the target is reached. The best of each counts, because the machine is shared. */
const MOST_ROUNDS = 5;

interface Refusal {
  /** Measured from the planned arrival. */
  readonly afterMs: number;
  readonly error: AdmissionRefused;
}

interface Outcome {
  readonly finishedPerSecond: number;
  readonly refusals: readonly Refusal[];
  /** The highest sample, with one sample per arrival. */
  readonly highest: { readonly busy: number; readonly queued: number };
  /** After all jobs have ended. */
  readonly load: AdmissionLoad;
}

/** Runs jobs that arrive at this fixed rate and occupy real threads. */
async function drive(perSecond: number): Promise<Outcome> {
  const filename = new URL('../support/burning.worker.ts', import.meta.url).href;
  const pool = new Piscina<number, void>({ filename, minThreads: WORKERS, maxThreads: WORKERS });
  const admission = new Admission({ workers: WORKERS, maxWaitMs: MAX_WAIT_MS });
  const end = new AbortController();
  const refusals: Refusal[] = [];
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

/** The highest number of completed jobs per second. */
function bestOf(outcomes: readonly Outcome[]): number {
  return Math.max(...outcomes.map(({ finishedPerSecond }) => finishedPerSecond));
}

/** On arrival, not after a wait. */
function isAtOnce({ error }: Refusal): boolean {
  return error.reason === 'too-long';
}

/** The 99th percentile. */
function refusedWithinMs({ refusals }: Outcome): number {
  const afterMs = refusals.filter(isAtOnce).map((refusal) => refusal.afterMs);
  return percentile(afterMs, 99);
}

promise(5, () => {
  it('completes as many jobs at ten times its capacity as at its capacity, and refuses the rest at once', async ({
    task,
  }) => {
    const peaks: Outcome[] = [];
    const floods: Outcome[] = [];
    let goodput = 0;
    let p99Ms = Infinity;
    const isReached = (): boolean => goodput >= WANTED_GOODPUT && p99Ms < REFUSED_WITHIN_MS;
    for (let round = 1; round <= MOST_ROUNDS && !isReached(); round++) {
      peaks.push(await drive(CAPACITY_PER_SECOND));
      floods.push(await drive(10 * CAPACITY_PER_SECOND));
      goodput = bestOf(floods) / bestOf(peaks);
      p99Ms = Math.min(...floods.map(refusedWithinMs));
    }

    const refusals = floods.flatMap((flood) => flood.refusals);
    const atOnce = refusals.filter(isAtOnce);
    figure(task, `goodput ${goodput.toFixed(2)} of that at capacity`);
    figure(task, `${refusals.length} refused, within ${p99Ms.toFixed(0)} ms (p99 of the quietest round)`);
    expect(goodput).toBeGreaterThanOrEqual(WANTED_GOODPUT);
    expect(floods.map(({ highest }) => highest.busy)).toEqual(floods.map(() => WORKERS));
    const queued = Math.max(...floods.map(({ highest }) => highest.queued));
    expect(queued).toBeLessThanOrEqual(MAX_QUEUED);
    expect(queued).toBeGreaterThan(MAX_QUEUED / 2);
    expect(atOnce.length).toBeGreaterThan(0.9 * refusals.length);
    expect(p99Ms).toBeLessThan(REFUSED_WITHIN_MS);
    expect(Math.min(...refusals.map(({ error }) => error.retryAfterMs))).toBeGreaterThanOrEqual(500);
    expect(floods.map(({ load }) => load.busy + load.queued)).toEqual(floods.map(() => 0));
  });
});

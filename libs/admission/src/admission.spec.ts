// Admission: order of starts, refusals, and cleanup.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission, type AdmissionOptions } from './admission.js';
import { AdmissionRefused } from './admission-refused.js';

/** Runs all pending promise callbacks. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** An admission whose jobs end when the test ends them. */
function gated(options: Partial<AdmissionOptions> = {}) {
  const admission = new Admission({ workers: 1, maxWaitMs: 10_000, ...options });
  const started: string[] = [];
  const ask = (name: string, costMs: number, waitedMs?: number) => {
    const abort = new AbortController();
    const gate = Promise.withResolvers<string>();
    const outcome = admission
      .run(
        costMs,
        () => {
          started.push(name);
          return gate.promise;
        },
        abort.signal,
        waitedMs,
      )
      .catch((error: unknown) => error);
    return {
      outcome,
      abort,
      end: async (): Promise<void> => {
        gate.resolve(name);
        await turn();
      },
      fail: async (error: Error): Promise<void> => {
        gate.reject(error);
        await turn();
      },
    };
  };
  return { admission, started, ask };
}

/** Ends each job, in this order. */
async function endAll(jobs: readonly { end(): Promise<void> }[]): Promise<void> {
  for (const job of jobs) await job.end();
}

const IDLE = { busy: 0, queued: 0 };

describe('admission', () => {
  it('counts a pause neither as a wait nor as lateness, with a clock that stops during the pause', async () => {
    let nowMs = 0;
    const { admission, started, ask } = gated({ workers: 2, maxWaitMs: 1_000, clock: { now: () => nowMs } });
    const jobs = [ask('long', 1_500), ask('other', 500), ask('waiting', 500)];
    // All timers are due, and the clock has hardly moved.
    nowMs = 300;
    vi.advanceTimersByTime(15_000);
    nowMs = 600;
    const late = ask('long, too', 1_500);
    expect(admission.load()).toMatchObject({ busy: 2, queued: 2 });
    await endAll(jobs);
    await late.end();

    expect(started).toEqual(['long', 'other', 'waiting', 'long, too']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts work at once while a place is free, and returns its result', async () => {
    const { admission, started, ask } = gated({ workers: 2 });
    const [a, b, c] = [ask('a', 10), ask('b', 10), ask('c', 10)];
    await turn();

    expect(started).toEqual(['a', 'b']);
    expect(admission.load()).toMatchObject({ workers: 2, busy: 2, queued: 1 });
    await a.end();
    expect(await a.outcome).toBe('a');
    expect(started).toEqual(['a', 'b', 'c']);
    await b.end();
    await c.end();
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('frees the place of work that fails, and passes its error on', async () => {
    const { admission, started, ask } = gated();
    const [a, b] = [ask('a', 10), ask('b', 10)];
    await turn();
    await a.fail(new Error('no luck'));

    expect(await a.outcome).toEqual(new Error('no luck'));
    expect(started).toEqual(['a', 'b']);
    await b.end();
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('frees the place of work that throws before it returns a promise', async () => {
    const { admission } = gated();
    const { signal } = new AbortController();
    const run = admission.run(
      10,
      () => {
        throw new Error('no luck');
      },
      signal,
    );

    await expect(run).rejects.toThrow('no luck');
    expect(admission.load()).toMatchObject(IDLE);
  });
});

describe('the order', () => {
  it('is the shortest first, and first come first served among equals', async () => {
    const { started, ask } = gated();
    const jobs = [ask('first', 1), ask('c', 30), ask('a', 10), ask('d', 30), ask('b', 20)];
    await endAll(jobs);

    expect(started).toEqual(['first', 'a', 'b', 'c', 'd']);
  });

  it('lets shorter work pass if it arrives within twice the difference in cost, and not later', async () => {
    const { started, ask } = gated();
    const jobs = [ask('first', 1), ask('patient', 110)];
    vi.advanceTimersByTime(199);
    jobs.push(ask('soon enough', 10));
    vi.advanceTimersByTime(2);
    jobs.push(ask('too late', 10));
    await endAll(jobs);

    expect(started).toEqual(['first', 'soon enough', 'patient', 'too late']);
  });

  it('leaves one place to short work, and skips long work that may not start', async () => {
    const { admission, started, ask } = gated({ workers: 2 });
    const long = ask('long', 9_000);
    const patient = ask('patient', 2_000);
    vi.advanceTimersByTime(5_000);
    expect(admission.load()).toMatchObject({ busy: 1, queued: 1 });

    // It is behind the waiting job.
    const short = ask('short', 1_000);
    expect(started).toEqual(['long', 'short']);
    await long.end();
    expect(started).toEqual(['long', 'short', 'patient']);
    await endAll([short, patient]);
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('lets long work have the only place', async () => {
    const { started, ask } = gated({ workers: 1 });
    await ask('long', 60_000).end();

    expect(started).toEqual(['long']);
  });
});

describe('work that would wait too long', () => {
  it('is refused at once, with the excess of the wait as retry time, plus or minus a half', async () => {
    const { admission, started, ask } = gated({ maxWaitMs: 10_000 });
    const running = ask('running', 13_000);
    const refusals = [1, 2, 3, 4, 5, 6, 7, 8].map(() => ask('refused', 10));
    const errors = await Promise.all(refusals.map(({ outcome }) => outcome));

    for (const error of errors) expect(error).toMatchObject({ name: 'AdmissionRefused', reason: 'too-long' });
    const retriesMs = errors.map((error) => (error instanceof AdmissionRefused ? error.retryAfterMs : Number.NaN));
    expect(Math.min(...retriesMs)).toBeGreaterThanOrEqual(1_500);
    expect(Math.max(...retriesMs)).toBeLessThan(4_500);
    expect(new Set(retriesMs).size).toBeGreaterThan(1);
    expect(admission.load()).toMatchObject({ busy: 1, queued: 0 });
    await running.end();
    expect(started).toEqual(['running']);
  });

  it('has a retry time of about a second at least', async () => {
    const { ask } = gated({ maxWaitMs: 10_000 });
    const running = ask('running', 10_001);
    const error = await ask('refused', 10).outcome;

    expect(error).toMatchObject({ retryAfterMs: expect.closeTo(1_000, -3) });
    await running.end();
  });

  it('is judged by the work before it only, and by the first place to become free', async () => {
    const { ask, started, admission } = gated({ workers: 2, maxWaitMs: 100 });
    const jobs = [ask('long', 33_000), ask('a', 60), ask('b', 60)];
    const refused = ask('refused', 70);
    const short = ask('short', 1);
    await turn();

    expect(await refused.outcome).toMatchObject({ reason: 'too-long' });
    expect(admission.load()).toMatchObject({ queued: 2 });
    await endAll([...jobs, short]);
    expect(started).toEqual(['long', 'a', 'short', 'b']);
  });

  it('is bounded in time if each piece costs nothing', async () => {
    const { admission, ask } = gated({ maxWaitMs: 100 });
    const jobs = Array.from({ length: 200 }, (_, index) => ask(`${index}`, 0));
    await turn();

    expect(admission.load()).toMatchObject({ queued: 100 });
    await endAll(jobs);
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('is refused while it waits, when shorter work arrives', async () => {
    const { admission, ask } = gated({ maxWaitMs: 1_000 });
    // Each goes before all that arrived earlier.
    const jobs = Array.from({ length: 100 }, (_, index) => ask(`${index}`, 500 - index));
    const outcomes = jobs.map(({ outcome }) => outcome);
    await turn();

    expect(admission.load()).toMatchObject({ queued: 2 });
    expect(await outcomes[1]).toMatchObject({ reason: 'overtaken' });
    await endAll(jobs);
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('is refused when past and estimated wait together are too long after shorter work arrived', async () => {
    const { ask } = gated({ workers: 2, maxWaitMs: 10_000 });
    const jobs = [ask('running', 8_100), ask('overtaken', 5_000)];
    vi.advanceTimersByTime(3_000);
    jobs.push(ask('shorter', 3_100));

    expect(await jobs[1]?.outcome).toMatchObject({ reason: 'overtaken' });
    await endAll(jobs);
  });

  it('is refused after the longest wait, when estimates were wrong', async () => {
    const { admission, started, ask } = gated({ maxWaitMs: 1_000 });
    const running = ask('running', 10);
    const waiting = ask('waiting', 10);
    vi.advanceTimersByTime(999);
    expect(admission.load()).toMatchObject({ queued: 1 });
    vi.advanceTimersByTime(1);

    const error = await waiting.outcome;
    expect(error).toMatchObject({ name: 'AdmissionRefused', reason: 'expired' });
    expect(error).toMatchObject({ retryAfterMs: expect.closeTo(1_000, -3) });
    expect(admission.load()).toMatchObject({ busy: 1, queued: 0 });
    await running.end();
    expect(started).toEqual(['running']);
  });
});

describe('work that has waited elsewhere', () => {
  it('waits only for the rest of the longest wait', async () => {
    const { admission, started, ask } = gated({ maxWaitMs: 1_000 });
    const running = ask('running', 10);
    const waiting = ask('waiting', 10, 700);
    vi.advanceTimersByTime(299);
    expect(admission.load()).toMatchObject({ queued: 1 });
    vi.advanceTimersByTime(1);

    expect(await waiting.outcome).toMatchObject({ reason: 'expired' });
    await running.end();
    expect(started).toEqual(['running']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is refused at once, with the excess as retry time, when the estimated wait is longer than the rest', async () => {
    const { ask } = gated({ maxWaitMs: 10_000 });
    const running = ask('running', 9_000);
    const refused = await ask('refused', 10, 6_000).outcome;

    expect(refused).toMatchObject({ reason: 'too-long' });
    const retryMs = refused instanceof AdmissionRefused ? refused.retryAfterMs : Number.NaN;
    expect(retryMs).toBeGreaterThanOrEqual(2_500);
    expect(retryMs).toBeLessThan(7_500);
    await running.end();
  });

  it('starts at once while a place is free, however long it has waited', async () => {
    let readings = 0;
    const { started, ask } = gated({ maxWaitMs: 1_000, clock: { now: () => (readings += 1) / 1_000 } });
    await ask('late', 10, 60_000).end();

    expect(started).toEqual(['late']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes before equal work that arrived after its wait began', async () => {
    const { started, ask } = gated({ maxWaitMs: 1_000 });
    const jobs = [ask('running', 1), ask('here', 10), ask('elsewhere', 10, 500)];
    await endAll(jobs);

    expect(started).toEqual(['running', 'elsewhere', 'here']);
  });
});

describe('aborted work', () => {
  it('does not start when its signal was aborted before it arrived', async () => {
    const { admission, started } = gated();
    const work = async (): Promise<void> => void started.push('never');

    await expect(admission.run(10, work, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(started).toEqual([]);
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('leaves the queue at once and frees no place', async () => {
    const { admission, started, ask } = gated();
    const [running, leaving, staying] = [ask('running', 10), ask('leaving', 10), ask('staying', 10)];
    await turn();
    leaving.abort.abort(new Error('gone'));

    expect(admission.load()).toMatchObject({ busy: 1, queued: 1 });
    expect(await leaving.outcome).toEqual(new Error('gone'));
    expect(started).toEqual(['running']);
    await running.end();
    expect(started).toEqual(['running', 'staying']);
    await staying.end();
    expect(admission.load()).toMatchObject(IDLE);
  });

  it('keeps its place until it has ended', async () => {
    const { admission, started, ask } = gated();
    const [running, waiting] = [ask('running', 10), ask('waiting', 10)];
    await turn();
    running.abort.abort(new Error('gone'));
    await turn();

    expect(admission.load()).toMatchObject({ busy: 1, queued: 1 });
    await running.fail(new Error('ended'));
    expect(await running.outcome).toEqual(new Error('ended'));
    expect(started).toEqual(['running', 'waiting']);
    await waiting.end();
  });

  it('leaves no listener and no timer, however it ended', async () => {
    const { ask } = gated({ maxWaitMs: 1_000 });
    const running = ask('running', 10);
    const [expired, aborted] = [ask('expired', 10), ask('aborted', 10)];
    aborted.abort.abort();
    vi.advanceTimersByTime(1_000);
    await turn();
    await running.end();

    expect(vi.getTimerCount()).toBe(0);
    const signals = [running, expired, aborted].map(({ abort }) => abort.signal);
    expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual([0, 0, 0]);
  });
});

// Invariants of the admission, with random arrivals, departures, ends and failures.
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Admission } from './admission.js';
import { AdmissionRefused } from './admission-refused.js';
import { AGEING, LONG_MS } from './job.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

type Step = readonly [kind: 'arrive' | 'leave' | 'end' | 'fail' | 'pass time' | 'turn', value: number];
type State = 'waiting' | 'running' | 'over';

interface ModelJob {
  state: State;
  readonly costMs: number;
  readonly key: number;
  readonly arrivedMs: number;
  readonly abort: AbortController;
  readonly gate: PromiseWithResolvers<void>;
}

/** An admission, and a model of its state. */
class Model {
  readonly jobs: ModelJob[] = [];
  readonly admission: Admission;
  /** The rules that were broken after a turn. */
  readonly broken: string[] = [];
  private readonly outcomes: Promise<void>[] = [];
  /** Jobs that another job started before, though they were first. They may have left or been refused in the same turn. */
  private readonly passedOver: ModelJob[] = [];

  constructor(
    readonly workers: number,
    readonly maxWaitMs: number,
  ) {
    // New for each run, so that no timer of another run remains.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    this.admission = new Admission({ workers, maxWaitMs });
  }

  get longPlaces(): number {
    return Math.max(1, this.workers - 1);
  }

  in(state: State): ModelJob[] {
    return this.jobs.filter((job) => job.state === state);
  }

  arrive(costMs: number): void {
    const job: ModelJob = {
      state: 'waiting',
      costMs,
      arrivedMs: performance.now(),
      key: performance.now() + AGEING * Math.max(1, costMs),
      abort: new AbortController(),
      gate: Promise.withResolvers(),
    };
    const work = async (): Promise<void> => {
      this.passedOver.push(...this.eligible().filter(({ key }) => key < job.key));
      job.state = 'running';
      await job.gate.promise;
    };
    this.jobs.push(job);
    const over = (): void => void (job.state = 'over');
    this.outcomes.push(this.admission.run(costMs, work, job.abort.signal).then(over, over));
  }

  async step([kind, value]: Step): Promise<void> {
    switch (kind) {
      case 'arrive':
        this.arrive(value);
        break;
      case 'leave':
        pick(this.jobs, value)?.abort.abort();
        break;
      case 'end':
        pick(this.in('running'), value)?.gate.resolve();
        break;
      case 'fail':
        pick(this.in('running'), value)?.gate.reject(new Error('no luck'));
        break;
      case 'pass time':
        vi.advanceTimersByTime(value);
        break;
      case 'turn':
        await turn();
        this.broken.push(...this.brokenRules());
        break;
      default:
        kind satisfies never;
    }
  }

  /** The waiting jobs that may start when a place is free. */
  eligible(): ModelJob[] {
    const longs = this.in('running').filter(({ costMs }) => costMs > LONG_MS).length;
    return this.in('waiting').filter(({ costMs }) => costMs <= LONG_MS || longs < this.longPlaces);
  }

  private brokenRules(): string[] {
    const { busy, queued } = this.admission.load();
    const running = this.in('running');
    const waiting = this.in('waiting');
    const longRunning = running.filter(({ costMs }) => costMs > LONG_MS);
    const counted = busy === running.length && queued === waiting.length;
    const nowMs = performance.now();
    const rules = {
      'the counts are correct': counted,
      'at most as many jobs run as places exist': running.length <= this.workers,
      'long jobs leave one place': longRunning.length <= this.longPlaces,
      'no job waits while a place that it may have is free':
        running.length === this.workers || this.eligible().length === 0,
      'each job starts in its turn': this.passedOver.every(({ state }) => state === 'over'),
      'no job waits longer than the limit': waiting.every(({ arrivedMs }) => nowMs - arrivedMs < this.maxWaitMs),
    };
    return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
  }

  /** Everything that remains when all jobs have ended. */
  async leftOver(): Promise<object> {
    for (const { gate, abort } of this.jobs) {
      gate.resolve();
      abort.abort();
    }
    await Promise.all(this.outcomes);
    const { busy, queued } = this.admission.load();
    const listeners = this.jobs.flatMap(({ abort }) => getEventListeners(abort.signal, 'abort')).length;
    return { busy, queued, listeners, timers: vi.getTimerCount() };
  }
}

const NOTHING = { busy: 0, queued: 0, listeners: 0, timers: 0 };

function pick(jobs: readonly ModelJob[], index: number): ModelJob | undefined {
  return jobs[index % jobs.length];
}

const costsMs = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 900, max: 1_200 }),
  fc.integer({ min: 1_000, max: 5_000 }),
);
const workers = fc.integer({ min: 1, max: 4 });

function step(kind: Step[0], value: fc.Arbitrary<number> = fc.nat(50)): fc.Arbitrary<Step> {
  return value.map((number) => [kind, number] as const);
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: step('arrive', costsMs) },
    { weight: 6, arbitrary: step('turn') },
    { weight: 3, arbitrary: step('end') },
    { weight: 2, arbitrary: step('leave') },
    { weight: 2, arbitrary: step('pass time', fc.integer({ min: 1, max: 3_000 })) },
    { weight: 1, arbitrary: step('fail') },
  ),
  { minLength: 1, maxLength: 80 },
);

function even(most: number): fc.Arbitrary<number> {
  return fc.nat(most / 2).map((half) => 2 * half);
}

describe('admission', () => {
  it('keeps its rules in every order of arrivals, departures, ends and failures, and leaves nothing behind', async () => {
    const property = fc.asyncProperty(workers, fc.constantFrom(50, 2_000, 10_000), steps, async (...given) => {
      const [places, maxWaitMs, todo] = given;
      const model = new Model(places, maxWaitMs);
      for (const next of todo) await model.step(next);
      await model.step(['turn', 0]);
      expect(model.broken).toEqual([]);
      expect(await model.leftOver()).toEqual(NOTHING);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('refuses no waiting work while estimates are right', async () => {
    // Work starts and ends at even times, waits expire at odd times: no two events coincide.
    const maxWaitMs = 1_999;
    const arrivals = fc.array(fc.record({ costMs: even(998).map((ms) => ms + 2), afterMs: even(400) }), {
      minLength: 1,
      maxLength: 100,
    });
    const property = fc.asyncProperty(workers, arrivals, async (places, arriving) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      const admission = new Admission({ workers: places, maxWaitMs });
      const reasons: Promise<unknown>[] = [];
      for (const { costMs, afterMs } of arriving) {
        await vi.advanceTimersByTimeAsync(afterMs);
        const work = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, costMs));
        const run = admission.run(costMs, work, new AbortController().signal);
        reasons.push(run.catch((error: unknown) => error instanceof AdmissionRefused && error.reason));
      }
      await vi.runAllTimersAsync();
      expect(await Promise.all(reasons)).not.toContain('expired');
    });
    await fc.assert(property);
  });
});

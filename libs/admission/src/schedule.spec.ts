// Estimated waits of new jobs.
import { describe, expect, it } from 'vitest';
import { Job } from './job.js';
import { Schedule } from './schedule.js';

const NOW_MS = 10_000;
const job = (costMs: number): Job => new Job(costMs, NOW_MS);
const running = (costMs: number, forMs = 0) => ({ job: job(costMs), startedMs: NOW_MS - forMs });

/** The waits of jobs that are added one after the other. */
function waits(schedule: Schedule, ...costsMs: number[]): number[] {
  return costsMs.map((costMs) => schedule.add(job(costMs)));
}

describe('the schedule', () => {
  it('estimates no wait while a place is free, however long the others are taken', () => {
    expect(waits(new Schedule(2, [running(33_000)], NOW_MS), 10)).toEqual([0]);
  });

  it('assigns each job to the place that becomes free first', () => {
    const schedule = new Schedule(2, [running(100), running(300)], NOW_MS);

    expect(waits(schedule, 50, 200, 10, 10)).toEqual([100, 150, 300, 310]);
  });

  it('counts the remaining time of running jobs', () => {
    expect(waits(new Schedule(1, [running(500, 400)], NOW_MS), 10)).toEqual([100]);
  });

  it('expects a late job to be late by as much again', () => {
    expect(waits(new Schedule(1, [running(500, 700)], NOW_MS), 10)).toEqual([200]);
  });

  it('leaves one place to short jobs', () => {
    expect(waits(new Schedule(2, [running(5_000)], NOW_MS), 3_000, 10, 20)).toEqual([5_000, 0, 10]);
    expect(waits(new Schedule(3, [], NOW_MS), 3_000, 2_000, 1_500, 10, 10)).toEqual([0, 0, 2_000, 0, 10]);
  });

  it('gives the only place to short and long jobs', () => {
    expect(waits(new Schedule(1, [running(5_000)], NOW_MS), 3_000, 10)).toEqual([5_000, 8_000]);
  });

  it('lets a long job follow a short one on the place of another long job', () => {
    const schedule = new Schedule(2, [running(3_000), running(900)], NOW_MS);

    expect(waits(schedule, 900, 900, 900, 2_000)).toEqual([900, 1_800, 2_700, 3_000]);
  });

  it('counts a minimum cost if the work costs nothing', () => {
    expect(waits(new Schedule(1, [running(0)], NOW_MS), 0, 0, 0)).toEqual([1, 2, 3]);
  });
});

describe('a job', () => {
  it.each([-1, Number.NaN, Infinity])('cannot cost %s ms', (costMs) => {
    expect(() => job(costMs)).toThrow(new RangeError(`a job cannot cost ${costMs} ms`));
  });
});

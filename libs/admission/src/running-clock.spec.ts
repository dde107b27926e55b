// RunningClock and its timer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { after, RunningClock } from './running-clock.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Advances the time without firing timers, like a stopped process. */
function pause(ms: number): void {
  const nowMs = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(nowMs + ms);
}

describe('RunningClock', () => {
  it('advances with the time while the process runs', () => {
    const clock = new RunningClock();
    const startMs = clock.now();
    vi.advanceTimersByTime(60_000);

    expect(clock.now() - startMs).toBe(60_000);
    clock.stop();
  });

  it.each([1_000, 15_000, 3_600_000])('counts less than a second of a pause of %i ms', (ms) => {
    const clock = new RunningClock();
    const startMs = clock.now();
    pause(ms);

    expect(clock.now() - startMs).toBeLessThanOrEqual(300);
    expect(clock.now() - startMs).toBeGreaterThan(0);
    clock.stop();
  });

  it('keeps no timer when it is stopped', () => {
    new RunningClock().stop();

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('after', () => {
  it('calls back when the time is over', () => {
    const callback = vi.fn<() => void>();
    after(performance, 1_000, callback);
    vi.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);

    expect(callback).toHaveBeenCalledOnce();
  });

  it('calls back by the clock, not by a timer', () => {
    let nowMs = 0;
    const callback = vi.fn<() => void>();
    after({ now: () => nowMs }, 1_000, callback);
    // The clock counted only 300 ms of it.
    nowMs = 300;
    vi.advanceTimersByTime(1_000);
    expect(callback).not.toHaveBeenCalled();
    nowMs = 1_000;
    vi.advanceTimersByTime(700);

    expect(callback).toHaveBeenCalledOnce();
  });

  it('does not call back when it is cancelled, before or after a pause', () => {
    const callback = vi.fn<() => void>();
    const [before, behind] = [after({ now: () => 0 }, 10, callback), after({ now: () => 0 }, 10, callback)];
    before();
    vi.advanceTimersByTime(10);
    behind();
    vi.advanceTimersByTime(1_000);

    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

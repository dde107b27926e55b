// The delays of look-ups, and the pause that an abort ends.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pause, pollDelays } from './poll-delays.js';

function delays(random: () => number, expirationMs = 15_000): number[] {
  const all = pollDelays(expirationMs, random);
  return Array.from({ length: 7 }, () => all.next().value);
}

describe('the delays', () => {
  it('double from 25 to 250 ms, times a random factor from 0.5 to 1', () => {
    expect(delays(() => 1)).toEqual([25, 50, 100, 200, 250, 250, 250]);
    expect(delays(() => 0)).toEqual([12.5, 25, 50, 100, 125, 125, 125]);
  });

  it('are at most half of the life of a value, but never shorter than the first', () => {
    expect(delays(() => 1, 400)).toEqual([25, 50, 100, 200, 200, 200, 200]);
    expect(delays(() => 1, 60)).toEqual([25, 30, 30, 30, 30, 30, 30]);
    expect(delays(() => 1, 1)).toEqual([25, 25, 25, 25, 25, 25, 25]);
  });

  it('differ between two waits', () => {
    const both = [1, 2].map(() => pollDelays(15_000).next().value);
    expect(new Set(both).size).toBe(2);
  });
});

describe('the pause', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends after its time, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const paused = pause(100, signal);
    vi.advanceTimersByTime(99);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);

    await expect(paused).resolves.toBeUndefined();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends at once with the reason of an abort, and leaves no timer', async () => {
    const abort = new AbortController();
    const paused = pause(100, abort.signal);
    const reason = new Error('gone');
    abort.abort(reason);

    await expect(paused).rejects.toBe(reason);
    await expect(pause(100, abort.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

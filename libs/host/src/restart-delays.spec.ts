// Delays between restarts.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RestartDelays } from './restart-delays.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** @param random from 0 to 1; a half is no jitter */
const withRandom = (random: number) => void vi.spyOn(Math, 'random').mockReturnValue(random);

describe('RestartDelays', () => {
  it('starts at 100 ms and doubles up to 30 s', () => {
    withRandom(0.5);
    const delays = new RestartDelays();
    expect(Array.from({ length: 11 }, () => delays.next())).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  it.each([
    { random: 0, delayMs: 80 },
    { random: 1, delayMs: 120 },
  ])('differs by at most 20 %: $delayMs ms', ({ random, delayMs }) => {
    withRandom(random);
    expect(new RestartDelays().next()).toBeCloseTo(delayMs);
  });

  it.each([
    { healthyMs: 59_999, delayMs: 400 },
    { healthyMs: 60_000, delayMs: 100 },
  ])('waits $delayMs ms for the third start after $healthyMs ms of health', ({ healthyMs, delayMs }) => {
    withRandom(0.5);
    const delays = new RestartDelays();
    delays.next();
    delays.next();
    delays.onStarted();
    vi.advanceTimersByTime(healthyMs);
    expect(delays.next()).toBe(delayMs);
  });
});

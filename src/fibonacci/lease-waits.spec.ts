// A flight that waits for another process: take-overs, and the end of the wait.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, settle, useFakeTime } from '../../test/support/fake-time.js';
import { COST_MS, LeasingService } from '../../test/support/leasing-service.js';
import { SharedCache } from '../../test/support/shared-cache.js';

const N = 40;
const KEY = String(N);
const TTL_MS = 2_000;
/** The longest time between two look-ups, in milliseconds. */
const POLL_MS = 250;
const COMPUTED = { value: 7, isFromOtherProcess: false };
const FROM_OTHER = { value: 7, isFromOtherProcess: true };

let shared: SharedCache;
let first: LeasingService;
let second: LeasingService;

useFakeTime();
beforeEach(() => {
  shared = new SharedCache();
  first = new LeasingService(shared);
  second = new LeasingService(shared);
  // Its process is killed: nothing renews it.
  shared.leases.set(KEY, { value: 'dead', endMs: performance.now() + TTL_MS });
});

afterEach(() => void vi.restoreAllMocks());

describe('a flight that waits', () => {
  it('takes over a lease whose process is dead, within its time to live and one look-up', async () => {
    const asked = await first.ask(N);
    await advance(TTL_MS - 1);
    expect(first.computations).toEqual([]);
    await advance(1 + POLL_MS);
    expect(first.computations).toHaveLength(1);
    first.computations[0]?.done.resolve(7);
    await settle();

    expect(await asked.outcome).toEqual(COMPUTED);
    expect(first.series('pluggable_lease_take_overs_total')).toEqual({ '': 1 });
    expect([first.flights, shared.leases.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it('finds a value that the cache keeps for a shorter time than its longest delay', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const expirationMs = 60;
    shared.leases.clear();
    const [holding, waiting] = [1, 2].map(() => new LeasingService(shared, { expirationMs }));
    await holding?.ask(N);
    await settle();
    const there = await waiting?.ask(N);
    await advance(COST_MS);
    holding?.computations[0]?.done.resolve(7);
    await advance(POLL_MS);

    expect(waiting?.computations).toEqual([]);
    expect(await there?.outcome).toEqual(FROM_OTHER);
  });

  it('leaves the take-over to one process if several wait', async () => {
    await Promise.all([first.ask(N), second.ask(N)]);
    await advance(TTL_MS + POLL_MS);

    expect(first.computations.length + second.computations.length).toBe(1);
  });

  it('does not take over when the value was stored just before it acquired the lease', async () => {
    const asked = await first.ask(N);
    shared.before = (call) => {
      if (!call.startsWith('acquire')) return;
      shared.values.set(KEY, { value: '7', endMs: Infinity });
      shared.leases.clear();
    };
    await advance(POLL_MS);

    expect(await asked.outcome).toEqual(FROM_OTHER);
    expect(first.computations).toEqual([]);
    expect(first.series('pluggable_lease_take_overs_total')).toEqual({ '': 0 });
  });

  it('ends at once when its last client leaves', async () => {
    const leaving = await first.ask(N);
    await advance(POLL_MS);
    leaving.leave();
    const calls = shared.calls.length;

    expect([first.flights, vi.getTimerCount()]).toEqual([0, 0]);
    await advance(TTL_MS + POLL_MS);
    expect(shared.calls).toHaveLength(calls);
    expect(first.computations).toEqual([]);
  });

  it('counts the time beyond the estimated cost as a wait for a worker', async () => {
    await first.ask(N);
    await advance(TTL_MS + POLL_MS);

    expect(first.computations[0]?.waitedMs).toBeGreaterThanOrEqual(TTL_MS - COST_MS);
    expect(first.computations[0]?.waitedMs).toBeLessThanOrEqual(TTL_MS - COST_MS + POLL_MS);
  });

  it('counts no wait for a worker when it takes over before the estimated cost is over', async () => {
    await first.ask(N);
    await settle();
    shared.leases.clear();
    await advance(POLL_MS);

    expect(first.computations[0]?.waitedMs).toBe(0);
  });
});

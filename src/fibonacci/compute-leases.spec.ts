// Leases: one computation for all processes, and the end of every lease.
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
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
const LEASES = ['acquire', 'renew', 'release'] as const;

let shared: SharedCache;
let first: LeasingService;
let second: LeasingService;

useFakeTime();
beforeEach(() => {
  shared = new SharedCache();
  first = new LeasingService(shared);
  second = new LeasingService(shared);
});

/** No flight, lease or timer is left. */
function expectNothingLeft(): void {
  expect([first.flights, second.flights, shared.leases.size, vi.getTimerCount()]).toEqual([0, 0, 0, 0]);
}

describe('two processes with a common cache', () => {
  it('compute a value once: one computes, the other waits and takes it from the cache', async () => {
    const here = await first.ask(N);
    await settle();
    const there = await second.ask(N);
    await advance(COST_MS);
    expect([first.computations.length, second.computations.length]).toEqual([1, 0]);
    first.computations[0]?.done.resolve(7);
    await advance(POLL_MS);

    expect(await here.outcome).toEqual(COMPUTED);
    expect(await there.outcome).toEqual(FROM_OTHER);
    expect(second.computations).toEqual([]);
    expect(shared.callsOf('set')).toEqual([`set ${KEY}`]);
    expectNothingLeft();
  });

  it('log one calculation, and count the lease and the wait', async () => {
    await first.ask(N);
    await settle();
    const there = await second.ask(N);
    await advance(COST_MS);
    first.computations[0]?.done.resolve(7);
    await advance(POLL_MS);
    await there.outcome;

    expect(first.messages.filter((message) => message === 'fib(n) calculated')).toHaveLength(1);
    expect(second.messages.filter((message) => /calculated|waiting|lease|over/.test(String(message)))).toEqual([
      'another process calculates the fib(n); waiting',
    ]);
    const acquired = [first, second].map((service) => service.series('pluggable_leases_acquired_total')['']);
    expect(acquired).toEqual([1, 0]);
    expect(second.series('pluggable_lease_wait_seconds_count')).toEqual({ '': 1 });
    expect(second.series('pluggable_lease_wait_seconds_sum')['']).toBeGreaterThan(COST_MS / 1_000);
    const takeOvers = [first, second].map((service) => service.series('pluggable_lease_take_overs_total')['']);
    expect(takeOvers).toEqual([0, 0]);
    expect(second.series('pluggable_lease_fail_opens_total')).toEqual({});
  });

  it('keep the lease while one computes, however long, and until the value is stored', async () => {
    const here = await first.ask(N);
    await settle();
    const there = await second.ask(N);
    await advance(8_000);
    expect(second.computations).toEqual([]);
    first.computations[0]?.done.resolve(7);
    await advance(POLL_MS);
    await Promise.all([here.outcome, there.outcome]);

    expect(shared.calls.indexOf(`release ${KEY}`)).toBeGreaterThan(shared.calls.indexOf(`set ${KEY}`));
    const calls = shared.calls.length;
    await advance(TTL_MS);
    expect(shared.calls).toHaveLength(calls);
  });

  it('ask for the lease once for all requests of a process', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => first.ask(N)));
    await settle();
    first.computations[0]?.done.resolve(7);
    await settle();

    expect(await Promise.all(asked.map(({ outcome }) => outcome))).toEqual([COMPUTED, COMPUTED, COMPUTED]);
    expect(shared.callsOf(...LEASES)).toEqual([`acquire ${KEY}`, `release ${KEY}`]);
  });
});

describe('a flight that acquires the lease', () => {
  it('takes a value that was stored after its first look-up, and does not store it again', async () => {
    shared.before = (call) => {
      if (call.startsWith('acquire')) shared.values.set(KEY, { value: '7', endMs: Infinity });
    };
    const asked = await first.ask(N);

    expect(await asked.outcome).toEqual(FROM_OTHER);
    await settle();
    expect(first.computations).toEqual([]);
    expect(shared.callsOf('set')).toEqual([]);
    expectNothingLeft();
  });

  it('releases it when its last client leaves, and another process takes over at its next look-up', async () => {
    const leaving = await first.ask(N);
    await settle();
    const staying = await second.ask(N);
    await advance(COST_MS);
    leaving.leave();
    await advance(POLL_MS);
    expect(second.computations).toHaveLength(1);
    second.computations[0]?.done.resolve(7);
    await settle();

    expect(await staying.outcome).toEqual(COMPUTED);
    expect(second.series('pluggable_lease_take_overs_total')).toEqual({ '': 1 });
    expect(second.messages).toContain('the other process has not calculated the fib(n); taking over');
    expectNothingLeft();
  });

  it('releases it when its last client leaves while the value arrives', async () => {
    const leaving = await first.ask(N);
    await settle();
    first.computations[0]?.done.resolve(7);
    leaving.leave();
    await settle();

    expect(shared.callsOf('set')).toEqual([]);
    expectNothingLeft();
  });

  it('releases it when its last client leaves before the answer of the acquisition', async () => {
    const leaving = await first.ask(N);
    leaving.leave();
    await settle();

    expect(shared.callsOf(...LEASES)).toEqual([`acquire ${KEY}`, `release ${KEY}`]);
    expect(first.computations).toEqual([]);
    expectNothingLeft();
  });

  it('releases it when the computation fails, and another process takes over', async () => {
    const failing = await first.ask(N);
    await settle();
    const staying = await second.ask(N);
    first.computations[0]?.done.reject(new Error('no luck'));
    expect(await failing.outcome).toEqual(new Error('no luck'));
    await advance(POLL_MS);
    second.computations[0]?.done.resolve(7);
    await settle();

    expect(await staying.outcome).toEqual(COMPUTED);
    expectNothingLeft();
  });

  it('goes on when the lease is lost, stores the value, and does not end the lease of another process', async () => {
    const asked = await first.ask(N);
    await settle();
    shared.leases.set(KEY, { value: 'other', endMs: Infinity });
    await advance(3 * TTL_MS);
    expect(shared.callsOf('renew')).toHaveLength(1);
    first.computations[0]?.done.resolve(7);
    await settle();

    expect(await asked.outcome).toEqual(COMPUTED);
    expect(shared.values.get(KEY)?.value).toBe('7');
    expect(shared.leases.get(KEY)?.value).toBe('other');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer and no listener when it releases the lease during a renewal', async () => {
    const gate = Promise.withResolvers<void>();
    shared.gates.set('renew', gate.promise);
    const asked = await first.ask(N);
    await advance(TTL_MS / 2);
    expect(shared.callsOf('renew')).toHaveLength(1);
    first.computations[0]?.done.resolve(7);
    await asked.outcome;
    await settle();
    gate.resolve();
    await settle();

    const signals = first.computations.map(({ signal }) => getEventListeners(signal, 'abort').length);
    expect(signals).toEqual([0]);
    expectNothingLeft();
  });

  it('stores the value and releases the lease before the end of a shutdown', async () => {
    const gate = Promise.withResolvers<void>();
    shared.gates.set('set', gate.promise);
    const asked = await first.ask(N);
    await settle();
    first.computations[0]?.done.resolve(7);
    await asked.outcome;
    const calls = first.shutDown().then(() => shared.callsOf('set', 'release'));
    await settle();
    gate.resolve();

    expect(await calls).toEqual([`set ${KEY}`, `release ${KEY}`]);
    expectNothingLeft();
  });

  it('renews it again after a renewal that failed', async () => {
    await first.ask(N);
    await settle();
    shared.fail('renew', 'PLUGIN_CALL_TIMEOUT');
    await advance(TTL_MS / 2);
    shared.faults.clear();
    await advance(2 * TTL_MS);

    expect(shared.leases.get(KEY)?.endMs).toBeGreaterThan(performance.now());
  });

  it('does not renew it without end', async () => {
    await first.ask(N);
    await settle();
    await advance(10 * 60_000);

    expect(shared.leases.get(KEY)?.endMs).toBeLessThan(performance.now());
    expect(vi.getTimerCount()).toBe(0);
  });

  it('overwrites a value in the cache that is not a result', async () => {
    shared.values.set(KEY, { value: 'garbage', endMs: Infinity });
    const asked = await first.ask(N);
    await settle();
    first.computations[0]?.done.resolve(7);
    await settle();

    expect(await asked.outcome).toEqual(COMPUTED);
    expect(shared.values.get(KEY)?.value).toBe('7');
    expectNothingLeft();
  });
});

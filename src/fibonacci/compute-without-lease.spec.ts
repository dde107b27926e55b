// Computations without a lease: cheap ones, plugins without leases, and every failure of a lease or a look-up.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, settle, useFakeTime } from '../../test/support/fake-time.js';
import { COST_MS, LeasingService, MAX_WAIT_MS } from '../../test/support/leasing-service.js';
import { type CacheMethod, SharedCache } from '../../test/support/shared-cache.js';

const N = 40;
const KEY = String(N);
/** The longest time between two look-ups, in milliseconds. */
const POLL_MS = 250;
const COMPUTED = { value: 7, isFromOtherProcess: false };

let shared: SharedCache;
let service: LeasingService;

useFakeTime();
beforeEach(() => {
  shared = new SharedCache();
  service = new LeasingService(shared);
});

/** Another process holds the lease for ever. */
function leaseOfOtherProcess(): void {
  shared.leases.set(KEY, { value: 'other', endMs: Infinity });
}

/** The calls for the leases of one whole flight that computes. */
async function leaseCallsOf(asking: LeasingService): Promise<string[]> {
  const asked = await asking.ask(N);
  await settle();
  asking.computations[0]?.done.resolve(7);
  await settle();
  expect(await asked.outcome).toEqual(COMPUTED);
  expect(vi.getTimerCount()).toBe(0);
  return shared.callsOf('acquire', 'renew', 'release');
}

const FAILURES: readonly [reason: string, code: string][] = [
  ['error', 'PLUGIN_CALL_FAILED'],
  ['timeout', 'PLUGIN_CALL_TIMEOUT'],
  ['open', 'PLUGIN_BREAKER_OPEN'],
];

describe('no lease is asked for', () => {
  it('by a flight below the least cost, which looks up and stores as without leases', async () => {
    expect(await leaseCallsOf(new LeasingService(shared, { minCostMs: COST_MS + 1 }))).toEqual([]);
    expect(shared.calls).toEqual([`get ${KEY}`, `set ${KEY}`]);
  });

  it('with CACHE_LEASE off', async () => {
    expect(await leaseCallsOf(new LeasingService(shared, { isOn: false }))).toEqual([]);
  });

  it('by a flight that is expected to exceed the time limit, because it stores no value', async () => {
    expect(await leaseCallsOf(new LeasingService(shared, { timeoutMs: COST_MS }))).toEqual([]);
  });

  it.each(FAILURES)('after a look-up that failed: %s', async (_, code) => {
    shared.fail('get', code);
    expect(await leaseCallsOf(service)).toEqual([]);
  });

  it('of a plugin without leases', async () => {
    const plugin = { get: shared.get.bind(shared), set: shared.set.bind(shared) };
    const without = new LeasingService(plugin);

    expect(await leaseCallsOf(without)).toEqual([]);
    expect(without.series('pluggable_lease_fail_opens_total')).toEqual({});
  });
});

it('a flight with exactly the least cost asks for a lease', async () => {
  const calls = await leaseCallsOf(new LeasingService(shared, { minCostMs: COST_MS }));
  expect(calls).toEqual([`acquire ${KEY}`, `release ${KEY}`]);
});

describe('a flight computes at once', () => {
  it.each(FAILURES)('when it cannot acquire the lease: %s', async (reason, code) => {
    shared.fail('acquire', code);
    await leaseCallsOf(service);

    expect(service.series('pluggable_lease_fail_opens_total')).toEqual({ [`{reason="${reason}"}`]: 1 });
    expect(service.messages).toContain('calculating the fib(n) without a lease');
    expect(service.series('pluggable_leases_acquired_total')).toEqual({ '': 0 });
  });

  it.each(
    FAILURES.flatMap(([reason, code]) => (['get', 'acquire'] as const).map((method) => ({ reason, code, method }))),
  )(
    'when $method fails while it waits: $reason',
    async ({ reason, code, method }: { reason: string; code: string; method: CacheMethod }) => {
      leaseOfOtherProcess();
      const asked = await service.ask(N);
      await settle();
      shared.fail(method, code);
      await advance(POLL_MS);
      expect(service.computations).toHaveLength(1);
      shared.faults.clear();
      service.computations[0]?.done.resolve(7);
      await settle();

      expect(await asked.outcome).toEqual(COMPUTED);
      expect(service.series('pluggable_lease_fail_opens_total')).toEqual({ [`{reason="${reason}"}`]: 1 });
      expect(shared.leases.get(KEY)?.value).toBe('other');
      expect([service.flights, vi.getTimerCount()]).toEqual([0, 0]);
    },
  );

  it('when the plugin loses its leases while it waits', async () => {
    leaseOfOtherProcess();
    const plugin = {
      get: shared.get.bind(shared),
      set: shared.set.bind(shared),
      acquire: shared.acquire.bind(shared),
      renew: shared.renew.bind(shared),
      release: shared.release.bind(shared),
    };
    const swapped = new LeasingService(plugin);
    await swapped.ask(N);
    await settle();
    Object.assign(plugin, { acquire: undefined, renew: undefined, release: undefined });
    await advance(POLL_MS);

    expect(swapped.computations).toHaveLength(1);
    expect(swapped.series('pluggable_lease_fail_opens_total')).toEqual({});
  });

  it('when it has waited for the estimated cost and the longest wait', async () => {
    leaseOfOtherProcess();
    await service.ask(N);
    await advance(COST_MS + MAX_WAIT_MS - 1);
    expect(service.computations).toEqual([]);
    await advance(1 + POLL_MS);

    expect(service.computations).toHaveLength(1);
    expect(service.computations[0]?.waitedMs).toBeGreaterThanOrEqual(MAX_WAIT_MS);
    expect(service.series('pluggable_lease_fail_opens_total')).toEqual({ '{reason="too-long"}': 1 });
    const looks = shared.callsOf('get').length;
    // From 11 s / 250 ms to 11 s / 125 ms, and the first, shorter delays.
    expect(looks).toBeGreaterThan(44);
    expect(looks).toBeLessThan(96);
  });
});

it('an acquisition without an answer is released, because it can have taken effect', async () => {
  shared.fail('acquire', 'PLUGIN_CALL_TIMEOUT', true);

  expect(await leaseCallsOf(service)).toEqual([`acquire ${KEY}`, `release ${KEY}`]);
  expect(shared.leases.size).toBe(0);
});

it('a flight with the lease keeps it when its second look-up fails', async () => {
  shared.before = (call) => {
    if (call.startsWith('acquire')) shared.fail('get', 'PLUGIN_CALL_TIMEOUT');
  };
  const asked = await service.ask(N);
  await settle();
  expect(shared.leases.size).toBe(1);
  service.computations[0]?.done.resolve(7);
  await settle();

  expect(await asked.outcome).toEqual(COMPUTED);
  expect(shared.leases.size).toBe(0);
});

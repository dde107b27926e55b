// SingleFlight: sharing, abort, and new loads.
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.js';

interface Load {
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<number>;
}

/** Flights whose loads and stores end when the test ends them. */
function gated() {
  const loads: Load[] = [];
  const stores: PromiseWithResolvers<void>[] = [];
  const flights = new SingleFlight<string, number>({
    load: (_key, signal) => {
      const done = Promise.withResolvers<number>();
      loads.push({ signal, done });
      return done.promise;
    },
    store: () => {
      const stored = Promise.withResolvers<void>();
      stores.push(stored);
      return stored.promise;
    },
  });
  return { flights, loads, stores };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SingleFlight', () => {
  it('shares one load among all waiters of a key', async () => {
    const { flights, loads } = gated();
    const waiters = [1, 2, 3].map(() => lastValueFrom(flights.join('k').flight$));
    loads[0]?.done.resolve(42);

    expect(await Promise.all(waiters)).toEqual([42, 42, 42]);
    expect(loads).toHaveLength(1);
  });

  it('loads different keys separately', () => {
    const { flights, loads } = gated();
    flights.join('a').flight$.subscribe();
    flights.join('b').flight$.subscribe();

    expect(loads).toHaveLength(2);
  });

  it('starts no load before the first subscription', () => {
    const { flights, loads } = gated();
    flights.join('k');

    expect(loads).toEqual([]);
    expect(flights.join('k').isUnderWay).toBe(false);
  });

  it('returns whether a waiter joins a flight or starts it', () => {
    const { flights } = gated();
    const first = flights.join('k');
    first.flight$.subscribe();

    expect([first, flights.join('k'), flights.join('other')].map(({ isUnderWay }) => isUnderWay)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('keeps the flight while one waiter remains, and aborts it when the last leaves', () => {
    const { flights, loads } = gated();
    const first = flights.join('k').flight$.subscribe();
    const last = flights.join('k').flight$.subscribe();

    first.unsubscribe();
    expect(loads[0]?.signal.aborted).toBe(false);
    last.unsubscribe();
    expect(loads[0]?.signal.aborted).toBe(true);
  });

  it('starts a new flight instead of joining an aborted one, whose end does not affect the new one', async () => {
    const { flights, loads } = gated();
    flights.join('k').flight$.subscribe().unsubscribe();
    const answer = lastValueFrom(flights.join('k').flight$);
    loads[0]?.done.reject(new Error('aborted'));
    await turn();

    expect(flights.join('k').isUnderWay).toBe(true);
    const another = lastValueFrom(flights.join('k').flight$);
    loads[1]?.done.resolve(7);
    expect(await Promise.all([answer, another])).toEqual([7, 7]);
    expect(loads).toHaveLength(2);
  });

  it('shares a failure among all waiters, and loads again for the next caller', async () => {
    const { flights, loads } = gated();
    const waiters = [1, 2].map(() => lastValueFrom(flights.join('k').flight$));
    const outcomes = Promise.allSettled(waiters);
    loads[0]?.done.reject(new Error('no luck'));

    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(loads).toHaveLength(1);
    flights.join('k').flight$.subscribe();
    expect(loads).toHaveLength(2);
  });

  it('answers before the value is stored, and stays joinable until it is', async () => {
    const { flights, loads, stores } = gated();
    const first = lastValueFrom(flights.join('k').flight$);
    loads[0]?.done.resolve(42);

    expect(await first).toBe(42);
    expect(await lastValueFrom(flights.join('k').flight$)).toBe(42);
    expect(loads).toHaveLength(1);
    stores[0]?.resolve();
    await turn();
    expect(flights.join('k').isUnderWay).toBe(false);
  });

  it('stores the value even if every waiter has left', async () => {
    const { flights, loads, stores } = gated();
    const waiter = flights.join('k').flight$.subscribe();
    loads[0]?.done.resolve(42);
    await turn();
    waiter.unsubscribe();

    expect(stores).toHaveLength(1);
    expect(loads[0]?.signal.aborted).toBe(false);
  });

  // https://github.com/tailscale/tailscale/issues/18919
  it('starts a new load for a caller that comes after the last has left, and drops the late value of the old load', async () => {
    const { flights, loads, stores } = gated();
    flights.join('k').flight$.subscribe().unsubscribe();
    const answer = lastValueFrom(flights.join('k').flight$);
    loads[0]?.done.resolve(1);
    await turn();

    expect(stores).toEqual([]);
    expect(loads[1]?.signal.aborted).toBe(false);
    loads[1]?.done.resolve(2);
    expect(await answer).toBe(2);
    expect(loads).toHaveLength(2);
  });

  // https://github.com/janos/singleflight/issues/4
  it('starts no second load when one of two waiters has left', async () => {
    const { flights, loads } = gated();
    const leaving = flights.join('k').flight$.subscribe();
    const staying = lastValueFrom(flights.join('k').flight$);
    leaving.unsubscribe();
    const late = lastValueFrom(flights.join('k').flight$);
    loads[0]?.done.resolve(42);

    expect(await Promise.all([staying, late])).toEqual([42, 42]);
    expect(loads).toHaveLength(1);
  });

  it('accepts a caller that leaves and returns in one turn', async () => {
    const { flights, loads } = gated();
    const first = flights.join('k').flight$.subscribe();
    loads[0]?.signal.addEventListener('abort', () => flights.join('k').flight$.subscribe());
    first.unsubscribe();

    expect(loads.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(flights.join('k').isUnderWay).toBe(true);
  });

  it('keeps no key of a load that throws synchronously', async () => {
    let loads = 0;
    const flights = new SingleFlight<string, number>({
      load: () => {
        loads += 1;
        throw new Error(`no luck: ${loads}`);
      },
      store: () => Promise.resolve(),
    });

    await expect(lastValueFrom(flights.join('k').flight$)).rejects.toThrow('no luck: 1');
    expect(flights.join('k').isUnderWay).toBe(false);
    await expect(lastValueFrom(flights.join('k').flight$)).rejects.toThrow('no luck: 2');
  });
});

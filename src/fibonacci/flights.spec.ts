// Who shares a flight, who ends it, and when a new one starts.
import fc from 'fast-check';
import { lastValueFrom, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Flights } from './flights.js';

interface Load {
  readonly signal: AbortSignal;
  readonly done: PromiseWithResolvers<number>;
}

/** Flights whose loads and stores end when the test says so. */
function gated() {
  const loads: Load[] = [];
  const stores: PromiseWithResolvers<void>[] = [];
  const flights = new Flights<string, number>({
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

describe('Flights', () => {
  it('shares one load among all who wait for a key', async () => {
    const { flights, loads } = gated();
    const waiters = [1, 2, 3].map(() => lastValueFrom(flights.join('k')));
    loads[0]?.done.resolve(42);

    expect(await Promise.all(waiters)).toEqual([42, 42, 42]);
    expect(loads).toHaveLength(1);
  });

  it('loads different keys apart', () => {
    const { flights, loads } = gated();
    flights.join('a').subscribe();
    flights.join('b').subscribe();

    expect(loads).toHaveLength(2);
  });

  it('starts nothing before somebody waits', () => {
    const { flights, loads } = gated();
    flights.join('k');

    expect(loads).toEqual([]);
    expect(flights.has('k')).toBe(false);
  });

  it('keeps the flight while one waiter is left, aborts it with the last', () => {
    const { flights, loads } = gated();
    const first = flights.join('k').subscribe();
    const last = flights.join('k').subscribe();

    first.unsubscribe();
    expect(loads[0]?.signal.aborted).toBe(false);
    last.unsubscribe();
    expect(loads[0]?.signal.aborted).toBe(true);
  });

  it('lets nobody join a dying flight, and its end does not touch the new one', async () => {
    const { flights, loads } = gated();
    flights.join('k').subscribe().unsubscribe();
    const answer = lastValueFrom(flights.join('k'));
    loads[0]?.done.reject(new Error('aborted'));
    await turn();

    expect(flights.has('k')).toBe(true);
    const another = lastValueFrom(flights.join('k'));
    loads[1]?.done.resolve(7);
    expect(await Promise.all([answer, another])).toEqual([7, 7]);
    expect(loads).toHaveLength(2);
  });

  it('shares a failure among all who wait, and tries anew for the next', async () => {
    const { flights, loads } = gated();
    const waiters = [1, 2].map(() => lastValueFrom(flights.join('k')));
    const outcomes = Promise.allSettled(waiters);
    loads[0]?.done.reject(new Error('no luck'));

    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(loads).toHaveLength(1);
    flights.join('k').subscribe();
    expect(loads).toHaveLength(2);
  });

  it('answers before the value is stored, and stays joinable until it is', async () => {
    const { flights, loads, stores } = gated();
    const first = lastValueFrom(flights.join('k'));
    loads[0]?.done.resolve(42);

    expect(await first).toBe(42);
    expect(await lastValueFrom(flights.join('k'))).toBe(42);
    expect(loads).toHaveLength(1);
    stores[0]?.resolve();
    await turn();
    expect(flights.has('k')).toBe(false);
  });

  it('stores the value though every waiter has left since', async () => {
    const { flights, loads, stores } = gated();
    const waiter = flights.join('k').subscribe();
    loads[0]?.done.resolve(42);
    await turn();
    waiter.unsubscribe();

    expect(stores).toHaveLength(1);
    expect(loads[0]?.signal.aborted).toBe(false);
  });

  it('never runs two loads of a key that somebody waits for, in any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
        async (scheduler, leaves) => {
          let waitedFor = 0;
          let most = 0;
          const flights = new Flights<string, number>({
            load: async (_key, signal) => {
              const leave = new Promise<never>((_resolve, reject) =>
                signal.addEventListener('abort', () => reject(new Error('aborted'))),
              );
              waitedFor++;
              signal.addEventListener('abort', () => waitedFor--);
              most = Math.max(most, waitedFor);
              const value = await Promise.race([scheduler.schedule(Promise.resolve(42), 'load'), leave]);
              waitedFor--;
              return value;
            },
            store: () => scheduler.schedule(Promise.resolve(), 'store'),
          });
          const outcomes = leaves.map(async (isLeaving, index) => {
            await scheduler.schedule(Promise.resolve(), `arrive ${index}`);
            const outcome = Promise.withResolvers<number | 'left'>();
            const subscription: Subscription = flights
              .join('k')
              .subscribe({ next: outcome.resolve, error: outcome.reject });
            if (isLeaving) {
              await scheduler.schedule(Promise.resolve(), `leave ${index}`);
              subscription.unsubscribe();
              outcome.resolve('left');
            }
            return await outcome.promise;
          });
          await scheduler.waitFor(Promise.all(outcomes));

          const answers = await Promise.all(outcomes);
          expect(answers.every((answer, index) => answer === 42 || (leaves[index] && answer === 'left'))).toBe(true);
          expect(most).toBeLessThanOrEqual(1);
          await scheduler.waitIdle();
          await turn();
          expect(flights.has('k')).toBe(false);
        },
      ),
    );
  });
});

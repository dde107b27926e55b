// Leases under any order of requests, departures, results, failures and late calls.
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { advance, useFakeTime } from '../../test/support/fake-time.js';
import { LateCache } from '../../test/support/late-cache.js';
import { type Asked, type Computation, LeasingService } from '../../test/support/leasing-service.js';
import { SharedCache } from '../../test/support/shared-cache.js';

const PROCESSES = 3;
const EXPIRATION_MS = 300;
/** Longer than the longest wait for another process, and all calls after it. */
const REST_MS = 15_000;

type Step =
  | { readonly kind: 'ask'; readonly process: number; readonly n: number }
  | { readonly kind: 'leave' | 'compute' | 'fail'; readonly which: number }
  | { readonly kind: 'delay'; readonly process: number; readonly delaysMs: readonly number[] };

const process = fc.nat({ max: PROCESSES - 1 });
const which = fc.nat({ max: 100 });
// The deadline of a call is 100 ms.
const delaysMs = fc.array(fc.constantFrom(0, 30, 99, 101, 190), { minLength: 1, maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask'), process, n: fc.constantFrom(40, 41) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'compute', 'compute', 'fail'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delay'), process, delaysMs }) },
);
const steps = fc.array(fc.tuple(step, fc.constantFrom(0, 1, 25, 60, 700)), { minLength: 5, maxLength: 60 });

class Fleet {
  readonly shared = new SharedCache();
  private readonly caches = Array.from({ length: PROCESSES }, () => new LateCache(this.shared));
  private readonly services = this.caches.map((cache) => new LeasingService(cache, { expirationMs: EXPIRATION_MS }));
  private readonly ended = new Set<Computation>();
  private readonly present = new Set<Asked>();

  async take(taken: Step): Promise<void> {
    switch (taken.kind) {
      case 'ask':
        return void this.ask(taken.process, taken.n);
      case 'leave': {
        const leaving = chosen([...this.present], taken.which);
        if (leaving !== undefined) this.present.delete(leaving);
        return leaving?.leave();
      }
      case 'compute':
      case 'fail': {
        const computation = chosen(this.computing, taken.which);
        if (computation !== undefined) this.end(computation, taken.kind === 'compute');
        return;
      }
      case 'delay':
        for (const cache of this.caches.slice(taken.process, taken.process + 1)) cache.delaysMs = taken.delaysMs;
    }
  }

  /** Lets all flights end. */
  async rest(): Promise<void> {
    for (let restedMs = 0; restedMs < REST_MS; restedMs += 500) {
      for (const computation of this.computing) this.end(computation, true);
      await advance(500);
    }
  }

  /** The flights, requests without an answer, listeners and timers that are left. */
  get leftovers(): unknown {
    const listeners = this.services.flatMap(({ computations }) =>
      computations.flatMap(({ signal }) => getEventListeners(signal, 'abort')),
    );
    const flights = this.services.reduce((sum, service) => sum + service.flights, 0);
    return { flights, requests: this.present.size, listeners: listeners.length, timers: vi.getTimerCount() };
  }

  private get computing(): Computation[] {
    return this.services.flatMap(({ computations }) => computations.filter((each) => !this.ended.has(each)));
  }

  private end(computation: Computation, succeeds: boolean): void {
    this.ended.add(computation);
    if (succeeds) computation.done.resolve(7);
    else computation.done.reject(new Error('no luck'));
  }

  private async ask(index: number, n: number): Promise<void> {
    for (const service of this.services.slice(index, index + 1)) {
      // A value in the cache needs no flight.
      const asked = await service.ask(n).catch(() => undefined);
      if (asked === undefined) return;
      this.present.add(asked);
      void asked.outcome.then(() => this.present.delete(asked));
    }
  }
}

function chosen<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % items.length];
}

useFakeTime();

it('every request is answered, and nothing is left: no flight, timer or listener, and each lease is released', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const fleet = new Fleet();
      for (const [each, restMs] of taken) {
        await fleet.take(each);
        await advance(restMs);
      }
      await fleet.rest();

      expect(fleet.leftovers).toEqual({ flights: 0, requests: 0, listeners: 0, timers: 0 });
      expect([...fleet.shared.leases]).toEqual([]);
    }),
    { numRuns: 200 },
  );
}, 60_000);

// Single flight compared with a model, for random orders of arrivals, departures, and ends of loads and stores.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../src/fibonacci/single-flight.js';
import { type Action, SingleFlightModel, SingleFlightUnderTest } from '../support/single-flight-model.js';
import { promise } from '../support/promises.js';

const KEYS = ['a', 'b', 'c'];
const RUNS = { numRuns: 1_000 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function expectOneAtATime({ mostAtOnce, mostAborts }: SingleFlightUnderTest): void {
  expect([mostAtOnce, mostAborts].every((most) => most <= 1)).toBe(true);
}

function expectSameSight({ sight }: SingleFlightUnderTest, model: SingleFlightModel): void {
  expect(sight).toEqual(model.sight);
}

/** Some actions, followed by a turn of the event loop. */
class Turn implements fc.AsyncCommand<SingleFlightModel, SingleFlightUnderTest> {
  constructor(private readonly actions: readonly Action[]) {}

  check(): boolean {
    return true;
  }

  async run(model: SingleFlightModel, flights: SingleFlightUnderTest): Promise<void> {
    for (const action of this.actions) {
      model.do(action);
      flights.do(action);
      expectOneAtATime(flights);
    }
    model.endOfTurn();
    await turn();
    expectSameSight(flights, model);
  }

  toString(): string {
    return `turn(${this.actions.map((action) => JSON.stringify(action)).join(', ')})`;
  }
}

const someIndex = fc.nat({ max: 7 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    act: fc.constant('join' as const),
    key: fc.constantFrom(...KEYS),
    throwsAtOnce: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  }),
  fc.record({ act: fc.constant('leave' as const), waiter: someIndex }),
  fc.record({ act: fc.constantFrom('succeed' as const, 'fail' as const, 'stored' as const), flight: someIndex }),
);
const turns = fc.commands([fc.array(action, { minLength: 1, maxLength: 4 }).map((actions) => new Turn(actions))], {
  maxCommands: 20,
});

const caller = fc.record({ key: fc.constantFrom(...KEYS), isLeaving: fc.boolean() });

promise(4, () => {
  describe('in any order of events', () => {
    it('flights behave like the model, and leave nothing behind', async () => {
      await fc.assert(
        fc.asyncProperty(turns, async (commands) => {
          const real = new SingleFlightUnderTest(KEYS);
          await fc.asyncModelRun(() => ({ model: new SingleFlightModel(), real }), commands);
          real.endAll();
          await turn();

          const { taken, outcomes } = real.sight;
          expect(taken).toEqual([]);
          expect(outcomes).not.toContain('waits');
        }),
        RUNS,
      );
    });

    it('each waiter that stays is answered, and at most one load of a key is not aborted', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.array(caller, { minLength: 1, maxLength: 10 }),
          async (scheduler, callers) => {
            const underWay = new Map<string, number>();
            const dead = new Set<string>();
            let most = 0;
            let loads = 0;
            const flights = new SingleFlight<string, string>({
              load: async (key, signal) => {
                const count = (by: number): void => void underWay.set(key, (underWay.get(key) ?? 0) + by);
                const number = (loads += 1);
                count(1);
                most = Math.max(most, underWay.get(key) ?? 0);
                signal.addEventListener('abort', () => {
                  count(-1);
                  dead.add(String(number));
                });
                // It ends although it was aborted, and too late.
                await scheduler.schedule(Promise.resolve(), `load ${number} of ${key}`);
                if (!signal.aborted) count(-1);
                if (number % 3 === 0) throw new Error(`no luck: ${number}`);
                return `${key}: ${number}`;
              },
              store: () => scheduler.schedule(Promise.resolve(), 'store'),
            });
            let starts = 0;
            const asked = callers.map(async ({ key, isLeaving }, index) => {
              await scheduler.schedule(Promise.resolve(), `caller ${index} arrives`);
              const { isUnderWay, flight$ } = flights.join(key);
              if (!isUnderWay) starts += 1;
              const outcome = Promise.withResolvers<string>();
              const subscription = flight$.subscribe({
                next: outcome.resolve,
                error: (error: Error) => outcome.resolve(error.message),
              });
              if (isLeaving) {
                await scheduler.schedule(Promise.resolve(), `caller ${index} leaves`);
                subscription.unsubscribe();
                outcome.resolve('left');
              }
              return await outcome.promise;
            });

            const answers = await scheduler.waitFor(Promise.all(asked));
            for (const [index, answer] of answers.entries()) {
              const { key, isLeaving = false } = callers[index] ?? {};
              const outcomes = [`${key}: \\d+`, 'no luck: \\d+', ...(isLeaving ? ['left'] : [])];
              expect(answer).toMatch(new RegExp(`^(${outcomes.join('|')})$`));
              expect(dead).not.toContain(/\d+/.exec(answer)?.[0]);
            }
            expect(most).toBe(1);
            // No other caller starts a load: a failure is not retried, and an aborted flight is not joined.
            expect(loads).toBe(starts);
            await scheduler.waitIdle();
            await turn();
            expect(KEYS.filter((key) => flights.join(key).isUnderWay)).toEqual([]);
          },
        ),
        RUNS,
      );
    });
  });
});

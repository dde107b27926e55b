// A simple model of single flight, and the real one with loads and stores that end when a test ends them.
import type { Subscription } from 'rxjs';
import { SingleFlight } from '../../src/fibonacci/single-flight.js';

export type Action =
  | { readonly act: 'join'; readonly key: string; readonly throwsAtOnce: boolean }
  | { readonly act: 'leave'; readonly waiter: number }
  | { readonly act: 'succeed' | 'fail' | 'stored'; readonly flight: number };

export type Outcome = 'waits' | 'left' | 'value' | 'failure';

/** The state that is visible from outside. */
export interface Sight {
  readonly taken: readonly string[];
  readonly aborted: readonly boolean[];
  readonly stores: number;
  readonly outcomes: readonly Outcome[];
}

interface ModelFlight {
  readonly key: string;
  readonly waiters: Set<number>;
  state: 'loading' | 'dying' | 'storing' | 'over';
  /** The end of its load and of its store in this turn of the event loop. */
  ending?: 'value' | 'failure' | 'stored' | undefined;
  isLoaded: boolean;
}

/** Out-of-range numbers of actions have no effect. Ends are visible at the end of the turn. */
export class SingleFlightModel {
  private readonly flights: ModelFlight[] = [];
  private readonly live = new Map<string, ModelFlight>();
  private readonly outcomes: Outcome[] = [];
  private stores = 0;

  do(action: Action): void {
    switch (action.act) {
      case 'join':
        return this.join(action.key, action.throwsAtOnce);
      case 'leave':
        return this.leave(action.waiter);
      default: {
        const flight = this.flights[action.flight];
        if (action.act === 'stored') {
          if (flight?.state === 'storing') flight.ending = 'stored';
        } else if (flight && !flight.isLoaded) {
          flight.isLoaded = true;
          flight.ending = action.act === 'succeed' ? 'value' : 'failure';
        }
      }
    }
  }

  endOfTurn(): void {
    for (const flight of this.flights) {
      const { ending } = flight;
      flight.ending = undefined;
      if (ending === 'stored') this.end(flight);
      else if (ending !== undefined && flight.state === 'loading') {
        for (const waiter of flight.waiters) this.outcomes[waiter] = ending;
        if (ending === 'failure') this.end(flight);
        else {
          flight.state = 'storing';
          this.stores += 1;
        }
      }
    }
  }

  get sight(): Sight {
    return {
      taken: [...this.live.keys()].toSorted(),
      aborted: this.flights.map(({ state }) => state === 'dying'),
      stores: this.stores,
      outcomes: this.outcomes,
    };
  }

  private join(key: string, throwsAtOnce: boolean): void {
    let flight = this.live.get(key);
    if (flight === undefined) {
      flight = { key, waiters: new Set(), state: 'loading', isLoaded: throwsAtOnce };
      if (throwsAtOnce) flight.ending = 'failure';
      this.flights.push(flight);
      this.live.set(key, flight);
    }
    const waiter = this.outcomes.push(flight.state === 'storing' ? 'value' : 'waits') - 1;
    if (flight.state === 'loading') flight.waiters.add(waiter);
  }

  private leave(waiter: number): void {
    if (this.outcomes[waiter] !== 'waits') return;
    this.outcomes[waiter] = 'left';
    const flight = this.flights.find(({ waiters }) => waiters.delete(waiter));
    if (flight === undefined || flight.waiters.size > 0) return;
    flight.state = 'dying';
    this.live.delete(flight.key);
  }

  private end(flight: ModelFlight): void {
    flight.state = 'over';
    this.live.delete(flight.key);
  }
}

interface Load {
  readonly key: string;
  readonly done: PromiseWithResolvers<string>;
  readonly stored: PromiseWithResolvers<void>;
  aborts: number;
  isOver: boolean;
  isStoring: boolean;
}

/** The real one. A load ignores its abort, and its later value must be dropped. */
export class SingleFlightUnderTest {
  private readonly loads: Load[] = [];
  private readonly subscriptions: Subscription[] = [];
  private readonly outcomes: Outcome[] = [];
  private throwsAtOnce = false;
  private stores = 0;

  private readonly flights = new SingleFlight<string, string>({
    load: (key, signal) => {
      const load: Load = {
        key,
        done: Promise.withResolvers(),
        stored: Promise.withResolvers(),
        aborts: 0,
        isOver: this.throwsAtOnce,
        isStoring: false,
      };
      this.loads.push(load);
      signal.addEventListener('abort', () => (load.aborts += 1));
      if (this.throwsAtOnce) throw new Error('thrown at once');
      return load.done.promise;
    },
    store: async (_key, value) => {
      this.stores += 1;
      const load = this.loads[Number(value)];
      if (load) load.isStoring = true;
      await load?.stored.promise;
    },
  });

  constructor(private readonly keys: readonly string[]) {}

  do(action: Action): void {
    switch (action.act) {
      case 'join':
        this.throwsAtOnce = action.throwsAtOnce;
        return this.join(action.key);
      case 'leave':
        if (this.outcomes[action.waiter] === 'waits') this.outcomes[action.waiter] = 'left';
        return this.subscriptions[action.waiter]?.unsubscribe();
      case 'stored':
        if (this.loads[action.flight]?.isStoring === true) this.loads[action.flight]?.stored.resolve();
        return;
      default:
        return this.settle(action.flight, action.act);
    }
  }

  /** Ends all pending loads and stores. */
  endAll(): void {
    for (const [index, { stored }] of this.loads.entries()) {
      this.settle(index, 'fail');
      stored.resolve();
    }
  }

  get sight(): Sight {
    return {
      taken: this.keys.filter((key) => this.flights.join(key).isUnderWay),
      aborted: this.loads.map(({ aborts }) => aborts > 0),
      stores: this.stores,
      outcomes: this.outcomes,
    };
  }

  /** The highest number of running loads of one key that are not aborted. */
  get mostAtOnce(): number {
    const underWay = this.loads.filter(({ aborts, isOver }) => aborts === 0 && !isOver);
    const ofKeys = [...Map.groupBy(underWay, ({ key }) => key).values()];
    return Math.max(0, ...ofKeys.map((loads) => loads.length));
  }

  get mostAborts(): number {
    return Math.max(0, ...this.loads.map(({ aborts }) => aborts));
  }

  private join(key: string): void {
    const waiter = this.outcomes.push('waits') - 1;
    this.subscriptions.push(
      this.flights.join(key).flight$.subscribe({
        next: () => (this.outcomes[waiter] = 'value'),
        error: () => (this.outcomes[waiter] = 'failure'),
      }),
    );
  }

  private settle(index: number, act: 'succeed' | 'fail'): void {
    const load = this.loads[index];
    if (load === undefined || load.isOver) return;
    load.isOver = true;
    if (act === 'succeed') load.done.resolve(String(index));
    else load.done.reject(new Error('no luck'));
  }
}

// Single flight: concurrent requests for one key share one load, which is aborted when the last request leaves.
import { Observable, ReplaySubject, share } from 'rxjs';

export interface SingleFlightRules<Key, Value, Context = void> {
  /** Loads the value. The signal is aborted when the last waiter has left. The context is that of the first waiter. */
  readonly load: (key: Key, signal: AbortSignal, context: Context) => Promise<Value>;
  /**
   * Stores the value for later callers. It belongs to the flight: the departure of a waiter does not stop it, and its failure is not
   * reported. Must not reject.
   */
  readonly store: (key: Key, value: Value) => Promise<void>;
}

/** A shared load. */
export interface Flight<Value> {
  /** Whether the caller joins a running load; otherwise its subscription starts one. Valid if the caller subscribes synchronously. */
  readonly isUnderWay: boolean;
  /** Emits the value once. Each subscription is a waiter. */
  readonly flight$: Observable<Value>;
}

/**
 * - A waiter is a subscription. Unsubscribing means leaving; the last waiter that leaves aborts the load.
 * - An aborted flight cannot be joined: the next caller starts a new one.
 * - A failure is shared by all waiters and not remembered: the next caller loads again.
 * - A finished flight can be joined until its value is stored, so that a caller with an earlier miss does not load again.
 */
export class SingleFlight<Key, Value, Context = void> {
  private readonly live = new Map<Key, Observable<Value>>();

  constructor(private readonly rules: SingleFlightRules<Key, Value, Context>) {}

  /** Number of keys with a running flight. */
  get size(): number {
    return this.live.size;
  }

  /**
   * The running flight of a key, or a new one. A new one starts with the first subscription.
   * @param context what the caller knows, for the load of a new flight
   */
  join(key: Key, context: Context): Flight<Value> {
    return {
      isUnderWay: this.live.has(key),
      flight$: new Observable((waiter) => (this.live.get(key) ?? this.start(key, context)).subscribe(waiter)),
    };
  }

  private start(key: Key, context: Context): Observable<Value> {
    const leave = (): void => {
      if (this.live.get(key) === flight) this.live.delete(key);
    };
    const flight: Observable<Value> = new Observable<Value>((waiters) => {
      const abort = new AbortController();
      let isLoading = true;
      this.load(key, abort.signal, context).then(
        (value) => {
          isLoading = false;
          if (waiters.closed) return;
          void this.store(key, value).finally(leave);
          waiters.next(value);
          waiters.complete();
        },
        (error: unknown) => {
          isLoading = false;
          leave();
          waiters.error(error);
        },
      );
      return () => {
        if (!isLoading) return;
        leave();
        abort.abort();
      };
    }).pipe(
      share({
        connector: () => new ReplaySubject(1),
        resetOnComplete: false,
        resetOnError: false,
        resetOnRefCountZero: true,
      }),
    );
    this.live.set(key, flight);
    return flight;
  }

  // Both are async, so that a synchronous throw becomes a rejection.

  private async load(key: Key, signal: AbortSignal, context: Context): Promise<Value> {
    return await this.rules.load(key, signal, context);
  }

  private async store(key: Key, value: Value): Promise<void> {
    await this.rules.store(key, value);
  }
}

// Single flight: requests for one key at one time share one load, which ends when the last of them leaves.
import { Observable, ReplaySubject, share } from 'rxjs';

export interface SingleFlightRules<Key, Value> {
  /** The work. Its signal is aborted when the last waiter has left. */
  readonly load: (key: Key, signal: AbortSignal) => Promise<Value>;
  /**
   * Puts the value where later callers find it. Belongs to the flight, not to a waiter: nobody's leaving stops it, and
   * nobody hears of its failure. Must not reject.
   */
  readonly store: (key: Key, value: Value) => Promise<void>;
}

/** A load that callers share. */
export interface Flight<Value> {
  /** Whether the caller joins a load under way; else its subscription starts one. Holds for a caller that subscribes before it awaits anything. */
  readonly isUnderWay: boolean;
  /** Emits the value, once. Every subscription is a waiter. */
  readonly flight$: Observable<Value>;
}

/**
 * - A waiter is a subscription. Unsubscribing means leaving; the last one out aborts the load.
 * - Nobody joins a dying flight: whoever comes after the last one has left starts another.
 * - A failure is shared by all who wait, and is over with them: the next caller tries anew.
 * - A finished flight stays joinable until its value is stored, so that nobody who just missed loads again.
 */
export class SingleFlight<Key, Value> {
  private readonly live = new Map<Key, Observable<Value>>();

  constructor(private readonly rules: SingleFlightRules<Key, Value>) {}

  /** How many keys have a flight under way. */
  get size(): number {
    return this.live.size;
  }

  /** The flight of a key: the one under way, or a new one. Nothing starts before the subscription. */
  join(key: Key): Flight<Value> {
    return {
      isUnderWay: this.live.has(key),
      flight$: new Observable((waiter) => (this.live.get(key) ?? this.takeOff(key)).subscribe(waiter)),
    };
  }

  private takeOff(key: Key): Observable<Value> {
    const leave = (): void => {
      if (this.live.get(key) === flight) this.live.delete(key);
    };
    const flight: Observable<Value> = new Observable<Value>((waiters) => {
      const abort = new AbortController();
      let isLoading = true;
      this.load(key, abort.signal).then(
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

  // Both are async so that what is thrown at once is a rejection as well.

  private async load(key: Key, signal: AbortSignal): Promise<Value> {
    return await this.rules.load(key, signal);
  }

  private async store(key: Key, value: Value): Promise<void> {
    await this.rules.store(key, value);
  }
}

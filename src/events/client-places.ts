// The places of the clients of the events: a limited number, and none during a shutdown.
import { defer, finalize, type Observable, Subject, takeUntil } from 'rxjs';

/**
 * A client that has had its place for this time leaves it to a new one when all places are taken, in milliseconds. It can have
 * vanished: a sleeping computer closes no connection, and the system notices that after minutes only. A page connects again.
 */
const KEPT_MS = 60_000;

/** Why a client gets no place. */
export class NoPlace extends Error {
  override readonly name = 'NoPlace';

  constructor(readonly reason: 'full' | 'closed') {
    super(`no client can read the events now: ${reason}`);
  }
}

export class ClientPlaces {
  /** Ends the events of a client; the time since which it has its place. The oldest one first. */
  private readonly taken = new Map<Subject<void>, number>();
  private isClosed = false;

  constructor(private readonly limit: number) {}

  /** Number of clients. */
  get size(): number {
    return this.taken.size;
  }

  /** The same events; each subscription needs a place, and fails with {@link NoPlace} without one. */
  limited<Event>(event$: Observable<Event>): Observable<Event> {
    return defer(() => {
      this.makeRoom();
      const end = new Subject<void>();
      this.taken.set(end, performance.now());
      return event$.pipe(
        takeUntil(end),
        finalize(() => this.taken.delete(end)),
      );
    });
  }

  /** Ends the events of all clients. */
  close(): void {
    this.isClosed = true;
    for (const end of this.taken.keys()) end.next();
  }

  private makeRoom(): void {
    if (this.isClosed) throw new NoPlace('closed');
    if (this.taken.size < this.limit) return;
    const [[end, sinceMs] = []] = this.taken;
    if (end === undefined || sinceMs === undefined || performance.now() - sinceMs < KEPT_MS) throw new NoPlace('full');
    end.next();
  }
}

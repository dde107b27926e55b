// Time limits for work. The work is told by a signal when its caller has gone.
import { CallLife } from './call-life.js';
import { type Linked, LinkedList } from './linked-list.js';

/** Work that was not done in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'TimeoutError';

  constructor(ms: number) {
    super(`not done within ${ms} ms`);
  }
}

/** One piece of work, and who waits for it. */
class Wait implements Linked<Wait> {
  previous: Wait | undefined;
  next: Wait | undefined;
  readonly life = new CallLife();
  onCallerGone: (() => void) | undefined;

  constructor(
    readonly endsMs: number,
    readonly reject: (reason: unknown) => void,
    readonly caller: AbortSignal | undefined,
  ) {}
}

/**
 * A time limit for any number of pieces of work. They share one timer: every call of a plugin has a deadline, and a timer
 * and a policy for each is what a cache hit feels (bench/README.md).
 */
export class Deadline {
  /** In the order of their ends, because the limit is the same for all. */
  private readonly waits = new LinkedList<Wait>();
  private timer: NodeJS.Timeout | undefined;

  /** @param ms the limit, in milliseconds */
  constructor(private readonly ms: number) {}

  /**
   * Waits for work until its deadline, and no longer than its caller does. When the wait ends first, the signal of the work is
   * aborted, and the outcome of the work is ignored. The reason stays here: it is the caller's, and would reach a plugin in this
   * thread alone.
   *
   * @param work must not throw before it has returned its promise
   * @throws DeadlineExceeded when it took too long
   * @throws the reason of `caller`, when that was aborted
   */
  wait<Result>(work: (signal: CallLife) => Promise<Result>, caller?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (caller?.aborted) throw caller.reason;
      const wait = new Wait(performance.now() + this.ms, reject, caller);
      this.begin(wait);
      work(wait.life).then(
        (result) => {
          this.end(wait);
          resolve(result);
        },
        (error: unknown) => {
          this.end(wait);
          reject(error);
        },
      );
    });
  }

  /** Gives up all that is under way, before its time. */
  giveUpAll(reason: unknown): void {
    for (let { first } = this.waits; first !== undefined; { first } = this.waits) this.giveUp(first, reason);
  }

  /** Ends the timer, which otherwise may outlast the last piece of work by the limit. Nothing may be under way. */
  release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private begin(wait: Wait): void {
    this.waits.add(wait);
    this.timer ??= setTimeout(() => this.sweep(), this.ms);
    const { caller } = wait;
    if (caller === undefined) return;
    wait.onCallerGone = () => this.giveUp(wait, caller.reason);
    caller.addEventListener('abort', wait.onCallerGone);
  }

  private end(wait: Wait): void {
    this.waits.delete(wait);
    if (wait.onCallerGone) wait.caller?.removeEventListener('abort', wait.onCallerGone);
  }

  private giveUp(wait: Wait, reason: unknown): void {
    this.end(wait);
    wait.life.abort();
    wait.reject(reason);
  }

  /** Gives up what is due, and comes again for what is due next. */
  private sweep(): void {
    const nowMs = performance.now();
    this.timer = undefined;
    for (let { first } = this.waits; first !== undefined; { first } = this.waits) {
      if (first.endsMs > nowMs) {
        this.timer = setTimeout(() => this.sweep(), Math.ceil(first.endsMs - nowMs));
        return;
      }
      this.giveUp(first, new DeadlineExceeded(this.ms));
    }
  }
}

/** One piece of work under a limit of its own. See {@link Deadline.wait}. */
export async function withDeadline<Result>(
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
  caller?: AbortSignal,
): Promise<Result> {
  const deadline = new Deadline(ms);
  try {
    return await deadline.wait((life) => work(life.toSignal()), caller);
  } finally {
    deadline.release();
  }
}

/**
 * Waits for work, but no longer than until the signal is aborted.
 * @throws the reason of the signal
 */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

// Time limits for asynchronous work. A signal aborts the work when its caller or its deadline ends the wait.
import { CallLife } from './call-life.js';
import { type Linked, LinkedList } from './linked-list.js';

/** The work did not finish in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'TimeoutError';

  constructor(ms: number) {
    super(`not finished within ${ms} ms`);
  }
}

/** One pending piece of work. */
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
 * One time limit for any number of pieces of work, with one shared timer: a timer for each call would slow down every cache hit
 * (bench/README.md).
 */
export class Deadline {
  /** Sorted by end time, because all have the same limit. */
  private readonly waits = new LinkedList<Wait>();
  private timer: NodeJS.Timeout | undefined;

  /** @param ms the limit, in milliseconds */
  constructor(private readonly ms: number) {}

  /**
   * Waits for work until its deadline or until the caller aborts. If the wait ends first, the signal of the work is aborted and
   * the result of the work is ignored. The signal does not carry the caller's reason, which could reach only an inline plugin.
   *
   * @param work must not throw synchronously
   * @throws DeadlineExceeded when the work took too long
   * @throws the reason of `caller`, when it is aborted
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

  /** Rejects all pending work with the reason. */
  giveUpAll(reason: unknown): void {
    for (let { first } = this.waits; first !== undefined; { first } = this.waits) this.giveUp(first, reason);
  }

  /** Clears the timer, which may otherwise outlast the last piece of work. No work may be pending. */
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

  /** Rejects the work that is due, and sets the timer for the next. */
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

/** Runs one piece of work with its own time limit. See {@link Deadline.wait}. */
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
 * Resolves or rejects as `work` does, or rejects as soon as the signal is aborted.
 * @throws the reason of the signal, when it is aborted first
 */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

// Bounds work in time, and tells it when nobody waits for it any more.

/** Work that was not done in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'TimeoutError';

  constructor(ms: number) {
    super(`not done within ${ms} ms`);
  }
}

/**
 * Waits for work, for at most `ms` and no longer than its caller does. When the wait ends first, the signal of the work is
 * aborted, and how the work ends is nobody's business. Every call of a plugin goes through here: it is written out because a
 * general policy makes six kilobytes of garbage for each, which a cache hit feels (bench/README.md).
 *
 * @param work must not throw before it has returned its promise
 * @throws DeadlineExceeded when it took too long
 * @throws the reason of `caller`, when that was aborted
 */
export function withDeadline<Result>(
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
  caller?: AbortSignal,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const wait = new AbortController();
    const giveUp = (reason: unknown): void => {
      release();
      wait.abort(reason);
      reject(reason);
    };
    const timer = setTimeout(() => giveUp(new DeadlineExceeded(ms)), ms);
    const onCallerGone = caller && (() => giveUp(caller.reason));
    const release = (): void => {
      clearTimeout(timer);
      if (onCallerGone) caller.removeEventListener('abort', onCallerGone);
    };
    if (onCallerGone) caller.addEventListener('abort', onCallerGone);
    work(wait.signal).then(
      (result) => {
        release();
        resolve(result);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}

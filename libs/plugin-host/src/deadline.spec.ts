// The bound on work: who hears what, and that nothing is left.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DeadlineExceeded, withDeadline } from './deadline.js';

const never = (): Promise<never> => new Promise(() => {});
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('withDeadline', () => {
  it('gives the result, or the error, of work that is done in time, and leaves its signal alone', async () => {
    const signals: AbortSignal[] = [];
    const failure = new Error('failed');

    await expect(withDeadline(10_000, async (signal) => signals.push(signal))).resolves.toBe(1);
    await expect(
      withDeadline(10_000, async (signal) => {
        signals.push(signal);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('stops waiting at the deadline, and tells the work', async () => {
    let signal: AbortSignal | undefined;
    const waiting = withDeadline(5, (given) => {
      signal = given;
      return never();
    });

    await expect(waiting).rejects.toThrow(new DeadlineExceeded(5));
    expect(signal?.reason).toBeInstanceOf(DeadlineExceeded);
  });

  it('stops waiting with its caller, and tells the work', async () => {
    const caller = new AbortController();
    const reason = new Error('gone');
    let signal: AbortSignal | undefined;
    const waiting = withDeadline(
      10_000,
      (given) => {
        signal = given;
        return never();
      },
      caller.signal,
    );
    caller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
    expect(signal?.reason).toBe(reason);
  });

  it.each([
    ['done', async () => 'done', 10_000],
    ['failed', async () => Promise.reject(new Error('failed')), 10_000],
    ['given up', never, 1],
  ])('leaves no timer and no listener when the work is %s', async (_, work, ms) => {
    const caller = new AbortController();
    const before = timers();
    await withDeadline<unknown>(ms, work, caller.signal).catch(() => undefined);

    expect(timers()).toBeLessThanOrEqual(before);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it('hears nothing of work that ends too late, well or badly', async () => {
    const late = Promise.withResolvers<string>();
    await expect(withDeadline(1, () => late.promise)).rejects.toThrow(DeadlineExceeded);
    late.reject(new Error('late'));

    await expect(late.promise).rejects.toThrow('late');
  });
});

// Time limits: results, aborts and leaks.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallSignal } from './call-life.js';
import { Deadline, DeadlineExceeded, untilAborted, withDeadline } from './deadline.js';

const never = (): Promise<never> => new Promise(() => {});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('withDeadline', () => {
  it('passes on the result or error of work that finishes in time, and does not abort its signal', async () => {
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

  it('stops waiting at the deadline and aborts the work', async () => {
    let signal: AbortSignal | undefined;
    const waiting = withDeadline(5, (given) => {
      signal = given;
      return never();
    });

    const failure = waiting.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5);

    expect(await failure).toEqual(new DeadlineExceeded(5));
    expect(signal?.reason).toMatchObject({ name: 'AbortError' });
  });

  it('stops waiting when its caller aborts, and aborts the work', async () => {
    const caller = new AbortController();
    const reason = new Error('gone');
    let signal: CallSignal | undefined;
    const waiting = new Deadline(10_000).wait((given) => {
      signal = given;
      return never();
    }, caller.signal);
    caller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
    expect(signal?.reason).toMatchObject({ name: 'AbortError' });
  });

  it('does not start work whose caller has already aborted', async () => {
    const reason = new Error('gone');
    const work = vi.fn<() => Promise<never>>(never);
    await expect(withDeadline(10_000, work, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['done', async () => 'done', 10_000],
    ['failed', async () => Promise.reject(new Error('failed')), 10_000],
    ['given up', never, 1],
  ])('leaves no timer and no listener when the work is %s', async (_, work, ms) => {
    const caller = new AbortController();
    const deadline = new Deadline(ms);
    const waiting = deadline.wait<unknown>(work, caller.signal).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    deadline.release();

    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it('uses one timer for any number of calls, each with its own end', async () => {
    const deadline = new Deadline(100);
    const ended: string[] = [];
    const begin = (name: string): void => void deadline.wait(never).catch(() => ended.push(name));
    begin('at 0');
    await vi.advanceTimersByTimeAsync(30);
    begin('at 30');
    begin('at 30 too');
    await vi.advanceTimersByTimeAsync(69);
    expect(vi.getTimerCount()).toBe(1);
    expect(ended).toEqual([]);

    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['at 0']);
    await vi.advanceTimersByTimeAsync(29);
    expect(ended).toEqual(['at 0']);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['at 0', 'at 30', 'at 30 too']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ignores late results and late rejections', async () => {
    const late = Promise.withResolvers<string>();
    const failure = withDeadline(1, () => late.promise).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toBeInstanceOf(DeadlineExceeded);
    late.reject(new Error('late'));

    await expect(late.promise).rejects.toThrow('late');
  });
});

describe('untilAborted', () => {
  it('passes on the result of the work, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const failure = new Error('failed');
    await expect(untilAborted(Promise.resolve('done'), signal)).resolves.toBe('done');
    await expect(untilAborted(Promise.reject(failure), signal)).rejects.toBe(failure);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('stops waiting when the signal is aborted, during the work or before', async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    const waiting = untilAborted(never(), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAborted(Promise.resolve(), controller.signal)).rejects.toBe(reason);
  });
});

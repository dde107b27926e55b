// The circuit breaker: opening, refusals, trials and closing.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Breaker, type BreakerOptions } from './breaker.js';

class Failed extends Error {}
class Refused extends Error {}

const PAUSE_MS = 1_000;

function gated(options: Partial<BreakerOptions> = {}) {
  const events: string[] = [];
  const breaker = new Breaker({
    isFailure: (error) => error instanceof Failed,
    onOpen: (failure) => events.push(`open: ${String(failure)}`),
    onClose: () => events.push('closed'),
    ...options,
  });
  const run = async (work: () => Promise<unknown>): Promise<unknown> => {
    const permit = breaker.tryAcquire();
    if (permit === undefined) throw new Refused();
    try {
      const result = await work();
      breaker.onSuccess(permit);
      return result;
    } catch (error) {
      breaker.onError(permit, error);
      throw error;
    }
  };
  const fail = (): Promise<unknown> => run(() => Promise.reject(new Failed('down'))).catch((error: unknown) => error);
  const succeed = (): Promise<unknown> => run(() => Promise.resolve('done')).catch((error: unknown) => error);
  const failUntilOpen = async (): Promise<void> => {
    for (let calls = 0; calls < 20 && !breaker.isOpen; calls++) await fail();
  };
  return { breaker, events, run, fail, succeed, failUntilOpen };
}

/** A ping that the test settles. */
function gatedPing() {
  const pings: PromiseWithResolvers<void>[] = [];
  const ping = (): Promise<void> => {
    const answer = Promise.withResolvers<void>();
    pings.push(answer);
    return answer.promise;
  };
  return { ping, pings };
}

/** Lets the reactions to a settled ping run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a closed breaker', () => {
  it('runs the call and passes its result on', async () => {
    const { succeed, fail, breaker } = gated();

    expect(await succeed()).toBe('done');
    expect(await fail()).toBeInstanceOf(Failed);
    expect(breaker.isOpen).toBe(false);
  });

  it('opens with the tenth call when all have failed', async () => {
    const { fail, breaker, events } = gated();
    for (let calls = 0; calls < 9; calls++) await fail();
    expect(breaker.isOpen).toBe(false);
    await fail();

    expect(breaker.isOpen).toBe(true);
    expect(events).toEqual(['open: Error: down']);
  });

  it('stays closed while every second call fails, and opens when more do', async () => {
    const { fail, succeed, breaker } = gated();
    for (let calls = 0; calls < 30; calls++) {
      await succeed();
      await fail();
    }
    expect(breaker.isOpen).toBe(false);
    await fail();
    await fail();
    expect(breaker.isOpen).toBe(true);
  });

  it('ignores errors that are not failures of the callee', async () => {
    const { run, breaker } = gated();
    for (let calls = 0; calls < 30; calls++) {
      await expect(run(() => Promise.reject(new Error('the caller left')))).rejects.toThrow('the caller left');
    }

    expect(breaker.isOpen).toBe(false);
  });
});

describe('an open breaker', () => {
  it('refuses calls at once without making them', async () => {
    const { failUntilOpen, succeed, run } = gated();
    await failUntilOpen();
    const work = vi.fn<() => Promise<void>>();

    expect(await succeed()).toBeInstanceOf(Refused);
    await expect(run(work)).rejects.toThrow(Refused);
    expect(work).not.toHaveBeenCalled();
  });

  it('lets one trial through after a pause, refuses the others meanwhile, and closes with its success', async () => {
    const { failUntilOpen, succeed, run, breaker, events } = gated();
    await failUntilOpen();
    vi.advanceTimersByTime(PAUSE_MS);
    const trial = Promise.withResolvers<string>();
    const answer = run(() => trial.promise);

    expect(await succeed()).toBeInstanceOf(Refused);
    trial.resolve('works');
    expect(await answer).toBe('works');
    expect(breaker.isOpen).toBe(false);
    expect(await succeed()).toBe('done');
    expect(events).toEqual(['open: Error: down', 'closed']);
  });

  it('pauses again after a failed trial, and does not call onOpen again', async () => {
    const { failUntilOpen, fail, succeed, events } = gated();
    await failUntilOpen();
    vi.advanceTimersByTime(PAUSE_MS);
    expect(await fail()).toBeInstanceOf(Failed);

    expect(await succeed()).toBeInstanceOf(Refused);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(await succeed()).toBe('done');
    expect(events).toEqual(['open: Error: down', 'closed']);
  });

  it('stays open when the caller of the trial aborts', async () => {
    const { failUntilOpen, run, succeed, breaker } = gated();
    await failUntilOpen();
    vi.advanceTimersByTime(PAUSE_MS);
    await expect(run(() => Promise.reject(new Error('the caller left')))).rejects.toThrow('the caller left');

    expect(breaker.isOpen).toBe(true);
    expect(breaker.lastFailure).toBeInstanceOf(Failed);
    expect(await succeed()).toBeInstanceOf(Refused);
  });

  it('pings in the background before a trial', async () => {
    const { ping, pings } = gatedPing();
    const { failUntilOpen, succeed, breaker } = gated({ ping });
    await failUntilOpen();
    expect(await succeed()).toBeInstanceOf(Refused);
    expect(pings).toEqual([]);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(await succeed()).toBeInstanceOf(Refused);
    expect(await succeed()).toBeInstanceOf(Refused);
    expect(pings).toHaveLength(1);
    pings[0]?.reject(new Error('still down'));
    await Promise.resolve();

    expect(await succeed()).toBeInstanceOf(Refused);
    expect(pings).toHaveLength(1);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(await succeed()).toBeInstanceOf(Refused);
    pings[1]?.resolve();
    await Promise.resolve();
    expect(await succeed()).toBe('done');
    expect(breaker.isOpen).toBe(false);
  });

  it('pings again before the next trial after a failed one', async () => {
    const { ping, pings } = gatedPing();
    const { failUntilOpen, fail, succeed } = gated({ ping });
    await failUntilOpen();
    vi.advanceTimersByTime(PAUSE_MS);
    await fail();
    pings[0]?.resolve();
    await Promise.resolve();
    expect(await fail()).toBeInstanceOf(Failed);
    vi.advanceTimersByTime(PAUSE_MS);

    expect(await succeed()).toBeInstanceOf(Refused);
    expect(pings).toHaveLength(2);
  });

  it('makes a trial after three consecutive failed pings, and closes when it succeeds', async () => {
    const ping = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('forbidden')));
    const { failUntilOpen, succeed, breaker, events } = gated({ ping });
    await failUntilOpen();
    for (let pings = 1; pings <= 3; pings++) {
      vi.advanceTimersByTime(PAUSE_MS);
      expect(await succeed()).toBeInstanceOf(Refused);
      await settled();
      expect(ping).toHaveBeenCalledTimes(pings);
    }
    expect(await succeed()).toBeInstanceOf(Refused);
    vi.advanceTimersByTime(PAUSE_MS);

    expect(await succeed()).toBe('done');
    expect(breaker.isOpen).toBe(false);
    expect(ping).toHaveBeenCalledTimes(3);
    expect(events).toEqual(['open: Error: down', 'closed']);
  });

  it('doubles the number of failed pings before a trial after each failed one, up to 30, and resets it on closing', async () => {
    const ping = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('gone')));
    const { failUntilOpen, fail, succeed } = gated({ ping });
    /** Calls once a second until a call is the trial. @returns the number of pings before it */
    const pingsUntilTrial = async (call: () => Promise<unknown>): Promise<number> => {
      const before = ping.mock.calls.length;
      for (let calls = 0; calls < 100; calls++) {
        vi.advanceTimersByTime(PAUSE_MS);
        if (!((await call()) instanceof Refused)) break;
        await settled();
      }
      return ping.mock.calls.length - before;
    };
    await failUntilOpen();
    const pings: number[] = [];
    for (let trials = 0; trials < 6; trials++) pings.push(await pingsUntilTrial(fail));
    expect(pings).toEqual([3, 6, 12, 24, 30, 30]);

    expect(await pingsUntilTrial(succeed)).toBe(30);
    await failUntilOpen();
    expect(await pingsUntilTrial(succeed)).toBe(3);
  });

  it('counts only consecutive failed pings', async () => {
    const { ping, pings } = gatedPing();
    const { failUntilOpen, fail, succeed } = gated({ ping });
    await failUntilOpen();
    const answer = async (settle: (ping: PromiseWithResolvers<void> | undefined) => void): Promise<void> => {
      vi.advanceTimersByTime(PAUSE_MS);
      expect(await succeed()).toBeInstanceOf(Refused);
      settle(pings.at(-1));
      await settled();
    };
    for (const _ of [1, 2]) await answer((one) => one?.reject(new Error('gone')));
    await answer((one) => one?.resolve());
    expect(await fail()).toBeInstanceOf(Failed);
    for (const _ of [1, 2]) await answer((one) => one?.reject(new Error('gone')));
    vi.advanceTimersByTime(PAUSE_MS);
    expect(await succeed()).toBeInstanceOf(Refused);
    expect(pings).toHaveLength(6);
  });

  it('ignores calls that began before it opened and fail after it has closed, or during a trial', async () => {
    const { failUntilOpen, run, succeed, breaker, events } = gated();
    const late = Array.from({ length: 30 }, () => Promise.withResolvers<never>());
    const [during, ...after] = late;
    const outcomes = late.map(({ promise }) => run(() => promise).catch((error: unknown) => error));
    await failUntilOpen();
    vi.advanceTimersByTime(PAUSE_MS);
    const trial = Promise.withResolvers<string>();
    const answer = run(() => trial.promise);
    during?.reject(new Failed('late'));
    await outcomes[0];
    trial.resolve('works');
    expect(await answer).toBe('works');
    for (const { reject } of after) reject(new Failed('late'));

    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => expect.any(Failed)));
    expect(breaker.isOpen).toBe(false);
    expect(await succeed()).toBe('done');
    expect(events).toEqual(['open: Error: down', 'closed']);
  });
});

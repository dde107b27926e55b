// Guarded calls: deadlines, answers, breakers and draining.
import { getEventListeners } from 'node:events';
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { GuardedCalls, proxyOf } from './guarded-calls.js';
import { PluginError } from '../plugin.error.js';
import { InlineInstance } from './plugin-instance.js';

interface Greeting extends Lifecycle {
  greet(name: string, options?: CallOptions): Promise<string>;
  part?(name: string, options?: CallOptions): Promise<string>;
}

const GREETING = defineContract<Greeting>({
  kind: 'greeting',
  version: 1,
  methods: {
    greet: { args: ['name'], errors: ['NAME_UNKNOWN'] },
    part: { args: ['name'], optional: true },
  },
}).with({ output: { greet: (answer) => typeof answer === 'string' } });

const CALL_TIMEOUT_MS = 100;
const MAX_CALLS = 4;
/** Minimum number of calls before a breaker opens. */
const FEWEST_CALLS = 10;

const GREETING_BY_SCHEMA = GREETING.with({
  output: {
    greet: { '~standard': { version: 1, validate: async () => ({ issues: [{ message: 'no greeting' }] }) } },
    part: { '~standard': { version: 1, validate: async (answer) => ({ value: `${String(answer)}, checked` }) } },
  },
});

function guard(instance: object, contract = GREETING, log = recordingLogger().logger) {
  const names = [...Object.keys(GREETING.methods), 'ping', 'close'];
  const methods = new Set(names.filter((name) => typeof Reflect.get(instance, name) === 'function'));
  const calls = new GuardedCalls(new InlineInstance(instance, methods, GREETING.methods), contract, {
    path: '/p.mjs',
    callTimeoutMs: CALL_TIMEOUT_MS,
    callTimeoutSetting: 'CACHE_TIMEOUT',
    maxCallsInFlight: MAX_CALLS,
    identity: { contract: 'greeting', plugin: 'p', version: null, isolation: 'inline' },
    log,
    mask: (text) => text.replaceAll('hunter2', '***'),
  });
  return { calls, proxy: proxyOf(calls) as Greeting };
}

/** A greeting that rejects with this error when its signal is aborted. */
const rejectsWhenAborted =
  (error: (signal: AbortSignal) => unknown) =>
  (_name: string, { signal }: Required<CallOptions>) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error(signal))));

/** The code with which a call fails. Handles the rejection from now on. */
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: { code?: unknown }) => error.code,
  );

/** A greeting that the test settles. */
function heldGreeting() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signals: (AbortSignal | undefined)[] = [];
  const greet = (_name: string, options?: CallOptions) => {
    signals.push(options?.signal);
    return promise;
  };
  return { ...guard({ greet }), signals, answer: resolve, reject };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a guarded call', () => {
  it.each<{ options: CallOptions | undefined }>([
    { options: undefined },
    { options: {} },
    { options: { signal: undefined } as unknown as CallOptions },
  ])('passes its signal to the plugin when the caller passes $options', async ({ options }) => {
    const { proxy, signals, answer } = heldGreeting();
    const greeting = proxy.greet('Ada', options);
    expect(signals).toEqual([expect.any(AbortSignal)]);
    answer('hello');
    await greeting;
  });

  it('passes the data and a signal to the method of the instance, and returns the answer', async () => {
    const instance = {
      word: 'hello',
      seen: [] as unknown[],
      async greet(...args: unknown[]) {
        this.seen = args;
        return `${this.word}, ${String(args[0])}`;
      },
    };
    await expect(guard(instance).proxy.greet('Ada')).resolves.toBe('hello, Ada');
    expect(instance.seen).toEqual(['Ada', { signal: expect.any(AbortSignal) }]);
  });

  it('passes its own signal to the plugin instead of the caller’s', async () => {
    const held = heldGreeting();
    const caller = new AbortController();
    const greeting = held.proxy.greet('Ada', { signal: caller.signal });
    expect(held.signals).toEqual([expect.any(AbortSignal)]);
    expect(held.signals[0]).not.toBe(caller.signal);
    held.answer('hello');
    await expect(greeting).resolves.toBe('hello');
  });

  it.each<{ what: string; args: readonly unknown[]; found: string }>([
    { what: 'too many arguments', args: ['Ada', 'Byron'], found: '2 arguments' },
    { what: 'call options instead of an argument', args: [new AbortController()], found: '0 arguments' },
  ])('reports the wanted arguments: $what', async ({ args, found }) => {
    const { proxy } = guard({ greet: async () => '' });
    await expect(proxy.greet(...(args as [string]))).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ARGUMENTS',
      found: `${found} in a call of greet()`,
      wanted: 'the data arguments name and optional call options { signal }',
    });
  });

  it('accepts a synchronous answer', async () => {
    await expect(guard({ greet: () => 'hello' }).proxy.greet('Ada')).resolves.toBe('hello');
  });

  it('leaves no listener and no timer, and does not abort the signal of an answered call', async () => {
    const held = heldGreeting();
    const caller = new AbortController();
    const greeting = held.proxy.greet('Ada', { signal: caller.signal });
    expect(vi.getTimerCount()).toBe(1);
    held.answer('hello');
    await greeting;
    await held.calls.drain();
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    caller.abort();
    expect(held.signals[0]?.aborted).toBe(false);
  });
});

describe('a deadline', () => {
  it('rejects the call exactly on time, and aborts the signal of the plugin', async () => {
    const { proxy, signals } = heldGreeting();
    const settled = vi.fn<(error: unknown) => void>();
    const greeting = proxy.greet('Ada').catch(settled);
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS - 1);
    expect(settled).not.toHaveBeenCalled();
    expect(signals[0]?.aborted).toBe(false);

    await vi.advanceTimersByTimeAsync(1);
    await greeting;
    expect(signals[0]?.aborted).toBe(true);
    expect(settled).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        name: 'PluginError',
        code: 'PLUGIN_CALL_TIMEOUT',
        message:
          'plugin /p.mjs: found no answer from greet(), wanted an answer within 100 ms; check its back end, or raise CACHE_TIMEOUT; the work may still have been done',
      }),
    );
  });

  it('is the reported error even when the plugin rejects because of the abort', async () => {
    const greet = rejectsWhenAborted((signal) => signal.reason);
    const code = codeOf(guard({ greet }).proxy.greet('Ada'));
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS);
    expect(await code).toBe('PLUGIN_CALL_TIMEOUT');
  });

  it.each(['answer', 'rejection'] as const)('ignores a late %s', async (late) => {
    const { proxy, calls, answer, reject } = heldGreeting();
    const code = codeOf(proxy.greet('Ada'));
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS);
    expect(await code).toBe('PLUGIN_CALL_TIMEOUT');

    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    if (late === 'answer') answer('hello');
    else reject(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    await expect(calls.drain()).resolves.toBeUndefined();
  });

  it('does not affect other calls', async () => {
    const { proxy, answer } = heldGreeting();
    const first = codeOf(proxy.greet('Ada'));
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS - 1);
    const second = proxy.greet('Ben');
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toBe('PLUGIN_CALL_TIMEOUT');
    answer('hello');
    await expect(second).resolves.toBe('hello');
  });
});

it('a plugin that rejects with its own PluginError fails like with any other error', async () => {
  const parts = { path: '/other.mjs', found: 'an end', wanted: 'none', fix: 'wait' };
  const { proxy, calls } = guard({ greet: async () => fail(new PluginError('PLUGIN_CLOSED', parts)) });
  await expect(proxy.greet('Ada')).rejects.toMatchObject({
    code: 'PLUGIN_CALL_FAILED',
    cause: { code: 'PLUGIN_CLOSED' },
  });
  expect(calls.counts()['greet']).toMatchObject({ failures: 1, refusals: 0 });
});

describe('an answer', () => {
  it('that is not plain data is refused, with the secrets in its names masked', async () => {
    const { proxy } = guard({ greet: async () => new Map([['hunter2', () => 1]]) });
    await expect(proxy.greet('Ada')).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ANSWER',
      found: 'a function at greet: answer.get("***")',
    });
  });

  it('that an asynchronous schema refuses is a wrong answer, too', async () => {
    const { proxy } = guard({ greet: async () => 1, part: async () => 'bye' }, GREETING_BY_SCHEMA);
    await expect(proxy.greet('Ada')).rejects.toMatchObject({ code: 'PLUGIN_WRONG_ANSWER', found: expect.stringContaining('(no greeting)') }); // prettier-ignore
    await expect(proxy.part?.('Ada')).resolves.toBe('bye, checked');
  });
});

describe('a caller that aborts', () => {
  it('gets the reason of its own signal at once, and the plugin’s signal is aborted', async () => {
    const { calls, proxy, signals } = heldGreeting();
    const caller = new AbortController();
    const reason = new Error('the client is gone');
    const greeting = proxy.greet('Ada', { signal: caller.signal });
    caller.abort(reason);
    await expect(greeting).rejects.toBe(reason);
    expect(signals[0]?.aborted).toBe(true);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError' });
    await calls.drain();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gets this reason even when the plugin rejects with another error', async () => {
    const greet = rejectsWhenAborted(() => new Error('aborted'));
    const caller = new AbortController();
    const greeting = guard({ greet }).proxy.greet('Ada', { signal: caller.signal });
    caller.abort('gone');
    await expect(greeting).rejects.toBe('gone');
  });

  it('does not reach the plugin when its signal is already aborted', async () => {
    const { proxy, signals } = heldGreeting();
    await expect(proxy.greet('Ada', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(signals).toEqual([]);
  });
});

describe('a failing call', () => {
  it.each([
    { how: 'rejects', greet: () => Promise.reject(new Error('no\n  back end')), reason: 'no back end' },
    { how: 'throws', greet: () => fail(new Error('not ready')), reason: 'not ready' },
    { how: 'throws a value that is not an error', greet: () => fail('text'), reason: 'text' },
    { how: 'throws an error without a message', greet: () => fail(new TypeError()), reason: 'TypeError' },
    { how: 'repeats a secret', greet: () => fail(new Error('AUTH hunter2')), reason: 'AUTH ***' },
  ])('rejects with PLUGIN_CALL_FAILED when the method $how', async ({ greet, reason }) => {
    await expect(guard({ greet }).proxy.greet('Ada')).rejects.toMatchObject({
      name: 'PluginError',
      code: 'PLUGIN_CALL_FAILED',
      message: `plugin /p.mjs: found a failed call of greet() (${reason}), wanted an answer, or a rejection with the code NAME_UNKNOWN; see the log of the plugin`,
    });
  });

  it('keeps the error of the plugin as the cause', async () => {
    const cause = new Error('no back end');
    await expect(guard({ greet: () => fail(cause) }).proxy.greet('Ada')).rejects.toHaveProperty('cause', cause);
  });

  it.each([undefined, null, 42, { greeting: 'hello' }])('refuses the wrong answer %s', async (answer) => {
    await expect(guard({ greet: async () => answer }).proxy.greet('Ada')).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ANSWER',
      message:
        'plugin /p.mjs: found a wrong answer from greet(), wanted an answer that matches the contract; correct the plugin',
    });
  });

  it('accepts any answer of a method without a check', async () => {
    await expect(guard({ greet: () => '', part: () => 42 }).proxy.part?.('Ada')).resolves.toBe(42);
  });
});

describe('an asynchronous check of an answer', () => {
  it('causes no unhandled rejection when it rejects after the caller has aborted', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const caller = new AbortController();
    const validate = async (): Promise<never> => {
      caller.abort(new Error('gone'));
      throw new Error('no schema');
    };
    const contract = GREETING.with({ output: { greet: { '~standard': { version: 1, validate } } } });
    const { proxy } = guard({ greet: () => 'hello' }, contract);
    await expect(proxy.greet('Ada', { signal: caller.signal })).rejects.toThrow('gone');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('draining', () => {
  it('refuses new calls before they reach the plugin', async () => {
    const { proxy, calls, signals } = heldGreeting();
    await calls.drain();
    await expect(proxy.greet('Ada')).rejects.toMatchObject({
      code: 'PLUGIN_CLOSED',
      message:
        'plugin /p.mjs: found a call of greet() after the plugin was closed, wanted no calls after the close; stop the callers first',
    });
    expect(signals).toEqual([]);
  });

  it('waits for the answers of all calls in flight', async () => {
    const { proxy, calls, answer } = heldGreeting();
    const events: string[] = [];
    const greetings = Promise.all([proxy.greet('Ada'), proxy.greet('Ben')]).then(() => events.push('answered'));
    const drained = calls.drain().then(() => events.push('drained'));
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS - 1);
    expect(events).toEqual([]);
    answer('hello');
    await Promise.all([greetings, drained]);
    expect(events.toSorted()).toEqual(['answered', 'drained']);
  });

  it('ends at the deadline of the last call if none is answered', async () => {
    const { proxy, calls } = heldGreeting();
    const first = codeOf(proxy.greet('Ada'));
    await vi.advanceTimersByTimeAsync(1);
    const second = codeOf(proxy.greet('Ben'));
    const onDrained = vi.fn<() => void>();
    const drained = calls.drain().then(onDrained);

    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS - 1);
    expect(await first).toBe('PLUGIN_CALL_TIMEOUT');
    expect(onDrained).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toBe('PLUGIN_CALL_TIMEOUT');
    await drained;
  });

  it('rejects the remaining calls after a limit, without counting them as failures', async () => {
    const { proxy, calls, signals } = heldGreeting();
    const codes = Promise.all([codeOf(proxy.greet('Ada')), codeOf(proxy.greet('Ben'))]);
    const drained = calls.drain(CALL_TIMEOUT_MS / 2);
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS / 2);
    expect(await codes).toEqual(['PLUGIN_CLOSED', 'PLUGIN_CLOSED']);
    await drained;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
    expect(calls.openBreakers().size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the proxy', () => {
  it('has only the contract methods of the instance, without lifecycle methods', () => {
    const { proxy } = guard({ greet() {}, part() {}, close() {}, secretDoor() {}, VERSION: 1 });
    expect(Object.keys(proxy).toSorted()).toEqual(['greet', 'part']);
  });

  it('omits an optional method that the instance does not have', () => {
    const { proxy } = guard({ greet() {} });
    expect(Object.keys(proxy)).toEqual(['greet']);
  });

  it('finds methods that the instance inherits', () => {
    class Base {
      greet() {}
    }
    expect(Object.keys(guard(new (class extends Base {})()).proxy)).toEqual(['greet']);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(guard({ greet() {} }).proxy)).toBe(true);
  });
});

function fail(thrown: unknown): never {
  throw thrown;
}

describe('calls that keep failing', () => {
  it('are refused with an error that names the last failure, and are logged once', async () => {
    const { logger, lines } = recordingLogger();
    const greet = vi.fn<() => Promise<string>>(() => Promise.reject(new Error('no hunter2')));
    const { proxy, calls } = guard({ greet }, GREETING, logger);
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));

    expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    await expect(proxy.greet('Ada')).rejects.toThrow(
      'plugin /p.mjs: found an open circuit breaker after failed calls of greet() (last error: PLUGIN_CALL_FAILED), wanted successful calls; check its back end; the host resumes calls when it has recovered',
    );
    expect(greet).toHaveBeenCalledTimes(FEWEST_CALLS);
    expect([...calls.openBreakers().keys()]).toEqual(['greet']);
    expect(lines).toEqual([
      [
        'warn',
        'circuit breaker open; calls are refused',
        { method: 'greet', code: 'PLUGIN_CALL_FAILED', error: expect.stringContaining('no ***') },
      ],
    ]);
  });

  it('are counted separately for each method', async () => {
    const { proxy } = guard({ greet: () => Promise.reject(new Error('no')), part: async () => 'bye' });
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));

    expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    expect(await proxy.part?.('Ada')).toBe('bye');
  });

  it('include timeouts and wrong answers', async () => {
    const late = guard({ greet: () => new Promise(() => {}) });
    for (let call = 0; call < FEWEST_CALLS; call++) {
      const failing = codeOf(late.proxy.greet('Ada'));
      vi.advanceTimersByTime(CALL_TIMEOUT_MS);
      await failing;
    }
    const wrong = guard({ greet: async () => 42 });
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(wrong.proxy.greet('Ada'));

    expect(await codeOf(late.proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    expect(await codeOf(wrong.proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
  });

  it('are made again when the ping answers and a trial succeeds', async () => {
    const { logger, lines } = recordingLogger();
    let isDown = true;
    const work = async () => {
      if (isDown) throw new Error('no');
      return 'hello';
    };
    const { proxy, calls } = guard({ greet: work, ping: work }, GREETING, logger);
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));
    isDown = false;
    vi.advanceTimersByTime(1_000);
    expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    await vi.waitFor(async () => expect(await proxy.greet('Ada')).toBe('hello'));

    expect(calls.openBreakers().size).toBe(0);
    expect(lines.at(-1)).toEqual(['info', 'circuit breaker closed; calls are made again', { method: 'greet' }]);
  });

  it('are made again though the ping never succeeds, after three pings', async () => {
    let isDown = true;
    const greet = async () => {
      if (isDown) throw new Error('no');
      return 'hello';
    };
    const ping = vi.fn<() => Promise<void>>(() => Promise.reject(new Error('NOPERM')));
    const { proxy, calls } = guard({ greet, ping });
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));
    isDown = false;
    for (let pings = 0; pings < 3; pings++) {
      vi.advanceTimersByTime(1_000);
      expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
      await new Promise((resolve) => setImmediate(resolve));
    }
    vi.advanceTimersByTime(1_000);

    expect(await proxy.greet('Ada')).toBe('hello');
    expect(calls.openBreakers().size).toBe(0);
    expect(ping).toHaveBeenCalledTimes(3);
  });
});

describe('too many calls at a time', () => {
  it('are refused at once, without counting as failures of the plugin', async () => {
    const { proxy, calls, answer } = heldGreeting();
    const first = Array.from({ length: MAX_CALLS }, () => proxy.greet('Ada'));
    const refused = await Promise.all(Array.from({ length: 30 }, () => codeOf(proxy.greet('Bob'))));

    expect(new Set(refused)).toEqual(new Set(['PLUGIN_OVERLOADED']));
    expect(calls.openBreakers().size).toBe(0);
    answer('hello');
    expect(await Promise.all(first)).toEqual(first.map(() => 'hello'));
    expect(await proxy.greet('Cy')).toBe('hello');
  });
});

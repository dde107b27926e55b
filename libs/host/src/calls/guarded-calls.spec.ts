// Calls to an instance under guard: its deadline, its answer, its end.
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
/** So many must have been made before a breaker opens. */
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
    log,
    mask: (text) => text.replaceAll('hunter2', '***'),
  });
  return { calls, proxy: proxyOf(calls) as Greeting };
}

/** Greets nobody: it ends with this error when its signal is aborted. */
const rejectsWhenAborted =
  (error: (signal: AbortSignal) => unknown) =>
  (_name: string, { signal }: Required<CallOptions>) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error(signal))));

/** The code with which a call fails. Watches the call from now on, so that it may fail before somebody asks. */
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: { code?: unknown }) => error.code,
  );

/** A greeting that answers when it is told to. */
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
  ])('gives the plugin its signal in its place when the caller gives $options', async ({ options }) => {
    const { proxy, signals, answer } = heldGreeting();
    const greeting = proxy.greet('Ada', options);
    expect(signals).toEqual([expect.any(AbortSignal)]);
    answer('hello');
    await greeting;
  });

  it('hands the data and a signal to the method, with its instance, and the answer back', async () => {
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

  it('gives the plugin its own signal in the place of the caller’s', async () => {
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
    { what: 'the call options in the place of an argument', args: [new AbortController()], found: '0 arguments' },
  ])('names the arguments that it wants: $what', async ({ args, found }) => {
    const { proxy } = guard({ greet: async () => '' });
    await expect(proxy.greet(...(args as [string]))).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ARGUMENTS',
      found: `${found} in a call of greet()`,
      wanted: 'name; the call options, { signal }, may follow',
    });
  });

  it('takes a synchronous answer', async () => {
    await expect(guard({ greet: () => 'hello' }).proxy.greet('Ada')).resolves.toBe('hello');
  });

  it('leaves no listener behind, no timer after the end, and the signal of an answered call alone', async () => {
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
  it('rejects the call exactly when it is over, and aborts the signal given to the plugin', async () => {
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
          'plugin /p.mjs: found no answer of greet(), wanted one within 100 ms; its work may have been done all the same: see what its back end does, or raise CACHE_TIMEOUT',
      }),
    );
  });

  it('is the error even when the plugin rejects because its signal was aborted', async () => {
    const greet = rejectsWhenAborted((signal) => signal.reason);
    const code = codeOf(guard({ greet }).proxy.greet('Ada'));
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS);
    expect(await code).toBe('PLUGIN_CALL_TIMEOUT');
  });

  it.each(['answer', 'rejection'] as const)('makes a late %s harmless', async (late) => {
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

  it('belongs to one call, not to the others', async () => {
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

it('a plugin that rejects with a PluginError of its own, such as one that opens plugins, fails as with any error', async () => {
  const parts = { path: '/other.mjs', found: 'an end', wanted: 'none', fix: 'wait' };
  const { proxy, calls } = guard({ greet: async () => fail(new PluginError('PLUGIN_CLOSED', parts)) });
  await expect(proxy.greet('Ada')).rejects.toMatchObject({
    code: 'PLUGIN_CALL_FAILED',
    cause: { code: 'PLUGIN_CLOSED' },
  });
  expect(calls.counts()['greet']).toMatchObject({ failures: 1, refusals: 0 });
});

describe('an answer', () => {
  it('that is no plain data is refused without the secrets in its names', async () => {
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

describe('a caller who aborts', () => {
  it('gets the reason of the own signal at once, and the plugin hears that it was aborted', async () => {
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

  it('gets it even when the plugin rejects with words of its own', async () => {
    const greet = rejectsWhenAborted(() => new Error('aborted'));
    const caller = new AbortController();
    const greeting = guard({ greet }).proxy.greet('Ada', { signal: caller.signal });
    caller.abort('gone');
    await expect(greeting).rejects.toBe('gone');
  });

  it('does not reach the plugin when the signal was aborted before', async () => {
    const { proxy, signals } = heldGreeting();
    await expect(proxy.greet('Ada', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(signals).toEqual([]);
  });
});

describe('a failing call', () => {
  it.each([
    { how: 'rejects', greet: () => Promise.reject(new Error('no\n  back end')), reason: 'no back end' },
    { how: 'throws', greet: () => fail(new Error('not ready')), reason: 'not ready' },
    { how: 'throws what is no error', greet: () => fail('text'), reason: 'text' },
    { how: 'throws an error without a message', greet: () => fail(new TypeError()), reason: 'TypeError' },
    { how: 'repeats a secret', greet: () => fail(new Error('AUTH hunter2')), reason: 'AUTH ***' },
  ])('rejects with PLUGIN_CALL_FAILED when the method $how', async ({ greet, reason }) => {
    await expect(guard({ greet }).proxy.greet('Ada')).rejects.toMatchObject({
      name: 'PluginError',
      code: 'PLUGIN_CALL_FAILED',
      message: `plugin /p.mjs: found greet() failing (${reason}), wanted an answer, or a rejection with the code NAME_UNKNOWN; see the log of the plugin`,
    });
  });

  it('keeps what the plugin threw as the cause', async () => {
    const cause = new Error('no back end');
    await expect(guard({ greet: () => fail(cause) }).proxy.greet('Ada')).rejects.toHaveProperty('cause', cause);
  });

  it.each([undefined, null, 42, { greeting: 'hello' }])('refuses the wrong answer %s', async (answer) => {
    await expect(guard({ greet: async () => answer }).proxy.greet('Ada')).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ANSWER',
      message: 'plugin /p.mjs: found a wrong answer of greet(), wanted one that keeps the contract; correct the plugin',
    });
  });

  it('takes any answer of a method without a check', async () => {
    await expect(guard({ greet: () => '', part: () => 42 }).proxy.part?.('Ada')).resolves.toBe(42);
  });
});

describe('an asynchronous check of an answer', () => {
  it('that rejects after its caller has gone is no unhandled rejection', async () => {
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
      message: 'plugin /p.mjs: found a call of greet() after its end, wanted calls before it; end the callers first',
    });
    expect(signals).toEqual([]);
  });

  it('waits for all calls in flight, which still get their answers', async () => {
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

  it('ends at the deadline of the last call, when none is answered', async () => {
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

  it('cuts calls off after a bound, which says nothing of the plugin', async () => {
    const { proxy, calls, signals } = heldGreeting();
    const codes = Promise.all([codeOf(proxy.greet('Ada')), codeOf(proxy.greet('Ben'))]);
    const drained = calls.drain(CALL_TIMEOUT_MS / 2);
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS / 2);
    expect(await codes).toEqual(['PLUGIN_CLOSED', 'PLUGIN_CLOSED']);
    await drained;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
    expect(calls.notCalled().size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the proxy', () => {
  it('has the methods of the contract that the instance has; no lifecycle method, nothing else', () => {
    const { proxy } = guard({ greet() {}, part() {}, close() {}, secretDoor() {}, VERSION: 1 });
    expect(Object.keys(proxy).toSorted()).toEqual(['greet', 'part']);
  });

  it('leaves out an optional method that the instance has not', () => {
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
  it('are not made any more, and are refused with a code that names the last failure, once in the log', async () => {
    const { logger, lines } = recordingLogger();
    const greet = vi.fn<() => Promise<string>>(() => Promise.reject(new Error('no hunter2')));
    const { proxy, calls } = guard({ greet }, GREETING, logger);
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));

    expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    await expect(proxy.greet('Ada')).rejects.toThrow(
      'plugin /p.mjs: found calls of greet() failing, at last with PLUGIN_CALL_FAILED, wanted answers; see what its back end does; it is called again when that works',
    );
    expect(greet).toHaveBeenCalledTimes(FEWEST_CALLS);
    expect([...calls.notCalled().keys()]).toEqual(['greet']);
    expect(lines).toEqual([
      [
        'warn',
        'breaker open; not called for now',
        { method: 'greet', code: 'PLUGIN_CALL_FAILED', error: expect.stringContaining('no ***') },
      ],
    ]);
  });

  it('are judged for each method by itself', async () => {
    const { proxy } = guard({ greet: () => Promise.reject(new Error('no')), part: async () => 'bye' });
    for (let call = 0; call < FEWEST_CALLS; call++) await codeOf(proxy.greet('Ada'));

    expect(await codeOf(proxy.greet('Ada'))).toBe('PLUGIN_BREAKER_OPEN');
    expect(await proxy.part?.('Ada')).toBe('bye');
  });

  it('count when they are late or answered wrongly', async () => {
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

    expect(calls.notCalled().size).toBe(0);
    expect(lines.at(-1)).toEqual(['info', 'breaker closed; called again', { method: 'greet' }]);
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
    expect(calls.notCalled().size).toBe(0);
    expect(ping).toHaveBeenCalledTimes(3);
  });
});

describe('too many calls at a time', () => {
  it('are refused at once, and are no failure of the plugin', async () => {
    const { proxy, calls, answer } = heldGreeting();
    const first = Array.from({ length: MAX_CALLS }, () => proxy.greet('Ada'));
    const refused = await Promise.all(Array.from({ length: 30 }, () => codeOf(proxy.greet('Bob'))));

    expect(new Set(refused)).toEqual(new Set(['PLUGIN_OVERLOADED']));
    expect(calls.notCalled().size).toBe(0);
    answer('hello');
    expect(await Promise.all(first)).toEqual(first.map(() => 'hello'));
    expect(await proxy.greet('Cy')).toBe('hello');
  });
});

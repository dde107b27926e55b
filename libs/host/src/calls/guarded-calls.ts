// Calls to an instance under guard: bounded in time and number, counted, and none while they all fail.
import type { PluginLogger } from '@pluggable/contract';
import { isPluginError, PluginError, reasonOf } from '../plugin.error.js';
import { Breaker, type Permit } from './breaker.js';
import type { CallTimeouts } from '../plugin-options.js';
import { timeoutOf } from './call-timeouts.js';
import { type CallArguments, type CallContract, CheckedCalls, type CheckOptions } from './checked-calls.js';
import { Deadline, DeadlineExceeded } from './deadline.js';
import type { PluginInstance } from './plugin-instance.js';
import { DomainError } from './rejection.js';

export interface GuardOptions extends CheckOptions {
  readonly callTimeoutMs: CallTimeouts;
  readonly maxCallsInFlight: number;
  /** Where it is said that a method is not called for now, and is called again. */
  readonly log: PluginLogger;
}

/** How the calls of a method ended since the plugin became live. A call that its caller gave up is none of them. */
export interface CallCounts {
  readonly answers: number;
  /** Rejections that the contract declares. */
  readonly domainErrors: number;
  readonly failures: number;
  /** Calls that the host did not pass on. */
  readonly refusals: number;
}

/** Says nothing of the plugin: the host refused the call. */
const REFUSALS: readonly PluginError['code'][] = ['PLUGIN_CLOSED', 'PLUGIN_OVERLOADED', 'PLUGIN_WRONG_ARGUMENTS'];

interface GuardedMethod {
  readonly deadline: Deadline;
  readonly timeoutMs: number;
  /** `ping` has none, because it is how a breaker finds out. */
  readonly breaker: Breaker | undefined;
  readonly counts: { -readonly [Outcome in keyof CallCounts]: CallCounts[Outcome] };
}

export class GuardedCalls {
  private readonly checked: CheckedCalls;
  private readonly methods: ReadonlyMap<string, GuardedMethod>;
  /** One for each limit, in milliseconds. */
  private readonly deadlines = new Map<number, Deadline>();
  private open = true;
  private inFlight = 0;
  private onDrained: (() => void) | undefined;

  constructor(
    private readonly instance: PluginInstance,
    contract: CallContract,
    private readonly options: GuardOptions,
  ) {
    this.checked = new CheckedCalls(instance, contract, options);
    this.methods = new Map(this.checked.names.map((name) => [name, this.guarded(contract, name)]));
  }

  /** Of those that the instance has; `ping` too. */
  get names(): readonly string[] {
    return this.checked.names;
  }

  has(method: string): boolean {
    return this.checked.has(method);
  }

  /** The methods that are not called for now, because their calls fail, with how the last one did. */
  notCalled(): ReadonlyMap<string, unknown> {
    const failures = [...this.methods].flatMap(([name, { breaker }]): [string, unknown][] =>
      breaker?.isOpen === true ? [[name, breaker.lastFailure]] : [],
    );
    return new Map(failures);
  }

  counts(): Readonly<Record<string, CallCounts>> {
    return Object.fromEntries([...this.methods].map(([name, { counts }]) => [name, { ...counts }]));
  }

  /**
   * @throws DomainError what the contract declares
   * @throws PluginError PLUGIN_WRONG_ARGUMENTS, PLUGIN_CLOSED, PLUGIN_BREAKER_OPEN, PLUGIN_OVERLOADED, PLUGIN_CALL_TIMEOUT,
   * PLUGIN_CALL_FAILED, PLUGIN_WRONG_ANSWER; isolated also PLUGIN_DOWN, PLUGIN_ENDED, PLUGIN_BLOCKED
   * @throws the reason of the caller's own signal, when that is what ended the call
   */
  async call(name: string, args: readonly unknown[]): Promise<unknown> {
    const method = this.method(name);
    try {
      const { data, signal } = this.admit(name, args);
      const permit = this.permit(name, method);
      this.inFlight++;
      let answer: unknown;
      try {
        answer = await this.attempt(name, method, data, signal);
        method.breaker?.onSuccess(permit);
      } catch (error) {
        method.breaker?.onError(permit, error);
        throw error;
      } finally {
        this.inFlight--;
        if (this.inFlight === 0) this.onDrained?.();
      }
      if (answer instanceof DomainError) throw answer;
      method.counts.answers++;
      return answer;
    } catch (error) {
      count(method.counts, error);
      throw error;
    }
  }

  private admit(name: string, args: readonly unknown[]): CallArguments {
    const taken = this.checked.take(name, args);
    taken.signal?.throwIfAborted();
    if (!this.open) throw this.ended(name);
    return taken;
  }

  /** For a method without a breaker any will do. */
  private permit(name: string, { breaker }: GuardedMethod): Permit {
    if (breaker === undefined) return 0;
    const permit = breaker.tryAcquire();
    if (permit === undefined) throw this.notForNow(name, breaker.lastFailure);
    return permit;
  }

  /** Resolves with a domain error: to the breaker it is an answer. */
  private async attempt(
    name: string,
    method: GuardedMethod,
    data: readonly unknown[],
    callerSignal: AbortSignal | undefined,
  ): Promise<unknown> {
    this.refuseWhenOverloaded();
    const { deadline } = method;
    try {
      const answer = this.checked.answerOf(
        name,
        await deadline.wait((signal) => this.instance.call(name, data, signal), callerSignal),
      );
      if (!(answer instanceof Promise)) return answer;
      // Its caller may have gone: then nothing waits for the schema, whose rejection must not end the process.
      answer.catch(() => {});
      return await deadline.wait(() => answer, callerSignal);
    } catch (error) {
      callerSignal?.throwIfAborted();
      if (error instanceof DeadlineExceeded) throw this.checked.late(name, method.timeoutMs);
      const failure = this.checked.failureOf(name, error);
      if (failure instanceof DomainError) return failure;
      throw failure;
    }
  }

  /**
   * Refuses further calls and waits for those in flight. Each ends at its deadline.
   * @param longestMs after this those that are left reject with PLUGIN_CLOSED. @default never
   */
  async drain(longestMs?: number): Promise<void> {
    this.open = false;
    if (this.inFlight > 0) {
      const timer = longestMs && setTimeout(() => this.cutOff(), longestMs);
      await new Promise<void>((resolve) => (this.onDrained = resolve));
      clearTimeout(timer);
    }
    for (const deadline of this.deadlines.values()) deadline.release();
  }

  private method(name: string): GuardedMethod {
    const method = this.methods.get(name);
    if (method === undefined) throw new TypeError(`the instance has no method ${name}()`);
    return method;
  }

  private guarded(contract: CallContract, name: string): GuardedMethod {
    const timeoutMs = timeoutOf(contract, name, this.options.callTimeoutMs);
    const deadline = this.deadlines.get(timeoutMs) ?? new Deadline(timeoutMs);
    this.deadlines.set(timeoutMs, deadline);
    const breaker = name === 'ping' ? undefined : this.breakerOf(name);
    return { deadline, timeoutMs, breaker, counts: { answers: 0, domainErrors: 0, failures: 0, refusals: 0 } };
  }

  private breakerOf(method: string): Breaker {
    const { log } = this.options;
    return new Breaker({
      isFailure: (error) => isPluginError(error) && !REFUSALS.includes(error.code),
      ping: this.has('ping') ? () => this.call('ping', []) : undefined,
      onOpen: (failure) => {
        const code = isPluginError(failure) ? failure.code : undefined;
        log.warn('breaker open; not called for now', { method, code, error: reasonOf(failure) });
      },
      onClose: () => log.info('breaker closed; called again', { method }),
    });
  }

  /** Calls in flight are those that somebody waits for, and those that were given up of which the instance has not heard yet. */
  private refuseWhenOverloaded(): void {
    const { maxCallsInFlight } = this.options;
    const held = this.inFlight + this.instance.unacknowledgedAborts();
    if (held <= maxCallsInFlight) return;
    const found = `${held - 1} calls that it has not answered`;
    const wanted = `fewer than ${maxCallsInFlight} at a time`;
    throw this.error('PLUGIN_OVERLOADED', found, wanted, 'see what its back end does');
  }

  private notForNow(method: string, failure: unknown): PluginError {
    const found = `calls of ${method}() failing${isPluginError(failure) ? `, at last with ${failure.code}` : ''}`;
    const fix = 'see what its back end does; it is called again when that works';
    return this.error('PLUGIN_BREAKER_OPEN', found, 'answers', fix);
  }

  private ended(method: string): PluginError {
    const fix = 'end the callers first';
    return this.error('PLUGIN_CLOSED', `a call of ${method}() after its end`, 'calls before it', fix);
  }

  private cutOff(): void {
    const fix = 'see what its back end does, or lower the time limit of a call';
    const reason = this.error('PLUGIN_CLOSED', 'a call without an answer when it was closed', 'an answer before', fix);
    for (const deadline of this.deadlines.values()) deadline.giveUpAll(reason);
  }

  private error(code: PluginError['code'], found: string, wanted: string, fix: string): PluginError {
    return new PluginError(code, { path: this.options.path, found, wanted, fix });
  }
}

function count(counts: GuardedMethod['counts'], error: unknown): void {
  if (error instanceof DomainError) counts.domainErrors++;
  else if (!isPluginError(error)) return;
  else if (error.code === 'PLUGIN_BREAKER_OPEN' || REFUSALS.includes(error.code)) counts.refusals++;
  else counts.failures++;
}

/** What an application holds: the methods that the instance has, under guard. */
export function proxyOf(calls: GuardedCalls): object {
  const methods = calls.names.map((method) => [method, (...args: unknown[]) => calls.call(method, args)]);
  return Object.freeze(Object.fromEntries(methods));
}

// Guarded calls: a deadline, a limit of calls in flight, counters, and a circuit breaker for each method.
import type { PluginLogger } from '@pluggable/contract';
import { textCodeOf } from '../foreign-error.js';
import { isPluginError, PluginError, reasonOf } from '../plugin.error.js';
import { Breaker, type Permit } from './breaker.js';
import type { CallTimeouts } from '../plugin-options.js';
import { timeoutOf } from './call-timeouts.js';
import { type CallArguments, type CallContract, CheckedCalls, type CheckOptions } from './checked-calls.js';
import { Deadline, DeadlineExceeded } from './deadline.js';
import { count, type CallCounts, type Counters, isFailureOfPlugin, newCounters, outcomeOf } from './call-outcomes.js';
import { CallTrace } from '../telemetry/call-trace.js';
import {
  breakerChannel,
  callChannel,
  type CallOutcome,
  callTracing,
  type PluginBreakerMessage,
  type PluginCallMessage,
  type PluginIdentity,
  type TracedCall,
} from '../telemetry/channels.js';
import type { PluginInstance } from './plugin-instance.js';
import { DomainError } from './rejection.js';

export interface GuardOptions extends CheckOptions {
  readonly callTimeoutMs: CallTimeouts;
  readonly maxCallsInFlight: number;
  /** For the telemetry. */
  readonly identity: PluginIdentity;
  /** Logs when a circuit breaker opens or closes. */
  readonly log: PluginLogger;
}

interface GuardedMethod {
  readonly deadline: Deadline;
  readonly timeoutMs: number;
  /** Undefined for `ping`, by which a breaker probes for recovery. */
  readonly breaker: Breaker | undefined;
  readonly counts: Counters;
}

export class GuardedCalls {
  private readonly checked: CheckedCalls;
  private readonly methods: ReadonlyMap<string, GuardedMethod>;
  /** By time limit, in milliseconds. */
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

  /** Names of the methods that the instance has, including `ping`. */
  get names(): readonly string[] {
    return this.checked.names;
  }

  has(method: string): boolean {
    return this.checked.has(method);
  }

  /** The last failure of each method whose circuit breaker is open. */
  openBreakers(): ReadonlyMap<string, unknown> {
    const failures = [...this.methods].flatMap(([name, { breaker }]): [string, unknown][] =>
      breaker?.isOpen === true ? [[name, breaker.lastFailure]] : [],
    );
    return new Map(failures);
  }

  counts(): Readonly<Record<string, CallCounts>> {
    return Object.fromEntries([...this.methods].map(([name, { counts }]) => [name, { ...counts }]));
  }

  /**
   * @throws DomainError with a code that the contract declares
   * @throws PluginError PLUGIN_WRONG_ARGUMENTS, PLUGIN_CLOSED, PLUGIN_BREAKER_OPEN, PLUGIN_OVERLOADED, PLUGIN_CALL_TIMEOUT,
   * PLUGIN_CALL_FAILED, PLUGIN_WRONG_ANSWER; isolated also PLUGIN_DOWN, PLUGIN_ENDED, PLUGIN_BLOCKED
   * @throws the reason of the caller's signal, when it ended the call
   */
  call(name: string, args: readonly unknown[]): Promise<unknown> {
    return callTracing.hasSubscribers ? this.traced(name, args) : this.run(name, args);
  }

  private traced(name: string, args: readonly unknown[]): Promise<unknown> {
    const call: TracedCall = { ...this.options.identity, method: name, traceparent: undefined, spans: [] };
    return callTracing.tracePromise(async () => {
      const trace = call.traceparent === undefined ? undefined : new CallTrace(call.traceparent);
      try {
        return await this.run(name, args, trace);
      } finally {
        if (trace !== undefined) call.spans = trace.maskedSpans(this.options.mask);
      }
    }, call);
  }

  private async run(name: string, args: readonly unknown[], trace?: CallTrace): Promise<unknown> {
    const method = this.method(name);
    const startedMs = callChannel.hasSubscribers ? performance.now() : undefined;
    try {
      const { data, signal } = this.admit(name, args);
      const permit = this.permit(name, method);
      this.inFlight++;
      let answer: unknown;
      try {
        answer = await this.attempt(name, method, { data, signal }, trace);
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
      if (startedMs !== undefined) this.publish(name, startedMs, 'answer');
      return answer;
    } catch (error) {
      const outcome = outcomeOf(error);
      count(method.counts, outcome);
      if (startedMs !== undefined) this.publish(name, startedMs, outcome, textCodeOf(error));
      throw error;
    }
  }

  private publish(method: string, startedMs: number, outcome: CallOutcome, code?: string): void {
    const durationMs = performance.now() - startedMs;
    const message: PluginCallMessage = { ...this.options.identity, method, outcome, code, durationMs };
    callChannel.publish(message);
  }

  private admit(name: string, args: readonly unknown[]): CallArguments {
    const taken = this.checked.take(name, args);
    taken.signal?.throwIfAborted();
    if (!this.open) throw this.closedError(name);
    return taken;
  }

  /** A method without a breaker needs no permit. */
  private permit(name: string, { breaker }: GuardedMethod): Permit {
    if (breaker === undefined) return 0;
    const permit = breaker.tryAcquire();
    if (permit === undefined) throw this.breakerOpenError(name, breaker.lastFailure);
    return permit;
  }

  /** Resolves with a domain error, which is an answer for the breaker. */
  private async attempt(
    name: string,
    method: GuardedMethod,
    { data, signal: callerSignal }: CallArguments,
    trace: CallTrace | undefined,
  ): Promise<unknown> {
    this.refuseWhenOverloaded();
    const { deadline } = method;
    try {
      const answer = this.checked.answerOf(
        name,
        await deadline.wait((signal) => this.instance.call(name, data, signal, trace), callerSignal),
      );
      if (!(answer instanceof Promise)) return answer;
      // If the caller has aborted, nothing handles a rejection of the schema, which would end the process.
      answer.catch(() => {});
      return await deadline.wait(() => answer, callerSignal);
    } catch (error) {
      callerSignal?.throwIfAborted();
      if (error instanceof DeadlineExceeded) throw this.checked.timeoutError(name, method.timeoutMs);
      const failure = this.checked.failureOf(name, error);
      if (failure instanceof DomainError) return failure;
      throw failure;
    }
  }

  /**
   * Refuses new calls and waits for calls in flight, each of which ends at its deadline.
   * @param longestMs time in milliseconds after which the remaining calls reject with PLUGIN_CLOSED. @default no limit
   */
  async drain(longestMs?: number): Promise<void> {
    this.open = false;
    if (this.inFlight > 0) {
      const timer = longestMs && setTimeout(() => this.rejectCallsInFlight(), longestMs);
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
    return { deadline, timeoutMs, breaker, counts: newCounters() };
  }

  private breakerOf(method: string): Breaker {
    const { log } = this.options;
    return new Breaker({
      isFailure: isFailureOfPlugin,
      ping: this.has('ping') ? () => this.call('ping', []) : undefined,
      onOpen: (failure) => {
        const code = isPluginError(failure) ? failure.code : undefined;
        log.warn('circuit breaker open; calls are refused', { method, code, error: reasonOf(failure) });
        this.publishBreaker(method, 'open', code);
      },
      onClose: () => {
        log.info('circuit breaker closed; calls are made again', { method });
        this.publishBreaker(method, 'closed');
      },
    });
  }

  private publishBreaker(method: string, state: PluginBreakerMessage['state'], code?: string): void {
    if (!breakerChannel.hasSubscribers) return;
    breakerChannel.publish({ ...this.options.identity, method, state, code } satisfies PluginBreakerMessage);
  }

  /** Counts the pending calls, and aborted calls whose abort the instance has not acknowledged. */
  private refuseWhenOverloaded(): void {
    const { maxCallsInFlight } = this.options;
    const held = this.inFlight + this.instance.unacknowledgedAborts();
    if (held <= maxCallsInFlight) return;
    const found = `${held - 1} unanswered calls`;
    const wanted = `fewer than ${maxCallsInFlight} at a time`;
    throw this.error('PLUGIN_OVERLOADED', found, wanted, 'check its back end');
  }

  private breakerOpenError(method: string, failure: unknown): PluginError {
    const lastCode = isPluginError(failure) ? ` (last error: ${failure.code})` : '';
    const found = `an open circuit breaker after failed calls of ${method}()${lastCode}`;
    const fix = 'check its back end; the host resumes calls when it has recovered';
    return this.error('PLUGIN_BREAKER_OPEN', found, 'successful calls', fix);
  }

  private closedError(method: string): PluginError {
    const found = `a call of ${method}() after the plugin was closed`;
    return this.error('PLUGIN_CLOSED', found, 'no calls after the close', 'stop the callers first');
  }

  private rejectCallsInFlight(): void {
    const found = 'an unanswered call while the plugin was closed';
    const fix = 'check its back end, or lower the time limit of a call';
    const reason = this.error('PLUGIN_CLOSED', found, 'an answer before the close', fix);
    for (const deadline of this.deadlines.values()) deadline.giveUpAll(reason);
  }

  private error(code: PluginError['code'], found: string, wanted: string, fix: string): PluginError {
    return new PluginError(code, { path: this.options.path, found, wanted, fix });
  }
}

/** The object that the application receives: the guarded methods of the instance. */
export function proxyOf(calls: GuardedCalls): object {
  const methods = calls.names.map((method) => [method, (...args: unknown[]) => calls.call(method, args)]);
  return Object.freeze(Object.fromEntries(methods));
}

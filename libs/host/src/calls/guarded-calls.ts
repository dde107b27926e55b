// Calls to an instance under guard: bounded in time and number, answers checked, failures with a code, none while they all fail.
import type { Contract, MethodRule, PluginCall, PluginLogger } from '@pluggable/contract';
import { Breaker } from './breaker.js';
import { Deadline, DeadlineExceeded } from './deadline.js';
import { isPluginError, PluginError, reasonOf } from '../plugin.error.js';
import { type Mask, withoutSecrets } from '../log/secrets.js';
import type { PluginInstance } from './plugin-instance.js';

export interface GuardOptions {
  readonly path: string;
  readonly callTimeoutMs: number;
  readonly callTimeoutSetting: string;
  readonly maxCallsInFlight: number;
  readonly mask: Mask;
  /** Where it is said that a method is not called for now, and is called again. */
  readonly log: PluginLogger;
}

/** Says nothing of the plugin: the host refused the call. */
const REFUSALS: readonly PluginError['code'][] = ['PLUGIN_CLOSED', 'PLUGIN_OVERLOADED'];

export class GuardedCalls {
  private readonly deadline: Deadline;
  /** One for each method: look-ups may work while writes fail. `ping` has none, because it is how a breaker finds out. */
  private readonly breakers: ReadonlyMap<string, Breaker>;
  /** By the names of the methods. */
  private readonly rules: ReadonlyMap<string, MethodRule>;
  private open = true;
  private inFlight = 0;
  private onDrained: (() => void) | undefined;

  constructor(
    private readonly instance: PluginInstance,
    rules: Readonly<Record<string, MethodRule>>,
    private readonly options: GuardOptions,
  ) {
    this.deadline = new Deadline(options.callTimeoutMs);
    this.rules = new Map(Object.entries(rules));
    const guarded = [...this.rules].filter(([method, rule]) => method !== 'ping' && rule.lifecycle !== true);
    const methods = guarded.map(([method]) => method).filter((method) => this.has(method));
    this.breakers = new Map(methods.map((method) => [method, this.breakerOf(method)]));
  }

  has(method: string): boolean {
    return this.instance.methods.has(method);
  }

  /** The methods that are not called for now, because their calls fail, with how the last one did. */
  notCalled(): ReadonlyMap<string, unknown> {
    const open = [...this.breakers].filter(([, breaker]) => breaker.isOpen);
    return new Map(open.map(([method, { lastFailure }]) => [method, lastFailure]));
  }

  /**
   * @throws PluginError PLUGIN_CLOSED, PLUGIN_BREAKER_OPEN, PLUGIN_OVERLOADED, PLUGIN_CALL_TIMEOUT, PLUGIN_CALL_FAILED,
   * PLUGIN_WRONG_ANSWER; isolated also PLUGIN_DOWN, PLUGIN_ENDED, PLUGIN_BLOCKED
   * @throws the reason of the caller's own signal, when that is what ended the call
   */
  async call(method: string, args: readonly unknown[]): Promise<unknown> {
    const { data, signal: callerSignal } = splitArguments(args);
    callerSignal?.throwIfAborted();
    if (!this.open) {
      throw this.error(
        'PLUGIN_CLOSED',
        `a call of ${method}() after its end`,
        'calls before it',
        'end the callers first',
      );
    }

    this.inFlight++;
    try {
      const breaker = this.breakers.get(method);
      if (breaker === undefined) return await this.attempt(method, data, callerSignal);
      return await breaker.run(
        () => this.attempt(method, data, callerSignal),
        () => this.notForNow(method, breaker.lastFailure),
      );
    } finally {
      this.inFlight--;
      if (this.inFlight === 0) this.onDrained?.();
    }
  }

  private async attempt(method: string, data: readonly unknown[], callerSignal?: AbortSignal): Promise<unknown> {
    this.refuseWhenOverloaded();
    let answer: unknown;
    try {
      answer = await this.deadline.wait((signal) => this.instance.call(method, data, signal), callerSignal);
    } catch (error) {
      callerSignal?.throwIfAborted();
      if (error instanceof DeadlineExceeded) throw this.late(method);
      // The host's own: the call did not reach the plugin, or its guest has ended.
      throw error instanceof PluginError ? error : this.failed(method, error);
    }
    if (!this.isRight(method, answer)) {
      const wanted = 'one that keeps the contract';
      throw this.error('PLUGIN_WRONG_ANSWER', `a wrong answer of ${method}()`, wanted, 'correct the plugin');
    }
    return answer;
  }

  private isRight(method: string, answer: unknown): boolean {
    try {
      return this.rules.get(method)?.check?.(answer) ?? true;
    } catch {
      // A getter of the answer threw.
      return false;
    }
  }

  /**
   * Refuses further calls and waits for those in flight. Each ends at its deadline.
   * @param longestMs after this those that are left reject with PLUGIN_CLOSED. @default never
   */
  async drain(longestMs?: number): Promise<void> {
    this.open = false;
    if (this.inFlight > 0) {
      const timer = longestMs && setTimeout(() => this.deadline.giveUpAll(this.cutOff()), longestMs);
      await new Promise<void>((resolve) => (this.onDrained = resolve));
      clearTimeout(timer);
    }
    this.deadline.release();
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

  private late(method: string): PluginError {
    const { callTimeoutMs, callTimeoutSetting } = this.options;
    const fix = `see what its back end does, or raise ${callTimeoutSetting}`;
    return this.error('PLUGIN_CALL_TIMEOUT', `no answer of ${method}()`, `one within ${callTimeoutMs} ms`, fix);
  }

  private failed(method: string, cause: unknown): PluginError {
    const found = `${method}() failing (${this.options.mask(reasonOf(cause))})`;
    return this.error(
      'PLUGIN_CALL_FAILED',
      found,
      'an answer',
      'see the log of the plugin',
      withoutSecrets(cause, this.options.mask),
    );
  }

  private cutOff(): PluginError {
    const fix = 'see what its back end does, or lower the time limit of a call';
    return this.error('PLUGIN_CLOSED', 'a call without an answer when it was closed', 'an answer before', fix);
  }

  private error(code: PluginError['code'], found: string, wanted: string, fix: string, cause?: unknown): PluginError {
    return new PluginError(code, { path: this.options.path, found, wanted, fix, cause });
  }
}

/** What an application holds: the methods of the contract that the instance has, under guard; lifecycle methods excepted. */
export function proxyOf<T extends object>(contract: Contract<T>, calls: GuardedCalls): T {
  const methods = Object.entries<MethodRule>(contract.methods)
    .filter(([method, rule]) => rule.lifecycle !== true && calls.has(method))
    .map(([method]) => [method, (...args: unknown[]) => calls.call(method, args)]);
  return Object.freeze(Object.fromEntries(methods)) as T;
}

/** Takes the call options, recognised by their signal, off the end of the arguments: data is never undefined. */
function splitArguments(args: readonly unknown[]): { data: readonly unknown[]; signal: AbortSignal | undefined } {
  const last = args.at(-1);
  if (last === undefined) return { data: args.slice(0, -1), signal: undefined };
  return isPluginCall(last) ? { data: args.slice(0, -1), signal: last.signal } : { data: args, signal: undefined };
}

function isPluginCall(value: unknown): value is PluginCall {
  if (typeof value !== 'object' || value === null || !('signal' in value)) return false;
  return value.signal === undefined || value.signal instanceof AbortSignal;
}

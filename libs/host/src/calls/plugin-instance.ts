// The interface of an instance in any isolation, and its inline implementation.
import type { MethodRule } from '@pluggable/contract';
import type { PluginError } from '../plugin.error.js';
import { type CallTrace, collectSpans } from '../telemetry/call-trace.js';
import { abortSignalOf, type CallSignal } from './call-life.js';
import { plainCopy } from './plain-data.js';
import { Rejection, rejectionPartsOf } from './rejection.js';

export interface InstanceHealth {
  /** False between the end of an isolated instance and its next start. */
  readonly isUp: boolean;
  /** Number of restarts. */
  readonly restarts: number;
  /** Reason of the last unexpected end; null if there was none. */
  readonly lastEnd: PluginError | null;
}

export interface PluginInstance {
  /** Names of the methods that the instance has, including `ping` and `close`. */
  readonly methods: ReadonlySet<string>;
  health(): InstanceHealth;
  /**
   * Resolves with a plain copy of the answer.
   * @param args plain data arguments, without the call options
   * @param signal separate from `args`, because a signal cannot cross a thread as data
   * @param trace collects the spans of the plugin's libraries, if the call is traced
   * @throws Rejection when the method rejected or threw
   * @throws NotPlain when the answer, or the details of a domain error, are not plain data
   * @throws PluginError when the call did not reach the plugin, or the plugin has ended
   */
  call(method: string, args: readonly unknown[], signal: CallSignal, trace?: CallTrace): Promise<unknown>;
  /** Number of aborted calls whose abort the instance has not acknowledged. */
  unacknowledgedAborts(): number;
  /** Closes the instance. Called once, after the last call. */
  close(): Promise<void>;
  /** Kills the worker or process if `close` did not end it. */
  terminate(): Promise<void>;
}

const ALWAYS_UP: InstanceHealth = { isUp: true, restarts: 0, lastEnd: null };

/** An instance in this thread. */
export class InlineInstance implements PluginInstance {
  constructor(
    private readonly target: object,
    readonly methods: ReadonlySet<string>,
    private readonly rules: Readonly<Record<string, MethodRule>>,
    /** Names of the tracing channels of the plugin's libraries. */
    private readonly telemetry: readonly string[] = [],
  ) {}

  health(): InstanceHealth {
    return ALWAYS_UP;
  }

  async call(method: string, args: readonly unknown[], signal: CallSignal, trace?: CallTrace): Promise<unknown> {
    const target = this.target as Record<string, (...args: unknown[]) => unknown>;
    let answer: unknown;
    try {
      answer = await (trace === undefined
        ? target[method]?.(...args, { signal: abortSignalOf(signal) })
        : this.traced(trace, () =>
            target[method]?.(...args, { signal: abortSignalOf(signal), traceparent: trace.traceparent }),
          ));
    } catch (error) {
      throw this.failureOf(method, error);
    }
    return plainCopy(answer, 'answer');
  }

  private traced<Answer>(trace: CallTrace, call: () => Answer): Answer {
    collectSpans(this.telemetry);
    return trace.run(call);
  }

  /** @throws NotPlain */
  protected failureOf(method: string, error: unknown): Error {
    return new Rejection(rejectionPartsOf(error, this.rules[method]?.errors));
  }

  /** An inline instance receives an abort at once. */
  unacknowledgedAborts(): number {
    return 0;
  }

  async close(): Promise<void> {
    if (this.methods.has('close')) await (this.target as { close: () => unknown }).close();
  }

  /** Code in the host's own thread cannot be killed. */
  async terminate(): Promise<void> {}
}

/** An own or inherited member, except those of every object, such as `toString`. */
export function memberOf(object: object, name: string): unknown {
  const member: unknown = Reflect.get(object, name);
  return member === Reflect.get(Object.prototype, name) ? undefined : member;
}

// The one interface through which the host reaches an instance, wherever it runs.
import type { MethodRule } from '@pluggable/contract';
import type { PluginError } from '../plugin.error.js';
import { abortSignalOf, type CallSignal } from './call-life.js';
import { plainCopy } from './plain-data.js';
import { Rejection, rejectionPartsOf } from './rejection.js';

export interface InstanceHealth {
  /** False between the end of an isolated instance and its next start. */
  readonly isUp: boolean;
  /** How often it was started again. */
  readonly restarts: number;
  /** Why it ended the last time; null when it never did. */
  readonly lastEnd: PluginError | null;
}

export interface PluginInstance {
  /** The methods that this instance has: of its contract, `ping` and `close`. */
  readonly methods: ReadonlySet<string>;
  health(): InstanceHealth;
  /**
   * Resolves with plain data of its own.
   * @param args plain data; the signal travels beside them, because it must be carried across a thread by other means
   * @throws Rejection what the method rejected with, or threw
   * @throws NotPlain when its answer is no plain data, or the details of a domain error
   * @throws PluginError when the call did not reach the plugin, or the plugin has ended
   */
  call(method: string, args: readonly unknown[], signal: CallSignal): Promise<unknown>;
  /** Aborted calls whose abortion the instance has not acknowledged. */
  unacknowledgedAborts(): number;
  /** Ends the instance. Called once, after its last call. */
  close(): Promise<void>;
  /** Ends by force what close did not, as far as that can be done. */
  terminate(): Promise<void>;
}

const ALWAYS_UP: InstanceHealth = { isUp: true, restarts: 0, lastEnd: null };

/** An instance in this thread. */
export class InlineInstance implements PluginInstance {
  constructor(
    private readonly target: object,
    readonly methods: ReadonlySet<string>,
    private readonly rules: Readonly<Record<string, MethodRule>>,
  ) {}

  health(): InstanceHealth {
    return ALWAYS_UP;
  }

  async call(method: string, args: readonly unknown[], signal: CallSignal): Promise<unknown> {
    const target = this.target as Record<string, (...args: unknown[]) => unknown>;
    let answer: unknown;
    try {
      answer = await target[method]?.(...args, { signal: abortSignalOf(signal) });
    } catch (error) {
      throw this.failureOf(method, error);
    }
    return plainCopy(answer, 'answer');
  }

  /** @throws NotPlain */
  protected failureOf(method: string, error: unknown): Error {
    return new Rejection(rejectionPartsOf(error, this.rules[method]?.errors));
  }

  /** An instance in this thread sees an abortion at once. */
  unacknowledgedAborts(): number {
    return 0;
  }

  async close(): Promise<void> {
    if (this.methods.has('close')) await (this.target as { close: () => unknown }).close();
  }

  /** Nothing can be ended by force that shares a thread with its host. */
  async terminate(): Promise<void> {}
}

/** What an object has itself or by its class. What every object has, such as `toString`, is no member of a contract. */
export function memberOf(object: object, name: string): unknown {
  const member: unknown = Reflect.get(object, name);
  return member === Reflect.get(Object.prototype, name) ? undefined : member;
}

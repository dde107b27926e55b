// An instance of an older contract, behind the adapter that lets it serve as one of the new.
import type { Adapter, Contract } from '@pluggable/contract';
import { PluginError, reasonOf } from '../plugin.error.js';
import type { CallSignal } from './call-life.js';
import { type CheckOptions, CheckedCalls } from './checked-calls.js';
import { DeadlineExceeded, withDeadline } from './deadline.js';
import { InlineInstance, type InstanceHealth, memberOf, type PluginInstance } from './plugin-instance.js';

export interface AdaptOptions extends CheckOptions {
  /** How long a call to the old instance may take for which the adapter hands on no call options, in milliseconds. */
  readonly longestCallMs: number;
}

/** The old contract is checked in calls of the adapter; the new one is by those who call this. */
export class AdaptedInstance implements PluginInstance {
  readonly methods: ReadonlySet<string>;
  private readonly adapted: AdaptedMethods;

  /** @throws TypeError when the adapter throws, or lacks a method of the new contract */
  constructor(
    private readonly old: PluginInstance,
    adapter: Adapter,
    contract: Pick<Contract<object>, 'kind' | 'version' | 'methods'>,
    options: AdaptOptions,
  ) {
    const { from } = adapter;
    const title = `the adapter from version ${from.version} to ${contract.version} of the ${contract.kind} contract`;
    const adapted = madeBy(title, () =>
      adapter.adapt(oldProxy(new CheckedCalls(old, from, options), options.longestCallMs) as never),
    );
    const rules = Object.entries(contract.methods);
    const isThere = (name: string): boolean => typeof memberOf(adapted, name) === 'function';
    const missing = rules.find(([name, { optional }]) => optional !== true && !isThere(name));
    if (missing !== undefined) throw new TypeError(`${title} gives no method ${missing[0]}()`);
    const methods = rules.map(([name]) => name).filter(isThere);
    this.adapted = new AdaptedMethods(adapted, new Set(methods), contract.methods);
    this.methods = new Set([...methods, ...['ping', 'close'].filter((name) => old.methods.has(name))]);
  }

  health(): InstanceHealth {
    return this.old.health();
  }

  async call(method: string, args: readonly unknown[], signal: CallSignal): Promise<unknown> {
    return await (method === 'ping' ? this.old : this.adapted).call(method, args, signal);
  }

  unacknowledgedAborts(): number {
    return this.old.unacknowledgedAborts();
  }

  async close(): Promise<void> {
    await this.old.close();
  }

  async terminate(): Promise<void> {
    await this.old.terminate();
  }
}

/** What the adapter made. A PluginError that it rejects with is the host's own: it says how a call of the old instance ended. */
class AdaptedMethods extends InlineInstance {
  protected override failureOf(method: string, error: unknown): Error {
    return isOfHost(error) ? error : super.failureOf(method, error);
  }
}

function isOfHost(error: unknown): error is PluginError {
  try {
    return error instanceof PluginError;
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

function madeBy(title: string, adapt: () => unknown): object {
  let made: unknown;
  try {
    made = adapt();
  } catch (cause) {
    throw new TypeError(`${title} threw (${reasonOf(cause)})`, { cause });
  }
  if (typeof made === 'object' && made !== null) return made;
  throw new TypeError(`${title} gives ${made === null ? 'null' : `a value of type ${typeof made}`}, wanted an object`);
}

/** What the adapter holds: the methods that the old instance has. */
function oldProxy(calls: CheckedCalls, longestCallMs: number): object {
  const call = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const { data, signal } = calls.take(name, args);
    if (signal !== undefined) return await calls.call(name, data, signal);
    try {
      return await withDeadline(longestCallMs, (own) => calls.call(name, data, own));
    } catch (error) {
      throw error instanceof DeadlineExceeded ? calls.late(name, longestCallMs) : error;
    }
  };
  return Object.freeze(Object.fromEntries(calls.names.map((name) => [name, (...args: unknown[]) => call(name, args)])));
}

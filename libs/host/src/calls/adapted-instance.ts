// An instance of an older contract version behind an adapter to the newer one.
import type { Adapter, Contract } from '@pluggable/contract';
import { PluginError, reasonOf } from '../plugin.error.js';
import { CallTrace } from '../telemetry/call-trace.js';
import type { CallSignal } from './call-life.js';
import { type CheckOptions, CheckedCalls } from './checked-calls.js';
import { DeadlineExceeded, withDeadline } from './deadline.js';
import { InlineInstance, type InstanceHealth, memberOf, type PluginInstance } from './plugin-instance.js';

export interface AdaptOptions extends CheckOptions {
  /** Deadline of a call to the old instance if the adapter passes no call options, in milliseconds. */
  readonly longestCallMs: number;
}

/** Checks the adapter's calls against the old contract. Its callers check the new one. */
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
    const adapted = adaptedBy(title, () =>
      adapter.adapt(oldProxy(new CheckedCalls(old, from, options), options.longestCallMs) as never),
    );
    const rules = Object.entries(contract.methods);
    const isThere = (name: string): boolean => typeof memberOf(adapted, name) === 'function';
    const missing = rules.find(([name, { optional }]) => optional !== true && !isThere(name));
    if (missing !== undefined) throw new TypeError(`${title} returns no method ${missing[0]}()`);
    const methods = rules.map(([name]) => name).filter(isThere);
    this.adapted = new AdaptedMethods(adapted, new Set(methods), contract.methods);
    this.methods = new Set([...methods, ...['ping', 'close'].filter((name) => old.methods.has(name))]);
  }

  health(): InstanceHealth {
    return this.old.health();
  }

  async call(method: string, args: readonly unknown[], signal: CallSignal, trace?: CallTrace): Promise<unknown> {
    return await (method === 'ping' ? this.old : this.adapted).call(method, args, signal, trace);
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

/** The object that the adapter returned. If it rejects with a PluginError of the host, a call of the old instance failed. */
class AdaptedMethods extends InlineInstance {
  protected override failureOf(method: string, error: unknown): Error {
    return isOfHost(error) ? error : super.failureOf(method, error);
  }
}

function isOfHost(error: unknown): error is PluginError {
  try {
    return error instanceof PluginError;
  } catch {
    // A revoked proxy.
    return false;
  }
}

function adaptedBy(title: string, adapt: () => unknown): object {
  let adapted: unknown;
  try {
    adapted = adapt();
  } catch (cause) {
    throw new TypeError(`${title} threw (${reasonOf(cause)})`, { cause });
  }
  if (typeof adapted === 'object' && adapted !== null) return adapted;
  const found = adapted === null ? 'null' : `a value of type ${typeof adapted}`;
  throw new TypeError(`${title} returned ${found}, wanted an object`);
}

/** The argument of the adapter: the methods of the old instance. */
function oldProxy(calls: CheckedCalls, longestCallMs: number): object {
  const call = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const { data, signal } = calls.take(name, args);
    if (signal !== undefined) return await calls.call(name, data, signal);
    try {
      return await withDeadline(longestCallMs, (own) => calls.call(name, data, own));
    } catch (error) {
      throw error instanceof DeadlineExceeded ? calls.timeoutError(name, longestCallMs) : error;
    }
  };
  return Object.freeze(Object.fromEntries(calls.names.map((name) => [name, (...args: unknown[]) => call(name, args)])));
}

// The deadline of each method: from the options, else from the contract, else 1 s.
import type { Contract } from '@pluggable/contract';
import { type CallTimeouts, type FilledPluginOptions, wrongOption } from '../plugin-options.js';

/** Deadline if neither options nor contract set one, in milliseconds. */
const DEFAULT_MS = 1_000;

type Methods = Pick<Contract<object>, 'kind' | 'methods'>;

/** @returns milliseconds */
export function timeoutOf({ methods }: Methods, method: string, given: CallTimeouts): number {
  const configured = typeof given === 'number' ? given : own(given, method);
  return configured ?? own(methods, method)?.timeoutMs ?? DEFAULT_MS;
}

/** Longest deadline of the contract's methods, in milliseconds. */
export function longestTimeoutMs(contract: Methods, given: CallTimeouts): number {
  const timeouts = Object.keys(contract.methods).map((method) => timeoutOf(contract, method, given));
  return timeouts.length === 0 ? DEFAULT_MS : Math.max(...timeouts);
}

/** @throws PluginError PLUGIN_OPTION_INVALID for a timeout of a method that the contract does not have */
export function refuseUnknownMethods(
  { kind, methods }: Methods,
  options: Pick<FilledPluginOptions, 'path' | 'settingNames' | 'callTimeoutMs'>,
): void {
  const { callTimeoutMs: given } = options;
  if (typeof given === 'number') return;
  const known = [...Object.keys(methods), 'ping'];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const wanted = `methods of the ${kind} contract: ${known.join(', ')}`;
  throw wrongOption(options, 'callTimeoutMs', `callTimeoutMs.${unknown}`, wanted);
}

function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

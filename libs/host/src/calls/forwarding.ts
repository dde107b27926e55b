// An object with the methods of a contract that forwards each call to the present target.
import type { Contract } from '@pluggable/contract';
import { memberOf } from './plugin-instance.js';

/** It has an optional method while the target has it. */
export function forwarding<T extends object>(contract: Contract<T>, target: () => object): T {
  const proxy = {};
  for (const [method, { optional }] of [...Object.entries(contract.methods), PING]) {
    const call = (...args: unknown[]): unknown =>
      (target() as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    const isThere = (): boolean => memberOf(target(), method) !== undefined;
    Object.defineProperty(
      proxy,
      method,
      optional === true
        ? { get: () => (isThere() ? call : undefined), enumerable: true }
        : { value: call, enumerable: true },
    );
  }
  return Object.freeze(proxy) as T;
}

const PING = ['ping', { optional: true }] as const;

// What kind of object it is, in whichever realm it was made.
import { types } from 'node:util';

/** What kind of buffer it is, when that is none whose bytes stay as they are. */
export function whyNotCopied(buffer: ArrayBufferLike): string | undefined {
  if (!types.isArrayBuffer(buffer)) return 'SharedArrayBuffer';
  if (buffer.resizable) return 'resizable ArrayBuffer';
  return buffer.detached ? 'detached ArrayBuffer' : undefined;
}

export function bytesOf(value: bigint): number {
  return BigInt.asIntN(64, value) === value ? 8 : value.toString(16).length / 2;
}

/** Whether an object without members holds something all the same, whatever its prototype is. */
export function hasOwnData(object: object): boolean {
  const { isMap, isSet, isDate, isAnyArrayBuffer, isBoxedPrimitive, isPromise, isWeakMap, isWeakSet } = types;
  return [isMap, isSet, isDate, isAnyArrayBuffer, isBoxedPrimitive, isPromise, isWeakMap, isWeakSet].some((is) =>
    is(object),
  );
}

/** Whether it is an object without a class, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && isPlainPrototype(Object.getPrototypeOf(value));
}

/** That of an object without a class, in each realm. */
export function isPlainPrototype(prototype: unknown): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (typeof prototype !== 'object') return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);

export function nameOfTypedArray(view: ArrayBufferView): string | undefined {
  return typedArrayTag?.get?.call(view) as string | undefined;
}

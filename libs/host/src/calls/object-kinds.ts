// Kinds of objects, independent of their realm.
import { types } from 'node:util';

/** The kind of a buffer that cannot be copied, because its bytes may change; undefined for one that can. */
export function uncopyableKindOf(buffer: ArrayBufferLike): string | undefined {
  if (!types.isArrayBuffer(buffer)) return 'SharedArrayBuffer';
  if (buffer.resizable) return 'resizable ArrayBuffer';
  return buffer.detached ? 'detached ArrayBuffer' : undefined;
}

export function bytesOf(value: bigint): number {
  return BigInt.asIntN(64, value) === value ? 8 : value.toString(16).length / 2;
}

/** Whether the object has internal data, whatever its prototype is. */
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

/** Whether it is the prototype of an object without a class, in any realm. */
export function isPlainPrototype(prototype: unknown): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (typeof prototype !== 'object') return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);

export function nameOfTypedArray(view: ArrayBufferView): string | undefined {
  return typedArrayTag?.get?.call(view) as string | undefined;
}

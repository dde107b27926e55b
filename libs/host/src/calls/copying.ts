// Copies one value, or several that may refer to the same objects, as plain data. See plain-data.ts for the rule.
import { types } from 'node:util';
import { plainReasonOf } from '../plugin.error.js';
import { COPY_BYTES, fixFor, instanceOf, NotPlain, placeOf, type Step, valueOfKey } from './not-plain.js';
import { bytesOf, hasOwnData, isPlainPrototype, nameOfTypedArray, uncopyableKindOf } from './object-kinds.js';

/** Most values in one argument or answer, including nested values and holes of lists. */
export const MAX_VALUES = 1_000_000;
/** Deepest nesting. */
const MAX_DEPTH = 500;
/** Most characters (of strings, names and patterns) and bytes (of buffers and bigints) together. */
export const MAX_PLAIN_SIZE = 16 * 1024 * 1024;

export class Copying {
  private readonly path: Step[] = [];
  /** Copies by original. Created for the second object. */
  private copies: Map<object, object> | undefined;
  private firstObject: object | undefined;
  private firstCopy: object | undefined;
  private refusal: NotPlain | undefined;
  private values = 0;
  private size = 0;
  private place = '';

  constructor(private readonly text: ((text: string) => string) | undefined) {}

  copyAt(place: string, value: unknown): unknown {
    this.place = place;
    return this.copy(value);
  }

  private copy(value: unknown, step?: Step): unknown {
    this.count(1);
    switch (typeof value) {
      case 'string':
        this.measure(value.length);
        return this.text === undefined ? value : this.text(value);
      case 'number':
      case 'boolean':
      case 'undefined':
        return value;
      case 'bigint':
        this.measure(bytesOf(value));
        return value;
      default:
        if (value === null) return value;
        if (step !== undefined) this.path.push(step);
    }
    if (typeof value !== 'object') throw this.refuse(typeof value === 'symbol' ? 'a symbol' : 'a function');
    const copied = this.copyOf(value);
    if (step !== undefined) this.path.pop();
    return copied;
  }

  private copyOf(object: object): object {
    const known = this.known(object);
    if (known !== undefined) return known;
    if (this.path.length >= MAX_DEPTH) throw this.refuse(`nested more than ${MAX_DEPTH} deep`, SEND_LESS);
    try {
      const prototype: unknown = Object.getPrototypeOf(object);
      if (isPlainPrototype(prototype)) return this.members(object);
      return Array.isArray(object) ? this.list(object, prototype) : this.builtIn(object, prototype);
    } catch (error) {
      // A getter may throw any value, so `instanceof` is not safe here.
      if (this.refusal !== undefined && error === this.refusal) throw error;
      throw this.refuse(`an object that cannot be read (${plainReasonOf(error)})`);
    }
  }

  private members(object: object): object {
    // The spread reads each member once.
    const copy: Record<string, unknown> = { ...object };
    const names = Object.keys(copy);
    const all = Object.getOwnPropertyNames(object).length + Object.getOwnPropertySymbols(object).length;
    if (all !== names.length) throw this.refuse('an object with symbols or hidden members');
    if (all === 0 && hasOwnData(object)) throw this.refuse('a built-in object whose prototype was replaced');
    this.remember(object, copy);
    for (const name of names) {
      this.measure(name.length);
      copy[name] = this.copy(copy[name], name);
    }
    return copy;
  }

  private list(list: readonly unknown[], prototype: unknown): unknown[] {
    // Array.prototype is an array in every realm; the prototype of a subclass is not.
    if (!Array.isArray(prototype)) throw this.refuseClass(list);
    const { length } = list;
    if (length > MAX_VALUES) throw this.tooMany();
    const names = Object.keys(list);
    if (Reflect.ownKeys(list).length !== names.length + 1) throw this.refuse('a list with symbols or hidden members');
    this.count(length - names.length);
    const copy: unknown[] = [];
    this.remember(list, copy);
    copy.length = length;
    for (const name of names) {
      const index = Number(name);
      const isIndex = Number.isInteger(index) && index >= 0 && index < length && String(index) === name;
      if (!isIndex) throw this.refuse(`a list with the member ${JSON.stringify(name)}`);
      copy[index] = this.copy(list[index], index);
    }
    return copy;
  }

  private builtIn(object: object, prototype: unknown): object {
    if (ArrayBuffer.isView(object)) return this.remember(object, this.view(object, prototype));
    // The prototype of a subclass does not inherit from Object.prototype directly.
    const isSubclass = !isPlainPrototype(Object.getPrototypeOf(prototype));
    if (isSubclass || types.isProxy(object)) throw this.refuseClass(object);
    if (types.isMap(object)) return this.map(this.withoutMembers(object));
    if (types.isSet(object)) return this.set(this.withoutMembers(object));
    if (types.isDate(object)) {
      return this.remember(object, new Date(Date.prototype.getTime.call(this.withoutMembers(object))));
    }
    if (types.isRegExp(object)) return this.remember(object, this.pattern(this.withoutMembers(object, 1)));
    if (types.isArrayBuffer(object)) return this.remember(object, this.bytes(this.withoutMembers(object)));
    throw this.refuseClass(object);
  }

  /** Refuses extra members, which a copy would lose. */
  private withoutMembers<Instance extends object>(object: Instance, count = 0): Instance {
    if (Reflect.ownKeys(object).length > count) throw this.refuse(`${instanceOf(object)} with members of its own`);
    return object;
  }

  private pattern(pattern: RegExp): RegExp {
    if (pattern.lastIndex !== 0) throw this.refuse('a RegExp with a lastIndex', 'send it with the lastIndex 0');
    this.measure(pattern.source.length);
    return new RegExp(pattern.source, pattern.flags);
  }

  private bytes(buffer: ArrayBuffer): ArrayBuffer {
    const what = uncopyableKindOf(buffer);
    if (what !== undefined) throw this.refuse(`a ${what}`, COPY_BYTES);
    this.measure(buffer.byteLength);
    return buffer.slice(0);
  }

  private map(map: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>();
    this.remember(map, copy);
    let index = 0;
    for (const [key, value] of Map.prototype.entries.call(map) as Iterable<[unknown, unknown]>) {
      copy.set(this.copy(key, { by: `.keys()[${index}]` }), this.copy(value, valueOfKey(key, index)));
      index++;
    }
    return copy;
  }

  private set(set: ReadonlySet<unknown>): Set<unknown> {
    const copy = new Set<unknown>();
    this.remember(set, copy);
    for (const value of Set.prototype.values.call(set)) copy.add(this.copy(value, { by: `.values()[${copy.size}]` }));
    return copy;
  }

  /** Copies only the bytes of the view: its buffer may contain other data. */
  private view(view: ArrayBufferView, prototype: unknown): ArrayBufferView {
    const { buffer, byteLength, byteOffset } = view;
    const what = uncopyableKindOf(buffer);
    if (what !== undefined) throw this.refuse(`a view of a ${what}`, COPY_BYTES);
    this.measure(byteLength);
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    if (types.isDataView(view)) {
      if (!isPlainPrototype(Object.getPrototypeOf(prototype))) throw this.refuseClass(view);
      this.withoutMembers(view);
      return new DataView(bytes);
    }
    if (Object.getOwnPropertySymbols(view).length > 0) throw this.refuse(`${instanceOf(view)} with members of its own`);
    if (Buffer.isBuffer(view)) return new Uint8Array(bytes);
    const isSubclass = !isPlainPrototype(Object.getPrototypeOf(Object.getPrototypeOf(prototype)));
    const kind: unknown = Reflect.get(globalThis, nameOfTypedArray(view) ?? '');
    if (isSubclass || typeof kind !== 'function') throw this.refuseClass(view);
    return Reflect.construct(kind, [bytes]) as ArrayBufferView;
  }

  private known(object: object): object | undefined {
    return this.firstObject === object ? this.firstCopy : this.copies?.get(object);
  }

  private remember<Copy extends object>(object: object, copy: Copy): Copy {
    if (this.firstObject === undefined) {
      this.firstObject = object;
      this.firstCopy = copy;
    } else {
      (this.copies ??= new Map()).set(object, copy);
    }
    return copy;
  }

  private count(values: number): void {
    this.values += values;
    if (this.values > MAX_VALUES) throw this.tooMany();
  }

  private measure(size: number): void {
    this.size += size;
    if (this.size > MAX_PLAIN_SIZE) throw this.refuse(`part of more than ${MAX_PLAIN_SIZE} characters`, SEND_LESS);
  }

  private tooMany(): NotPlain {
    return this.refuse(`part of more than ${MAX_VALUES} values`, SEND_LESS);
  }

  private refuse(found: string, fix = 'send plain data'): NotPlain {
    this.refusal = new NotPlain(placeOf(this.place, this.path), found, fix);
    return this.refusal;
  }

  private refuseClass(object: object): NotPlain {
    return this.refuse(instanceOf(object), fixFor(object));
  }
}

const SEND_LESS = 'send less at a time';

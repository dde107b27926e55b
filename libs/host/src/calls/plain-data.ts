// Plain data: what may cross between application and plugin, by one rule in every isolation.
import { types } from 'node:util';
import { insteadOf, instanceOf, NotPlain, placeOf, type Step, valueOfKey } from './not-plain.js';

/** Most values in the arguments of a call or in its answer, those within them included. */
const MAX_VALUES = 1_000_000;
/** The way out of a limit. */
const SEND_LESS = 'send less at a time';
/** A text that need not be counted, in characters. */
const SHORT_TEXT = 1_024;
/** Deepest nesting. */
const MAX_DEPTH = 500;
/** Most characters of texts and names, and bytes of buffers, together. */
export const MAX_PLAIN_SIZE = 16 * 1024 * 1024;

/**
 * A copy of a value that is plain data: what structured clone copies with its type. That is undefined, null, booleans, numbers,
 * bigints and texts; objects without a class, arrays, `Map`, `Set`, `Date`, `RegExp`, `ArrayBuffer` and its views. A `Buffer`
 * becomes a `Uint8Array`. An object that occurs twice, or contains itself, does so in the copy.
 *
 * It copies and does not only check, so that a plugin in this thread shares no object with its application, as one in another
 * thread or process does not. What a member is, is read once.
 *
 * @param place what the value is called in an error
 * @param text applied to each text, but not to names. @default none
 * @throws NotPlain for everything else, and for what a copy would lose: symbols as names, hidden members, members beside the
 * entries of a list or a `Map`; also for more than a million values, 16 Mi characters and bytes, or 500 levels
 */
export function plainCopy(value: unknown, place: string, text?: (text: string) => string): unknown {
  return isShortAtom(value) && text === undefined ? value : new Copying(text).copyAt(value, place);
}

/**
 * {@link plainCopy} of each argument of a call; the limits are of all together.
 * @param places what the arguments are called
 */
export function plainCopies(values: readonly unknown[], places: readonly string[]): unknown[] {
  let copying: Copying | undefined;
  return places.map((place, index) => {
    const value = values[index];
    return isShortAtom(value) ? value : (copying ??= new Copying()).copyAt(value, place);
  });
}

/** A value that is its own copy, and too small to count. */
function isShortAtom(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= SHORT_TEXT;
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return value === null;
  }
}

class Copying {
  private readonly path: Step[] = [];
  /** The copies of the objects so far. Not made before there is a second one. */
  private copies: Map<object, object> | undefined;
  private firstObject: object | undefined;
  private firstCopy: object | undefined;
  private values = 0;
  private size = 0;

  private place = '';

  constructor(private readonly text?: (text: string) => string) {}

  copyAt(value: unknown, place: string): unknown {
    this.place = place;
    return this.copy(value);
  }

  private copy(value: unknown, step?: Step): unknown {
    this.values++;
    if (this.values > MAX_VALUES) throw this.tooMany();
    switch (typeof value) {
      case 'string':
        this.measure(value.length);
        return this.text === undefined ? value : this.text(value);
      case 'number':
      case 'boolean':
      case 'undefined':
      case 'bigint':
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
    if (this.path.length > MAX_DEPTH) throw this.refuse(`nested more than ${MAX_DEPTH} deep`, SEND_LESS);
    try {
      const prototype: unknown = Object.getPrototypeOf(object);
      if (isPlainPrototype(prototype)) return this.members(object);
      return Array.isArray(object) ? this.list(object, prototype) : this.builtIn(object, prototype);
    } catch (error) {
      if (error instanceof NotPlain) throw error;
      throw this.refuse(`an object that cannot be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  private members(object: object): object {
    // Reads each member once.
    const copy: Record<string, unknown> = { ...object };
    const names = Object.keys(copy);
    const all = Object.getOwnPropertyNames(object).length + Object.getOwnPropertySymbols(object).length;
    if (all !== names.length) throw this.refuse('an object with symbols or hidden members');
    this.remember(object, copy);
    for (const name of names) {
      this.measure(name.length);
      copy[name] = this.copy(copy[name], name);
    }
    return copy;
  }

  private list(list: readonly unknown[], prototype: unknown): unknown[] {
    // Array.prototype is a list itself, in each realm; that of a subclass is none.
    if (!Array.isArray(prototype)) throw this.refuseClass(list);
    if (list.length > MAX_VALUES) throw this.tooMany();
    const names = Object.keys(list);
    if (Reflect.ownKeys(list).length !== names.length + 1) throw this.refuse('a list with symbols or hidden members');
    const copy: unknown[] = [];
    this.remember(list, copy);
    copy.length = list.length;
    for (const name of names) {
      const index = Number(name);
      if (!(index < list.length) || String(index) !== name) throw this.refuse(`a list with the member "${name}"`);
      copy[index] = this.copy(list[index], index);
    }
    return copy;
  }

  private builtIn(object: object, prototype: unknown): object {
    if (ArrayBuffer.isView(object)) return this.remember(object, this.view(object, prototype));
    // A subclass is one prototype further from Object.
    const isSubclass = !isPlainPrototype(Object.getPrototypeOf(prototype));
    if (isSubclass || types.isProxy(object)) throw this.refuseClass(object);
    if (Reflect.ownKeys(object).length > (types.isRegExp(object) ? 1 : 0)) {
      throw this.refuse(`${instanceOf(object)} with members of its own`);
    }
    if (types.isMap(object)) return this.map(object);
    if (types.isSet(object)) return this.set(object);
    if (types.isDate(object)) return this.remember(object, new Date(Date.prototype.getTime.call(object)));
    if (types.isRegExp(object) && object.lastIndex === 0) {
      return this.remember(object, new RegExp(object.source, object.flags));
    }
    if (types.isArrayBuffer(object) && !object.resizable && !object.detached) {
      this.measure(object.byteLength);
      return this.remember(object, object.slice(0));
    }
    throw this.refuseClass(object);
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

  /** Of its own bytes alone: other data may be in the same buffer. */
  private view(view: ArrayBufferView, prototype: unknown): ArrayBufferView {
    const { buffer, byteLength, byteOffset } = view;
    if (!types.isArrayBuffer(buffer) || buffer.resizable || buffer.detached) throw this.refuseClass(view);
    this.measure(byteLength);
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    if (types.isDataView(view)) {
      if (!isPlainPrototype(Object.getPrototypeOf(prototype))) throw this.refuseClass(view);
      return new DataView(bytes);
    }
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

  private measure(size: number): void {
    this.size += size;
    if (this.size > MAX_PLAIN_SIZE) throw this.refuse(`part of more than ${MAX_PLAIN_SIZE} characters`, SEND_LESS);
  }

  private tooMany(): NotPlain {
    return this.refuse(`part of more than ${MAX_VALUES} values`, SEND_LESS);
  }

  private refuse(found: string, fix = 'send plain data'): NotPlain {
    return new NotPlain(placeOf(this.place, this.path), found, fix);
  }

  private refuseClass(object: object): NotPlain {
    return this.refuse(instanceOf(object), insteadOf(object));
  }
}

/** That of an object without a class, in each realm. */
function isPlainPrototype(prototype: unknown): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (typeof prototype !== 'object') return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);

function nameOfTypedArray(view: ArrayBufferView): string | undefined {
  return typedArrayTag?.get?.call(view) as string | undefined;
}

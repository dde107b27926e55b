// Plain data: what may cross between application and plugin, by one rule in every isolation.
import { types } from 'node:util';

/** Most values in one argument or answer, those within it included. */
const MAX_VALUES = 1_000_000;
/** Deepest nesting. */
const MAX_DEPTH = 500;
/** Most characters of texts and names, and bytes of buffers, together. */
export const MAX_PLAIN_SIZE = 16 * 1024 * 1024;

/** A value that is no plain data. */
export class NotPlain extends Error {
  override readonly name = 'NotPlain';

  /**
   * @param place where it is, such as `mail.attachments[0].href`
   * @param found what it is, such as `an instance of URL`
   * @param fix the way out
   */
  constructor(
    readonly place: string,
    readonly found: string,
    readonly fix: string,
  ) {
    super(`${place} is ${found}, which is no plain data; ${fix}`);
  }
}

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
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol' || text !== undefined) {
    return new Copying(place, text).copy(value);
  }
  if (typeof value === 'string' && value.length > MAX_PLAIN_SIZE) return new Copying(place, text).copy(value);
  return value;
}

/** The name of a member, the index of an entry, or how an entry of a `Map` or a `Set` is reached. */
type Step = string | number | { readonly by: string };

class Copying {
  private readonly path: Step[] = [];
  /** The copies of the objects so far. Not made before there is a second one. */
  private copies: Map<object, object> | undefined;
  private first: { readonly object: object; readonly copy: object } | undefined;
  private values = 0;
  private size = 0;

  constructor(
    private readonly place: string,
    private readonly text: ((text: string) => string) | undefined,
  ) {}

  copy(value: unknown, step?: Step): unknown {
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
    const names = Object.keys(object);
    if (Reflect.ownKeys(object).length !== names.length) throw this.refuse('an object with symbols or hidden members');
    const copy: Record<string, unknown> = {};
    this.remember(object, copy);
    for (const name of names) {
      this.measure(name.length);
      const value = this.copy((object as Record<string, unknown>)[name], name);
      if (name === '__proto__') Object.defineProperty(copy, name, { value, ...ORDINARY });
      else copy[name] = value;
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
      const by = typeof key === 'object' || typeof key === 'symbol' ? `.values()[${index}]` : `.get(${shown(key)})`;
      copy.set(this.copy(key, { by: `.keys()[${index}]` }), this.copy(value, { by }));
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
    return this.first?.object === object ? this.first.copy : this.copies?.get(object);
  }

  private remember<Copy extends object>(object: object, copy: Copy): Copy {
    if (this.first === undefined) this.first = { object, copy };
    else (this.copies ??= new Map()).set(object, copy);
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
    return new NotPlain(this.place + this.path.map(written).join(''), found, fix);
  }

  private refuseClass(object: object): NotPlain {
    return this.refuse(instanceOf(object), FIXES.get(className(object)) ?? 'send its plain data');
  }
}

const SEND_LESS = 'send less at a time';
const ORDINARY = { enumerable: true, configurable: true, writable: true };
/** What to send instead of an instance, by the name of its class. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ['URL', 'send its href'],
  ['URLSearchParams', 'send its text'],
  ['Headers', 'send its entries'],
  ['Blob', 'send its bytes'],
  ['AbortSignal', 'a call has a signal already'],
  ['Error', 'send its code and message, or reject with it'],
  ['Promise', 'await it'],
  ['SharedArrayBuffer', 'send a copy of its bytes'],
]);

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

function className(object: object): string {
  if (types.isNativeError(object)) return 'Error';
  const { constructor } = object;
  return typeof constructor === 'function' ? constructor.name : '';
}

function instanceOf(object: object): string {
  const name = className(object);
  return name === '' ? 'an instance of a class' : `an instance of ${name}`;
}

function written(step: Step): string {
  if (typeof step === 'object') return step.by;
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function shown(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

// What a log line may hold, made of whatever a program hands to its logger: plain, bounded, readable, and masked in one walk.
import { types } from 'node:util';
import { reasonOf } from '../plugin.error.js';
import type { Mask } from './secrets.js';

/** Bounds of one line. What goes beyond is cut, and the cut is said in the place of it. */
const MAX_DEPTH = 16;
const MAX_VALUES = 10_000;
const MAX_CHARACTERS = 128 * 1024;

/** These keys of an error are often not its own, or not enumerable. */
const ERROR_KEYS = ['name', 'message', 'code', 'stack', 'cause', 'errors'];

/**
 * A value as plain data that JSON writes and that crosses a thread: strings, numbers, booleans, null, lists and objects. An error
 * is an object with its name, message, code, stack, cause and own properties; bytes are counted; `toJSON` is heeded; what cannot
 * be read says so. Never throws.
 *
 * @param mask applied to every string, key and number
 */
export function loggable(value: unknown, mask: Mask): unknown {
  return new Walk(mask).read(() => value);
}

/** A text of a log line. */
export function loggableText(text: string, mask: Mask): string {
  return new Walk(mask).text(text);
}

/** Log fields as plain data, see {@link loggable}. An error is the field `error`; what is neither that nor an object, `fields`. */
export function loggableFields(fields: unknown, mask: Mask): Record<string, unknown> | undefined {
  if (fields === undefined || fields === null) return undefined;
  const plain = loggable(isError(fields) ? { error: fields } : fields, mask);
  return isRecord(plain) ? plain : { fields: plain };
}

/** Never throws. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Walk {
  /** The objects around the one that is read. */
  private readonly around = new Set<object>();
  private valuesLeft = MAX_VALUES;
  private charactersLeft = MAX_CHARACTERS;

  constructor(private readonly mask: Mask) {}

  read(get: () => unknown): unknown {
    try {
      return this.plain(get());
    } catch (error) {
      return this.text(`[cannot be read: ${reasonOf(error)}]`);
    }
  }

  /** Masked before it is cut: a cut could leave a part of a secret. */
  text(text: string): string {
    const masked = this.mask(text);
    const shown = masked.slice(0, this.charactersLeft);
    this.charactersLeft -= shown.length;
    const cut = masked.length - shown.length;
    return cut === 0 ? shown : `${shown}[${cut} more characters]`;
  }

  private plain(value: unknown): unknown {
    switch (typeof value) {
      case 'object':
        return value === null ? null : this.object(value);
      case 'string':
        return this.text(value);
      case 'number':
        return Number.isFinite(value) && this.mask(String(value)) === String(value) ? value : this.text(String(value));
      case 'bigint':
      case 'symbol':
        return this.text(String(value));
      case 'function':
        return this.text(`[function ${value.name}]`);
      default:
        return value;
    }
  }

  private object(value: object): unknown {
    if (this.around.has(value)) return '[circular]';
    if (this.around.size >= MAX_DEPTH) return '[nested too deeply]';
    this.around.add(value);
    try {
      return this.members(value);
    } finally {
      this.around.delete(value);
    }
  }

  private members(value: object): unknown {
    if (isError(value)) return this.record(value, [...new Set([...ERROR_KEYS, ...Object.keys(value)])]);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
    if (types.isRegExp(value) || value instanceof URLSearchParams) return this.text(String(value));
    if (types.isBoxedPrimitive(value)) return this.plain(value.valueOf());
    if (types.isMap(value) || types.isSet(value)) return this.list(value.size, members(value));
    if (Array.isArray(value)) return this.list(value.length, items(value));
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.read(value.toJSON.bind(value, ''));
    return this.record(value, Object.keys(value));
  }

  private list(length: number, values: Iterable<() => unknown>): unknown[] {
    const plain: unknown[] = [];
    for (const get of values) {
      if (this.valuesLeft-- <= 0) return [...plain, `[${length - plain.length} more]`];
      plain.push(this.read(get) ?? null);
    }
    return plain;
  }

  private record(value: object, keys: readonly string[]): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const [index, key] of keys.entries()) {
      if (this.valuesLeft-- <= 0) {
        entries.push([`[${keys.length - index} more]`, '']);
        break;
      }
      const shown = this.text(key);
      const member = this.read(() => Reflect.get(value, key));
      if (member !== undefined) entries.push([shown, member]);
    }
    return Object.fromEntries(entries);
  }
}

/** One by one: a getter among them may throw. */
function* items(array: readonly unknown[]): Iterable<() => unknown> {
  for (let index = 0; index < array.length; index++) yield () => array[index];
}

function* members(collection: Iterable<unknown>): Iterable<() => unknown> {
  for (const member of collection) yield () => member;
}

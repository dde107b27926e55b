// Converts any value to plain data for a log line: bounded, readable and masked, in one walk.
import { types } from 'node:util';
import { reasonOf } from '../plugin.error.js';
import type { Mask } from './secrets.js';

/** Limits of one log line. The excess is replaced by a note. */
const MAX_DEPTH = 16;
const MAX_VALUES = 10_000;
const MAX_CHARACTERS = 128 * 1024;

/** Keys of an error that are often inherited or not enumerable. */
const ERROR_KEYS = ['name', 'message', 'code', 'stack', 'cause', 'errors'];

/**
 * Converts a value to plain data that JSON and structured clone accept: strings, numbers, booleans, null, lists and objects. An
 * error becomes an object with its name, message, code, stack, cause and own properties; bytes become their count; `toJSON` is
 * called; an unreadable member becomes a note. Never throws.
 *
 * @param mask applied to every string, key and number
 */
export function loggable(value: unknown, mask: Mask): unknown {
  return new Walk(mask).read(() => value);
}

/** Converts the message of a log line. */
export function loggableText(text: string, mask: Mask): string {
  return new Walk(mask).text(text);
}

/** Converts log fields, see {@link loggable}. An error becomes the field `error`; any other non-object, the field `fields`. */
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
    // A revoked proxy.
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Walk {
  /** The ancestors of the current object. */
  private readonly ancestors = new Set<object>();
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

  /** Masks before it cuts: a cut could leave part of a secret. */
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
    if (this.ancestors.has(value)) return '[circular]';
    if (this.ancestors.size >= MAX_DEPTH) return '[nested too deeply]';
    this.ancestors.add(value);
    try {
      return this.members(value);
    } finally {
      this.ancestors.delete(value);
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

/** Deferred reads: a getter may throw. */
function* items(array: readonly unknown[]): Iterable<() => unknown> {
  for (let index = 0; index < array.length; index++) yield () => array[index];
}

function* members(collection: Iterable<unknown>): Iterable<() => unknown> {
  for (const member of collection) yield () => member;
}

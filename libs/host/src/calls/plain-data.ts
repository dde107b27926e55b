// Plain data: the only values that cross between application and plugin, by the same rule in every isolation.
import { Copying, MAX_PLAIN_SIZE } from './copying.js';

/** Strings up to this length are not counted, in characters: a call has few arguments. */
const SMALL_CHARS = 1_024;

/**
 * Copies plain data: undefined, null, booleans, numbers, bigints, strings, objects without a class, arrays, `Map`, `Set`, `Date`,
 * `RegExp`, `ArrayBuffer` and its views. A `Buffer` becomes a `Uint8Array`, and each view gets its own buffer. Repeated and
 * circular references are kept.
 *
 * It copies, so that an inline plugin shares no object with the application, like a plugin in another thread or process. Each
 * member is read once.
 *
 * @param place name of the value in an error
 * @param text applied to each string, but not to names. @default strings stay unchanged
 * @throws NotPlain for any other value, and for data that a copy would lose: symbol keys, non-enumerable members, extra members
 * of a list or a `Map` (extra string keys of a typed array are not detected, because this would take as long as reading it); also
 * for more than a million values, 16 Mi characters and bytes, or 500 levels
 */
export function plainCopy(value: unknown, place: string, text?: (text: string) => string): unknown {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return value;
    case 'string':
      if (text === undefined && value.length <= MAX_PLAIN_SIZE) return value;
      break;
    default:
      if (value === null) return value;
  }
  return new Copying(text).copyAt(place, value);
}

/**
 * Copies the arguments of a call, see {@link plainCopy}. The limits apply to all arguments together, and references between them
 * are kept.
 * @param places names of the arguments in an error
 */
export function plainCopies(values: readonly unknown[], places: readonly string[]): readonly unknown[] {
  if (values.every(isSmall)) return values;
  const copying = new Copying(undefined);
  return values.map((value, index) => copying.copyAt(places[index] ?? '', value));
}

function isSmall(value: unknown): boolean {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return true;
    case 'string':
      return value.length <= SMALL_CHARS;
    default:
      return value === null;
  }
}

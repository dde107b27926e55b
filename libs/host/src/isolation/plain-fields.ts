// Size and plainness of the fields of a log line from a guest.
import { types } from 'node:util';
import { isPlainObject } from '../calls/object-kinds.js';
import { isError } from '../foreign-error.js';

/** Most values in the fields; a repeated value counts each time. */
const MAX_VALUES = 1_000;
/** Most characters and bytes of all values and names together. */
const MAX_CHARS = 65_536;

/** The size of the fields in characters; undefined if they are too large, too many, or not plain. */
export function sizeOfFields(fields: Record<string, unknown> | undefined): number | undefined {
  if (fields === undefined) return 0;
  let values = 0;
  let chars = 0;
  const pending: unknown[] = [fields];
  while (pending.length > 0) {
    const value = pending.pop();
    values++;
    if (typeof value === 'string') chars += value.length;
    else if (ArrayBuffer.isView(value)) chars += value.byteLength;
    else if (typeof value === 'object' && value !== null) {
      const parts = partsOf(value);
      if (parts === undefined) return undefined;
      if (values + pending.length + parts.length > 2 * MAX_VALUES) return undefined;
      pending.push(...parts);
    } else if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (values > MAX_VALUES || chars > MAX_CHARS) return undefined;
  }
  return chars;
}

/** Names and values of the members; undefined if the object is not plain. */
function partsOf(value: object): unknown[] | undefined {
  if (Array.isArray(value)) return value.length > MAX_VALUES ? undefined : value;
  if (types.isMap(value)) return value.size > MAX_VALUES ? undefined : [...value.keys(), ...value.values()];
  if (types.isSet(value)) return value.size > MAX_VALUES ? undefined : [...value];
  if (types.isDate(value)) return [];
  if (isError(value)) return [value.message, value.stack, value.cause, ...Object.entries(value).flat()];
  if (!isPlainObject(value)) return undefined;
  return Object.entries(value).flat();
}

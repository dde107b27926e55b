// The error for a value that is not plain data: its place, its description and a fix.
import { types } from 'node:util';
import { onOneLine } from '../plugin.error.js';

/** The name of a member, the index of an entry, or the access to an entry of a `Map` or a `Set`. */
export type Step = string | number | { readonly by: string };

/** Longest `place` and longest `found`, in characters. Both may contain names and messages of any length. */
const MAX_SHOWN_CHARS = 1_000;

/** A value that is not plain data. */
export class NotPlain extends Error {
  override readonly name = 'NotPlain';
  /** Place of the value, such as `mail.attachments[0].href`. */
  readonly place: string;
  /** Description of the value, such as `an instance of URL`. */
  readonly found: string;

  /** @param fix instruction for the caller, such as `send its href` */
  constructor(
    place: string,
    found: string,
    readonly fix: string,
  ) {
    const shownPlace = shortened(place);
    const shownFound = shortened(onOneLine(found));
    super(`${shownPlace} is ${shownFound}, which is not plain data; ${fix}`);
    this.place = shownPlace;
    this.found = shownFound;
  }
}

/** Keeps both ends; the end of a place is the most specific part. */
function shortened(text: string): string {
  const half = MAX_SHOWN_CHARS / 2 - 1;
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** @param path from the value named `place` */
export function placeOf(place: string, path: readonly Step[]): string {
  return place + path.map(written).join('');
}

function written(step: Step): string {
  if (typeof step === 'object') return step.by;
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The access to a value of a `Map`, by its key if the key is a string or a number. */
export function valueOfKey(key: unknown, index: number): Step {
  if (typeof key === 'string') return { by: `.get(${JSON.stringify(key)})` };
  return { by: typeof key === 'number' ? `.get(${key})` : `.values()[${index}]` };
}

export function instanceOf(object: object): string {
  const name = className(object);
  return name === '' ? 'an instance of a class' : `an instance of ${name}`;
}

export const COPY_BYTES = 'send a copy of its bytes';
/** Fixes for instances, by class name. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ['URL', 'send its href'],
  ['URLSearchParams', 'send its text'],
  ['Headers', 'send its entries'],
  ['Blob', 'send its bytes'],
  ['AbortSignal', 'use the signal of the call options'],
  ['Error', 'send its code and message, or reject with it'],
  ['Promise', 'await it'],
  ['SharedArrayBuffer', COPY_BYTES],
]);

export function fixFor(object: object): string {
  return FIXES.get(className(object)) ?? 'send its plain data';
}

function className(object: object): string {
  if (types.isNativeError(object)) return 'Error';
  const { constructor } = object;
  const name: unknown = typeof constructor === 'function' ? constructor.name : '';
  return typeof name === 'string' ? name : '';
}

// What of a value is no plain data, in words: where it is, what it is, the way out.
import { types } from 'node:util';
import { onOneLine } from '../plugin.error.js';

/** The name of a member, the index of an entry, or how an entry of a `Map` or a `Set` is reached. */
export type Step = string | number | { readonly by: string };

/** Longest place, and longest text of what was found there, in characters. Names and messages of any length may be in it. */
const MAX_SHOWN_CHARS = 1_000;

/** A value that is no plain data. */
export class NotPlain extends Error {
  override readonly name = 'NotPlain';
  /** Where it is, such as `mail.attachments[0].href`. */
  readonly place: string;
  /** What it is, such as `an instance of URL`. */
  readonly found: string;

  /** @param fix the way out */
  constructor(
    place: string,
    found: string,
    readonly fix: string,
  ) {
    const shownPlace = shortened(place);
    const shownFound = shortened(onOneLine(found));
    super(`${shownPlace} is ${shownFound}, which is no plain data; ${fix}`);
    this.place = shownPlace;
    this.found = shownFound;
  }
}

/** The end of a place says most. */
function shortened(text: string): string {
  const half = MAX_SHOWN_CHARS / 2 - 1;
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** @param path from the value that is called `place` */
export function placeOf(place: string, path: readonly Step[]): string {
  return place + path.map(written).join('');
}

function written(step: Step): string {
  if (typeof step === 'object') return step.by;
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The value of a `Map`, by its key where that can be written. */
export function valueOfKey(key: unknown, index: number): Step {
  if (typeof key === 'string') return { by: `.get(${JSON.stringify(key)})` };
  return { by: typeof key === 'number' ? `.get(${key})` : `.values()[${index}]` };
}

export function instanceOf(object: object): string {
  const name = className(object);
  return name === '' ? 'an instance of a class' : `an instance of ${name}`;
}

export const COPY_BYTES = 'send a copy of its bytes';
/** What to send instead of an instance, by the name of its class. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ['URL', 'send its href'],
  ['URLSearchParams', 'send its text'],
  ['Headers', 'send its entries'],
  ['Blob', 'send its bytes'],
  ['AbortSignal', 'a call has a signal already'],
  ['Error', 'send its code and message, or reject with it'],
  ['Promise', 'await it'],
  ['SharedArrayBuffer', COPY_BYTES],
]);

export function insteadOf(object: object): string {
  return FIXES.get(className(object)) ?? 'send its plain data';
}

function className(object: object): string {
  if (types.isNativeError(object)) return 'Error';
  const { constructor } = object;
  const name: unknown = typeof constructor === 'function' ? constructor.name : '';
  return typeof name === 'string' ? name : '';
}

// What a method of a plugin rejected with, as plain data: the same in every isolation.
import { plainReasonOf, reasonOf } from '../plugin.error.js';
import { plainCopy } from './plain-data.js';

/** Longest message and stack of an error, in characters; longer ones are cut, and say so. */
export const MAX_ERROR_CHARS = 16_384;
/** Longest name and code, in characters. A longer one is none. */
export const MAX_NAME_CHARS = 200;
/** How many causes of an error are kept, one behind the other. */
export const MAX_CAUSES = 5;

export interface RejectionParts {
  /** Such as `TypeError`. */
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  /** Of a domain error; plain data. */
  readonly details: unknown;
  readonly stack: string | undefined;
  readonly cause: RejectionParts | undefined;
}

/** An error with the name, code and message of the plugin's. */
export class Rejection extends Error {
  declare readonly code?: string;
  declare readonly details?: unknown;
  readonly #parts: RejectionParts;

  constructor(parts: RejectionParts) {
    const { name, message, code, details, stack, cause } = parts;
    super(message, cause === undefined ? undefined : { cause: new Rejection(cause) });
    this.#parts = parts;
    define(this, 'name', name);
    define(this, 'stack', stack ?? `${name}: ${message}`);
    if (code !== undefined) this.code = code;
    if (details !== undefined) this.details = details;
  }

  get parts(): RejectionParts {
    return this.#parts;
  }
}

/**
 * A rejection that the contract declares: an answer, and no failure of the plugin. It has the name, code, message and `details` of
 * the plugin's error. Tell it by its code: its class is that of one copy of this package.
 */
export class DomainError extends Rejection {}

function define(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}

/**
 * What was thrown, whatever it is.
 * @param declared the codes of the domain errors; only these keep their `details`, and exactly their message
 * @throws NotPlain when the details are no plain data
 */
export function rejectionPartsOf(error: unknown, declared: readonly string[] = []): RejectionParts {
  const code = shortText(error, 'code');
  const isDeclared = code !== undefined && declared.includes(code);
  const details = isDeclared ? plainCopy(memberOf(error, 'details'), 'details') : undefined;
  const message = isDeclared ? (textOf(error, 'message') ?? '') : reasonOf(error);
  return partsOf(error, { code, details, message }, 0);
}

function partsOf(
  error: unknown,
  { code, details, message }: Pick<RejectionParts, 'code' | 'details' | 'message'>,
  causes: number,
): RejectionParts {
  const cause = causes < MAX_CAUSES ? memberOf(error, 'cause') : undefined;
  const stack = textOf(error, 'stack');
  return {
    name: shortText(error, 'name') ?? 'Error',
    message: cut(message, MAX_ERROR_CHARS),
    code,
    details,
    stack: stack && cut(stack, MAX_ERROR_CHARS),
    cause:
      cause === undefined
        ? undefined
        : partsOf(
            cause,
            { code: shortText(cause, 'code'), details: undefined, message: plainReasonOf(cause) },
            causes + 1,
          ),
  };
}

/** @returns undefined where there is none, or where it cannot be read */
function memberOf(error: unknown, name: string): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

function textOf(error: unknown, name: string): string | undefined {
  const value = memberOf(error, name);
  return typeof value === 'string' ? value : undefined;
}

function shortText(error: unknown, name: string): string | undefined {
  const text = textOf(error, name);
  return text !== undefined && text !== '' && text.length <= MAX_NAME_CHARS ? text : undefined;
}

const CUT = '… (cut)';

/** @returns the text, at most so many characters of it; a cut text says so */
export function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - CUT.length)}${CUT}`;
}

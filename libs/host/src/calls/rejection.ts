// Rejections of plugin methods as plain data, the same in every isolation.
import { plainReasonOf, reasonOf } from '../plugin.error.js';
import { plainCopy } from './plain-data.js';

/** Longest message and stack of an error, in characters. Longer ones are cut and marked. */
export const MAX_ERROR_CHARS = 16_384;
/** Longest name and code, in characters. Longer ones are dropped. */
export const MAX_NAME_CHARS = 200;
/** Longest chain of causes that is kept. */
export const MAX_CAUSES = 5;

/** The parts of an error of a plugin, as plain data. */
export interface RejectionParts {
  /** Name of the error, such as `TypeError`. */
  readonly name: string;
  /** Message of the error, at most 16,384 characters. */
  readonly message: string;
  /** Code of the error. */
  readonly code: string | undefined;
  /** Details of a domain error; plain data. */
  readonly details: unknown;
  /** Stack of the error, at most 16,384 characters. */
  readonly stack: string | undefined;
  /** Cause of the error; at most 5 causes are kept. */
  readonly cause: RejectionParts | undefined;
}

/** An error with the name, code and message of the plugin's error. */
export class Rejection extends Error {
  /** Code of the plugin's error. */
  declare readonly code?: string;
  /** Details of a domain error; plain data. */
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

  /** The error as plain data. */
  get parts(): RejectionParts {
    return this.#parts;
  }
}

/**
 * A rejection whose code the contract declares. It is an answer, not a failure of the plugin, and has the name, code, message and
 * `details` of the plugin's error. Recognise it by its code: `instanceof` fails across two copies of this package.
 */
export class DomainError extends Rejection {}

function define(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}

/**
 * Converts any thrown value to plain data.
 * @param declared codes of the domain errors; only domain errors keep their `details` and their exact message
 * @throws NotPlain when the details are not plain data
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

/** @returns undefined if the member is missing or cannot be read */
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

/** @returns the text, cut to `maxChars` and marked as cut if it is longer */
export function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - CUT.length)}${CUT}`;
}

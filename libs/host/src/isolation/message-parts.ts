// Checks the parts of a message from a guest, which is untrusted. Each reader takes only own properties.
import { isPlainObject } from '../calls/object-kinds.js';
import { plainCopy } from '../calls/plain-data.js';
import { MAX_CAUSES, MAX_ERROR_CHARS, MAX_NAME_CHARS, type RejectionParts } from '../calls/rejection.js';
import { isPermission } from '../permissions.js';
import { PLUGIN_ERROR_CODES } from '../plugin-error-codes.js';
import {
  type LibrarySpan,
  MAX_ATTRIBUTES,
  MAX_SPAN_NAME_CHARS,
  MAX_SPAN_TEXT_CHARS,
  MAX_SPANS,
} from '../telemetry/library-span.js';
import type { MessageOf, SentManifest, SentNotPlain } from './protocol.js';

/** The properties of a message or of a part, unchecked. */
export type Body = Record<string, unknown>;

/** The own properties, without a prototype. */
export function ownValues(object: object): Body {
  return Object.assign(Object.create(null) as Body, object);
}

export function isText(value: unknown, maxChars: number): value is string {
  return typeof value === 'string' && value.length <= maxChars;
}

export function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

export function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** @returns the error with plain own properties; undefined if the shape is wrong */
export function errorIn(value: unknown, causes = 0): RejectionParts | undefined {
  if (!isPlainObject(value) || causes > MAX_CAUSES) return undefined;
  const { name, message, code, details, stack, cause } = ownValues(value);
  if (!isText(name, MAX_NAME_CHARS) || !isText(message, MAX_ERROR_CHARS)) return undefined;
  if (code !== undefined && !isText(code, MAX_NAME_CHARS)) return undefined;
  if (stack !== undefined && !isText(stack, MAX_ERROR_CHARS)) return undefined;
  const checkedCause = cause === undefined ? undefined : errorIn(cause, causes + 1);
  if (cause !== undefined && checkedCause === undefined) return undefined;
  return { name, message, code, details: plainCopy(details, 'details'), stack, cause: checkedCause };
}

/** @returns the spans with plain own properties; null if the shape is wrong */
export function spansIn(value: unknown): readonly LibrarySpan[] | undefined | null {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > MAX_SPANS) return null;
  const spans = Array.from(value, spanIn);
  return spans.every((span) => span !== undefined) ? spans : null;
}

function spanIn(value: unknown): LibrarySpan | undefined {
  if (!isPlainObject(value)) return undefined;
  const { channel, startMs, endMs, error, attributes } = ownValues(value);
  if (!isText(channel, MAX_SPAN_NAME_CHARS) || !isFiniteNumber(startMs) || !isFiniteNumber(endMs)) return undefined;
  if ((error !== undefined && !isText(error, MAX_SPAN_TEXT_CHARS)) || !isPlainObject(attributes)) return undefined;
  const entries = Object.entries(attributes);
  const isRight = ([key, one]: [string, unknown]): boolean =>
    isText(key, MAX_SPAN_NAME_CHARS) &&
    (isText(one, MAX_SPAN_TEXT_CHARS) || isFiniteNumber(one) || typeof one === 'boolean');
  if (entries.length > MAX_ATTRIBUTES || !entries.every(isRight)) return undefined;
  return { channel, startMs, endMs, error, attributes: Object.fromEntries(entries) as LibrarySpan['attributes'] };
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isNotPlain(value: unknown): value is SentNotPlain {
  if (!isPlainObject(value)) return false;
  const { place, found, fix } = ownValues(value);
  return [place, found, fix].every((text) => isText(text, MAX_ERROR_CHARS));
}

export function isParts(value: unknown): value is MessageOf<'refused'>['parts'] {
  if (!isPlainObject(value)) return false;
  const { code, found, wanted, fix } = ownValues(value);
  return (
    PLUGIN_ERROR_CODES.some((known) => known === code) &&
    [found, wanted, fix].every((text) => isText(text, MAX_ERROR_CHARS))
  );
}

export function isManifest(value: unknown): value is SentManifest {
  if (!isPlainObject(value)) return false;
  const { name, contract, version, env, secrets, permissions, telemetry } = ownValues(value);
  return (
    typeof name === 'string' &&
    name !== '' &&
    Number.isSafeInteger(contract) &&
    (version === undefined || typeof version === 'string') &&
    isListOfTexts(env) &&
    isListOfTexts(secrets) &&
    isListOfTexts(permissions) &&
    isListOfTexts(telemetry) &&
    permissions.every(isPermission)
  );
}

// Recognizes errors of any realm: a test runner such as Jest runs the application in a realm of its own.
import { types } from 'node:util';

export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

/** The `code` of an error; undefined for an error without one, and for any other value. */
export function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined;
}

/** The `code` of an error, if it is a string. */
export function textCodeOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return typeof code === 'string' ? code : undefined;
}

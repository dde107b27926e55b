// Masks the secrets in an error.
import { loggable } from './loggable.js';
import { type Mask, NOTHING_TO_MASK } from './secrets.js';

/** Returns the error itself if there are no secrets; else a masked copy. A thrown value that is not an error becomes plain data. */
export function withoutSecrets(error: unknown, mask: Mask): unknown {
  if (mask === NOTHING_TO_MASK) return error;
  const plain = loggable(error, mask);
  if (!isErrorLike(plain)) return plain;
  const { name, message, cause, ...rest } = plain;
  const copy = new Error(message, cause === undefined ? undefined : { cause });
  Object.defineProperty(copy, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(copy, { stack: `${String(name)}: ${message}` }, rest);
}

function isErrorLike(value: unknown): value is { name?: unknown; message: string; cause?: unknown } {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string';
}

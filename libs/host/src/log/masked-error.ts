// An error without the secrets that it repeats.
import { loggable } from './loggable.js';
import { type Mask, NOTHING_TO_MASK } from './secrets.js';

/** An error to keep as a cause: itself, or with secrets a copy of what it says. A thrown thing that is no error becomes plain. */
export function withoutSecrets(error: unknown, mask: Mask): unknown {
  if (mask === NOTHING_TO_MASK) return error;
  const said = loggable(error, mask);
  if (!isErrorLike(said)) return said;
  const { name, message, cause, ...rest } = said;
  const copy = new Error(message, cause === undefined ? undefined : { cause });
  Object.defineProperty(copy, 'name', { value: name, configurable: true, writable: true });
  return Object.assign(copy, { stack: `${String(name)}: ${message}` }, rest);
}

function isErrorLike(said: unknown): said is { name?: unknown; message: string; cause?: unknown } {
  return typeof said === 'object' && said !== null && 'message' in said && typeof said.message === 'string';
}

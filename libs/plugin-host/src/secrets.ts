// Keeps the secrets of a plugin out of what is shown: texts, errors, log fields.
import { inspect } from 'node:util';
import { onOneLine, reasonOf } from './plugin.error.js';

export const MASKED = '***';

/** Masks the secrets wherever a text repeats them. */
export type Mask = (text: string) => string;

/** The mask of a plugin without secrets. */
export const NOTHING_TO_MASK: Mask = (text) => text;

export function maskOf(secrets: readonly string[]): Mask {
  // The longest first: one secret may be the beginning of another. On one line too: so errors show them.
  const hidden = secrets
    .flatMap((secret) => [secret, onOneLine(secret)])
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length);
  if (hidden.length === 0) return NOTHING_TO_MASK;
  return (text) => hidden.reduce((masked, secret) => masked.replaceAll(secret, MASKED), text);
}

/** An error to keep as a cause: itself, or a copy without its secrets when it shows one. */
export function withoutSecrets(error: unknown, mask: Mask): unknown {
  if (mask === NOTHING_TO_MASK) return error;
  let shown: string;
  try {
    shown = inspect(error);
  } catch {
    return undefined;
  }
  const masked = mask(shown);
  if (masked === shown) return error;
  const copy = new Error(mask(reasonOf(error)));
  copy.stack = masked;
  return copy;
}

/** Log fields: themselves, or a copy in which each field that shows a secret is its masked text. */
export function fieldsWithoutSecrets(fields: Record<string, unknown>, mask: Mask): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value === 'string') return [name, mask(value)];
      if (value instanceof Error) return [name, withoutSecrets(value, mask)];
      const shown = inspect(value, { depth: null });
      const masked = mask(shown);
      return [name, masked === shown ? value : masked];
    }),
  );
}

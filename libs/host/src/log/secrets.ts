// Keeps the secrets of a plugin out of what is shown.
import { patternsOf } from './secret-patterns.js';

export const MASKED = '***';

/** Masks the secrets wherever a text repeats them. */
export type Mask = (text: string) => string;

/** The mask of a plugin without secrets. */
export const NOTHING_TO_MASK: Mask = (text) => text;

/**
 * A mask that finds each secret raw, on one line, escaped as in JSON (up to three times), percent-encoded or form-encoded, and in
 * base64; each line of at least 8 characters of a secret of several lines; the password of a secret that is a URL. A secret of 1 to
 * 3 characters is masked where no letter or digit touches it.
 *
 * Not found: a part of a secret, a secret in several values, and any other encoding, such as hexadecimal, a hash or compression.
 */
export function maskOf(secrets: readonly string[]): Mask {
  const patterns = secrets.filter((secret) => secret.trim() !== '').flatMap(patternsOf);
  if (patterns.length === 0) return NOTHING_TO_MASK;
  return (text) => {
    const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(spanOf));
    return found.length === 0 ? text : withoutSpans(text, found);
  };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function spanOf({ index, 0: { length } }: RegExpExecArray): Span {
  return { from: index, to: index + length };
}

/** Secrets may overlap: what belongs to any of them is masked. */
function withoutSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let end = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    if (end === 0 || from >= end) masked += text.slice(end, from) + MASKED;
    end = Math.max(end, to);
  }
  return masked + text.slice(end);
}

// Masks the secrets of a plugin in texts.
import { patternsOf } from './secret-patterns.js';

export const MASKED = '***';

/** Returns the text with all secrets masked. */
export type Mask = (text: string) => string;

/** The mask of a plugin without secrets. */
export const NOTHING_TO_MASK: Mask = (text) => text;

/**
 * Creates a mask that finds each secret raw, joined to one line, escaped as in JSON (up to three times), percent-encoded or
 * form-encoded, and in base64; also each line of at least 8 characters of a multi-line secret, and the password of a secret that
 * is a URL. A secret of 1 to 3 characters is masked only between non-alphanumeric characters.
 *
 * Not found: part of a secret, a secret split over several values, and other encodings, such as hexadecimal, a hash or compression.
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

/** Spans may overlap: every character of any span is masked. */
function withoutSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let end = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    if (end === 0 || from >= end) masked += text.slice(end, from) + MASKED;
    end = Math.max(end, to);
  }
  return masked + text.slice(end);
}

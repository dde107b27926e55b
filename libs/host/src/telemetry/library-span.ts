// Spans of the libraries that a plugin uses, such as the commands of a database client.

/** One traced operation of a library. Plain data. */
export interface LibrarySpan {
  /** Name of the tracing channel, such as `ioredis:command`. */
  readonly channel: string;
  /** Start, in milliseconds since the Unix epoch, with fractions. */
  readonly startMs: number;
  /** End, in milliseconds since the Unix epoch, with fractions. */
  readonly endMs: number;
  /** Message of the error with which the operation failed; undefined if it succeeded. */
  readonly error: string | undefined;
  /** Texts, numbers and booleans of the channel's message. At most 16. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** Most spans of one call. Further ones are dropped. */
export const MAX_SPANS = 32;
/** Most attributes of a span. */
export const MAX_ATTRIBUTES = 16;
/** Longest name of a channel or an attribute, and longest text, in characters. */
export const MAX_SPAN_NAME_CHARS = 100;
export const MAX_SPAN_TEXT_CHARS = 500;

// References to the shared parts of the description, and the headers of answers.
import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;

/** @returns a reference to a component */
export function ref(kind: 'schemas' | 'headers' | 'responses', name: string): { readonly $ref: string } {
  return { $ref: `#/components/${kind}/${name}` };
}

/** @returns references to headers, by name */
export function headerRefs(...names: readonly string[]): Record<string, { readonly $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, ref('headers', name)]));
}

function text(description: string, required: boolean, example: string) {
  return { description, required, schema: { type: 'string' }, example };
}

export const HEADERS = {
  'Cache-Control': text('Whether a cache may keep the answer.', true, 'no-store'),
  'Content-Security-Policy': text(
    'What the answer may load if a browser shows it.',
    true,
    "default-src 'none'; frame-ancestors 'none'",
  ),
  'X-Content-Type-Options': text('No guess of the content type.', true, 'nosniff'),
  'X-Frame-Options': text('No frame of another page.', true, 'DENY'),
  // Not required: an answer to a request that cannot be read has no id.
  'X-Request-Id': text(
    'The id of the request: that of its own header `X-Request-Id`, else a new one.',
    false,
    'q1kH-6',
  ),
  'Cache-Status': text('The outcome of the look-up in the cache (RFC 9211).', true, 'pluggable; hit'),
  'Server-Timing': text(
    'Milliseconds of the look-up, and of the computation with its wait for a worker.',
    true,
    'cache;dur=0.15, compute;dur=12.40',
  ),
  'Retry-After': {
    description: 'Seconds until a retry is worthwhile.',
    required: false,
    schema: { type: 'integer', minimum: 1 },
    example: 3,
  },
  'WWW-Authenticate': text('The scheme that is wanted.', true, 'Bearer'),
} satisfies Components['headers'];

/** The headers of every answer. */
export const EVERY_HEADER: readonly string[] = [
  'Cache-Control',
  'Content-Security-Policy',
  'X-Content-Type-Options',
  'X-Frame-Options',
  'X-Request-Id',
];

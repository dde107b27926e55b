// Random requests of any method, path, header, encoding and form, as bytes.
import fc from 'fast-check';
import { TOKEN } from './admin.js';

const SEGMENTS = [
  'fib',
  'health',
  'live',
  'ready',
  'admin',
  'plugins',
  'cache',
  '..',
  '.',
  '',
  '10',
  '-1',
  '1e2',
  '%FF',
  '%00',
  '%2F',
  '%',
  '99',
];
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '*',
    '/fib/10',
    '/fib/99',
    '/fib/x',
    '/fib/',
    '/fib',
    '/admin/plugins/cache',
    '/health/ready',
    '//',
    '/?',
    'http://a/fib/99',
  ),
  fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 5 }).map((segments) => `/${segments.join('/')}`),
  fc.webPath().map((text) => `/${text}`),
  fc
    .string({ unit: fc.constantFrom(...Array.from('/abc%?#&=;:@!$()*+,[]{}|\\^`"<>~1é\u0000')) })
    .map((text) => `/${text}`),
);
/** HEAD is excluded: its answers have no body to check. */
const method = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('GET', 'GET', 'POST') },
  { weight: 2, arbitrary: fc.constantFrom('PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND') },
  { weight: 1, arbitrary: fc.constantFrom('PRI', 'get', 'BREW', 'G ET', '') },
);
const header = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      'Content-Type: application/json',
      'Content-Type: application/json; charset=utf-7',
      'Content-Type: text/plain',
      'Content-Type: ;;;',
      'Content-Encoding: gzip',
      'Content-Encoding: br',
      'Content-Encoding: nonsense',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: nonsense',
      'Content-Length: 3',
      'Content-Length: 0',
      'Content-Length: 99999999',
      'Content-Length: -1',
      'Content-Length: x',
      'Expect: 100-continue',
      'Expect: the unexpected',
      'Connection: close',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Upgrade: h2c',
      'Accept: text/html',
      'Accept-Encoding: *;q=0',
      'If-None-Match: *',
      'Range: bytes=0-1',
      'Origin: http://elsewhere.example',
      'Authorization: Bearer wrong',
      `Authorization: Bearer ${TOKEN}`,
      'X-Forwarded-Host: elsewhere.example',
      `X-Large: ${'x'.repeat(17 * 1024)}`,
      'Host: other',
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 30 }))
      .map((pair) => pair.join(': ')),
  },
);
const body = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    '{"path":1}',
    '{"path":"/etc/passwd"}',
    '{"path":"dist/main.js"}',
    '{',
    'null',
    '[]',
    '{"__proto__":1}',
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constant(`{"path":"${'x'.repeat(20_000)}"}`),
);
const version = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0') },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/2.0', 'HTTP/9.9', 'ICY', '') },
);
const host = fc.oneof(
  { weight: 9, arbitrary: fc.constant('Host: localhost') },
  { weight: 1, arbitrary: fc.constant('X-Not-A-Host: a') },
);

const request = fc
  .record({ method, path, version, host, headers: fc.array(header, { maxLength: 4 }), body })
  .map((parts) => {
    const head = [`${parts.method} ${parts.path} ${parts.version}`, parts.host, ...parts.headers];
    return `${head.join('\r\n')}\r\n\r\n${parts.body}`;
  });

/** A body of the announced length, in each encoding. */
const posted = fc.record({ headers: fc.array(header, { maxLength: 2 }), body }).map((parts) => {
  const fixed = ['Host: localhost', 'Content-Type: application/json', `Authorization: Bearer ${TOKEN}`];
  const head = [
    'POST /admin/plugins/cache HTTP/1.1',
    ...fixed,
    ...parts.headers,
    `Content-Length: ${Buffer.byteLength(parts.body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${parts.body}`;
});

/** Input of a client: mostly similar to a request, sometimes not HTTP at all. */
export const requestBytes = fc.oneof(
  { weight: 6, arbitrary: request.map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: posted.map((text) => Buffer.from(text)) },
  {
    weight: 1,
    arbitrary: fc.array(request, { minLength: 2, maxLength: 5 }).map((texts) => Buffer.from(texts.join(''))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)) },
);

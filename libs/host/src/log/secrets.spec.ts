// Masking of secrets in log lines, in all common encodings.
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedLogger } from './named-logger.js';
import { withoutSecrets } from './masked-error.js';
import { maskOf } from './secrets.js';

const PEM = `-----BEGIN KEY-----\n${'MIIEvQ/IBADAN+Bgkq'.repeat(3)}\nhkiG9w0BAQEFAASCBKcwggSj\n-----END KEY-----\n`;

/** Encodings of a text. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  'JSON.stringify': (text) => JSON.stringify(text),
  'JSON.stringify twice': (text) => JSON.stringify(JSON.stringify({ text })),
  'JSON.stringify thrice': (text) => JSON.stringify(JSON.stringify(JSON.stringify([text]))),
  'JSON in ASCII': (text) => JSON.stringify(text).replace(/[^ -~]/g, unicodeEscape),
  encodeURIComponent: (text) => encodeURIComponent(text),
  'encodeURIComponent, lower case': (text) => encodeURIComponent(text).replace(/%../g, (hex) => hex.toLowerCase()),
  'encodeURIComponent twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  encodeURI: (text) => encodeURI(text),
  URLSearchParams: (text) => String(new URLSearchParams({ text })),
  'URL as its password': (text) => Object.assign(new URL('redis://h'), { password: text }).href,
  'URL in JSON': (text) => JSON.stringify({ url: `redis://:${encodeURIComponent(text)}@h` }),
  inspect: (text) => inspect({ text }, { maxStringLength: null }),
  'Basic authentication': (text) => Buffer.from(`user:${text}`).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
};

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Places of a text in a log line. */
const PLACES: Readonly<Record<string, (text: string) => [message: unknown, fields?: unknown, ...more: unknown[]]>> = {
  message: (text) => [`with ${text}.`],
  'error as the message': (text) => [new Error(`with ${text}.`)],
  field: (text) => ['m', { text: `with ${text}.` }],
  key: (text) => ['m', { [`with ${text}.`]: 1 }],
  'fields that are a text': (text) => ['m', text],
  'fields that are an error': (text) => ['m', new Error(text)],
  'third argument': (text) => ['m', {}, { text }],
  nested: (text) => ['m', { a: { b: [{ c: text }] } }],
  'far in an array': (text) => ['m', { args: [...Array<string>(5_000).fill('x'), text] }],
  'end of a long text': (text) => ['m', { text: 'y'.repeat(40_000) + text }],
  'end of a text that is cut': (text) => ['m', { text: 'y'.repeat(128 * 1024 - 3) + text }],
  Map: (text) => ['m', { map: new Map([[text, text]]), set: new Set([text]) }],
  toJSON: (text) => ['m', { o: { toJSON: () => ({ text }) } }],
  getter: (text) => ['m', Object.defineProperty({}, 'text', { enumerable: true, get: () => text })],
  'getter that throws': (text) => [
    'm',
    { o: Object.defineProperty({}, 'x', { enumerable: true, get: () => fail(text) }) },
  ],
  'error with properties': (text) => [
    'm',
    { e: Object.assign(new Error('x'), { code: text, config: { auth: text } }) },
  ],
  cause: (text) => ['m', { e: new Error('x', { cause: new Error(`bad ${text}`, { cause: text }) }) }],
  AggregateError: (text) => ['m', { e: new AggregateError([new Error(text)], text) }],
  'function, symbol, RegExp': (text) => [
    'm',
    { f: Object.defineProperty(() => 1, 'name', { value: text }), s: Symbol(text) },
  ],
};

function fail(text: string): never {
  throw new Error(text);
}

/** The log line as written by the host. */
function written(secrets: readonly string[], line: readonly unknown[]): string {
  let text = '';
  const keep = (message: string, fields?: object): void => void (text += JSON.stringify({ ...fields, message }));
  const named = namedLogger({ debug: keep, info: keep, warn: keep, error: keep }, 'n', maskOf(secrets));
  // Plain JavaScript passes any values.
  Reflect.apply(named.info.bind(named), undefined, line);
  return text;
}

/** Characters that encodings change, and some that they do not. */
const secretText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from('"\\\'`%+&=/?#@: <>{}*.\t\r\n\u0000\u007f\u009b\u2028éß日😀')),
      fc.constantFrom(...Array.from('abcXYZ019_-~')),
    ),
    { minLength: 8, maxLength: 40 },
  )
  .map((characters) => characters.join(''))
  .filter((text) => /[\p{L}\p{N}]{1}.*[\p{L}\p{N}]{1}/su.test(text) && text.trim().length >= 8);

describe('a secret', () => {
  it.each(Object.keys(PLACES))('is not readable: %s', (place) => {
    fc.assert(
      fc.property(secretText, fc.constantFrom(...Object.keys(ENCODINGS)), (secret, encoding) => {
        const line = written([secret], PLACES[place]?.(ENCODINGS[encoding]?.(secret) ?? '') ?? []);
        const forms = Object.values(ENCODINGS).map((form) => form(secret.trim()));
        expect(forms.filter((form) => line.includes(form))).toEqual([]);
        expect(forms.filter((form) => line.includes(JSON.stringify(form).slice(1, -1)))).toEqual([]);
        expect(line).toMatch(/\*\*\*|more characters/);
      }),
      { numRuns: place === 'far in an array' ? 10 : 40 },
    );
  });

  it.each([
    {
      of: 'several lines, each written separately',
      secrets: [PEM],
      text: PEM.replaceAll('\n', '\n> '),
      masked: '***\n> ***\n> ***\n> ***\n> ',
    },
    {
      of: 'several lines, written with \\n',
      secrets: [PEM.replaceAll('\n', '\\n')],
      text: PEM,
      masked: '***\n***\n***\n***\n',
    },
    { of: 'several lines, on one', secrets: ['one\n  two\n'], text: 'is one two.', masked: 'is ***.' },
    { of: 'two that overlap', secrets: ['abcdef', 'defghi'], text: '<abcdefghi>', masked: '<***>' },
    { of: 'two, one in the other', secrets: ['abcd', 'abcdef'], text: 'abcdef abcd', masked: '*** ***' },
    { of: 'metacharacters', secrets: ['a.c*(d|e)[^f]$'], text: 'a.c*(d|e)[^f]$ abcd', masked: '*** abcd' },
    { of: 'text like the mask', secrets: ['****', 'a***b'], text: 'a***b ****', masked: '*** ***' },
    {
      of: 'three characters: not inside a word',
      secrets: ['cat'],
      text: 'cat, scatter; AUTH:cat',
      masked: '***, scatter; AUTH:***',
    },
    { of: 'digits, written as a number', secrets: ['123456'], text: '123456', masked: '***' },
    {
      of: 'more than one pattern can hold',
      secrets: ['"é%'.repeat(20_000)],
      text: `<${JSON.stringify('"é%'.repeat(20_000))}>`,
      masked: expect.stringMatching(/^<"(\*\*\*)+">$/) as string,
    },
    {
      of: 'a URL: its password',
      secrets: ['redis://ada:p%40ss%2Fword@h:1/0'],
      text: 'AUTH ada p@ss/word p%40ss%2Fword',
      masked: 'AUTH ada *** ***',
    },
    {
      of: 'a URL that is none: its password',
      secrets: ['redis://:p@ss#word@h:99999'],
      text: 'AUTH p@ss#word',
      masked: 'AUTH ***',
    },
    {
      of: 'a URL: what its query keeps secret',
      secrets: ['https://h/?db=prod&api_key=k%2By12345'],
      text: 'prod k+y12345 k%2By12345',
      masked: 'prod *** ***',
    },
    { of: 'whitespace alone', secrets: [' \n'], text: 'not \n secret', masked: 'not \n secret' },
  ])('is masked in a text: $of', ({ secrets, text, masked }) => {
    expect(maskOf(secrets)(text)).toEqual(masked);
  });

  it('is masked where it is a number', () => {
    expect(written(['123456'], ['m', { pin: 123456, id: 123456n, other: 7 }])).toBe(
      '{"pin":"***","id":"***","other":7,"message":"[plugin/n] m"}',
    );
  });

  it('takes linear time for any text', () => {
    const mask = maskOf(['\\\\"\\"\n \n\\n+ "x', '"""""""""""""a', '%25%25%25%25b']);
    const startedMs = performance.now();
    for (const text of ['\\', '\n', ' ', '"', '\\"', '%25', '+', '\\n', '"\n']) mask(text.repeat(50_000));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('is masked in message, stack, cause, code and properties of an error', () => {
    const error = Object.assign(new TypeError('AUTH hunter2', { cause: { text: 'hunter2' } }), {
      code: 'hunter2',
      deep: [{ text: 'hunter2' }],
    });
    const copy = withoutSecrets(error, maskOf(['hunter2']));
    expect(copy).toBeInstanceOf(Error);
    expect(copy).toMatchObject({
      name: 'TypeError',
      message: 'AUTH ***',
      code: '***',
      cause: { text: '***' },
      deep: [{ text: '***' }],
    });
    expect(inspect(copy, { depth: null, showHidden: true })).not.toContain('hunter2');
    expect(copy).toHaveProperty('stack', expect.stringMatching(/^TypeError: AUTH \*\*\*\n +at /));
  });

  it('does not change an error if there are no secrets', () => {
    const error = new Error('x');
    expect(withoutSecrets(error, maskOf(['']))).toBe(error);
  });
});

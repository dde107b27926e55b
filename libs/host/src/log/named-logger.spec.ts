// The logger of a plugin: accepts any arguments, never throws and writes readable lines.
import { describe, expect, it } from 'vitest';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { namedLogger } from './named-logger.js';
import { maskOf, NOTHING_TO_MASK } from './secrets.js';

function namedFunction(): void {}
class NamedClass {
  readonly field = 1;
}

function logged(...line: unknown[]): unknown {
  const { logger, lines } = recordingLogger();
  for (const mask of [NOTHING_TO_MASK, maskOf(['an unused secret'])]) {
    // A call from plain JavaScript.
    const named = namedLogger(logger, 'n', mask);
    Reflect.apply(named.info.bind(named), undefined, line);
  }
  const [open, masked] = lines;
  expect(masked).toEqual(open);
  // It crosses a thread and becomes JSON.
  expect(JSON.parse(JSON.stringify(structuredClone(open)))).toBeDefined();
  return open?.slice(1);
}

const error = (extra: object = {}) => ({
  name: 'Error',
  message: 'lost',
  stack: expect.stringMatching(/^Error: lost\n +at /),
  ...extra,
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const circular: Record<string, unknown> = { n: 1 };
circular['self'] = circular;
const thrower = (): never => {
  throw new Error('not today');
};

describe('a plugin’s logger', () => {
  it.each<[string, unknown[], string, unknown]>([
    ['an error as the message', [new Error('lost')], 'lost', { error: error() }],
    ['an error as the fields', ['m', new Error('lost')], 'm', { error: error() }],
    ['an error behind the fields', ['m', { a: 1 }, new Error('lost')], 'm', { a: 1, arguments: [error()] }],
    ['no message', [], 'undefined', undefined],
    ['a message that is null', [null, null], 'null', {}],
    ['a message that is an object', [{ a: new Map([['b', 1n]]) }, 'text'], '{"a":[["b","1"]]}', { fields: 'text' }],
    ['a message that is a symbol', [Symbol('s'), [1, undefined]], 'Symbol(s)', { fields: [1, null] }],
    [
      'a revoked proxy',
      [revoked.proxy, { p: revoked.proxy }],
      expect.stringContaining('cannot be read'),
      { p: expect.stringContaining('cannot be read') },
    ],
  ])('accepts %s', (_what, line, message, fields) => {
    expect(logged(...line)).toEqual([typeof message === 'string' ? `[plugin/n] ${message}` : message, fields]);
  });

  it.each<[string, unknown, unknown]>([
    ['an error', new Error('lost'), error()],
    ['an error in depth', { a: [{ e: new Error('lost') }] }, { a: [{ e: error() }] }],
    [
      'an error with a code and a cause',
      Object.assign(new Error('lost', { cause: new Error('lost') }), { code: 'E', errno: -1 }),
      error({ code: 'E', errno: -1, cause: error() }),
    ],
    [
      'errors in an error',
      new AggregateError([new Error('lost')], 'all'),
      { name: 'AggregateError', message: 'all', stack: expect.any(String), errors: [error()] },
    ],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('lost'), 'message', { get: thrower }),
      error({ message: '[cannot be read: not today]', stack: '[cannot be read: not today]' }),
    ],
    [
      'an error that is its own cause',
      ((e) => Object.assign(e, { cause: e }))(new Error('lost')),
      error({ cause: '[circular]' }),
    ],
    ['numbers', [1, -0.5, NaN, Infinity, 10n ** 20n], [1, -0.5, 'NaN', 'Infinity', '100000000000000000000']],
    [
      'what JSON leaves out',
      [undefined, Symbol('s'), namedFunction, NamedClass],
      [null, 'Symbol(s)', '[function namedFunction]', '[function NamedClass]'],
    ],
    ['boxed values', [Object(1), Object('a'), Object(false)], [1, 'a', false]],
    [
      'a date, a URL, a pattern',
      [new Date(0), new URL('http://h'), /a/g, new Date(NaN)],
      ['1970-01-01T00:00:00.000Z', 'http://h/', '/a/g', null],
    ],
    ['bytes', [Buffer.from('abc'), new Uint16Array(2), new ArrayBuffer(5)], ['[3 bytes]', '[4 bytes]', '[5 bytes]']],
    [
      'collections',
      { m: new Map([[{ a: 1 }, 2]]), s: new Set(['a']), w: new WeakMap() },
      { m: [[{ a: 1 }, 2]], s: ['a'], w: {} },
    ],
    ['a circle', circular, { n: 1, self: '[circular]' }],
    ['one object twice', ((o) => [o, o])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
    [
      'a getter that throws',
      Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: thrower }),
      { a: 1, b: '[cannot be read: not today]' },
    ],
    ['toJSON', { toJSON: () => ({ a: 1n }) }, { a: '1' }],
    ['a toJSON that throws', { toJSON: thrower }, '[cannot be read: not today]'],
    ['a proxy that throws', new Proxy({}, { ownKeys: thrower }), '[cannot be read: not today]'],
    [
      'a thrown thing that cannot be shown',
      {
        toJSON: () => {
          throw revoked.proxy;
        },
      },
      '[cannot be read: a thrown object that cannot be shown]',
    ],
    ['no prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['a key named __proto__', JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
    ['undefined', { a: undefined, b: null }, { b: null }],
  ])('writes a readable %s', (_what, value, plain) => {
    expect(logged('m', { value })).toEqual(['[plugin/n] m', { value: plain }]);
  });

  it('bounds depth, number of values and text', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}1${']'.repeat(5_000)}`) as unknown;
    const many = Array.from({ length: 100_000 }, () => ({}));
    const keys = Object.fromEntries(many.map((_, index) => [`k${index}`, 0]));
    for (const value of [deep, many, keys, 'x'.repeat(1e6), many.map(() => 'xyz'.repeat(10)), { deep, many, keys }]) {
      expect(JSON.stringify(logged('m', { value })).length).toBeLessThan(500_000);
    }
    expect(logged('x'.repeat(1e6))).toEqual([
      expect.stringMatching(/^\[plugin\/n\] x+\[868928 more characters]$/),
      undefined,
    ]);
  });

  it('does not throw when the logger behind it does', () => {
    const throwing = { debug: thrower, info: thrower, warn: thrower, error: thrower };
    const named = namedLogger(throwing, 'n', NOTHING_TO_MASK);
    expect(() => named.info('m')).not.toThrow();
  });
});

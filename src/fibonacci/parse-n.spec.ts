// Which texts are an n.
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../http/failure.js';
import { ParseN } from './parse-n.js';

const parser = (maxN: number): ParseN =>
  new ParseN({ maxN, expirationMs: 1, compute: { workers: 1, timeoutMs: 1 }, log: pino({ level: 'silent' }) });

function parsed(text: string): number | 'refused' {
  try {
    return parser(50).transform(text);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'invalid') return 'refused';
    throw error;
  }
}

describe('ParseN', () => {
  it('takes every canonical decimal up to the largest n', () => {
    expect([0, 1, 9, 10, 49, 50].map((n) => parser(50).transform(String(n)))).toEqual([0, 1, 9, 10, 49, 50]);
  });

  it('refuses whatever is not the decimal of a number in the range', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String), fc.bigInt().map(String)),
        (text) => {
          const isN = Array.from({ length: 51 }, (_, n) => String(n)).includes(text);
          expect(parsed(text)).toBe(isN ? Number(text) : 'refused');
        },
      ),
    );
  });

  it('names the range', () => {
    expect(() => parser(78).transform('79')).toThrow('n must be a whole number from 0 to 78');
  });
});

// Valid and invalid texts for n.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from './failure.js';
import { parseN } from './parse-n.js';

function parsed(text: string): number | 'refused' {
  try {
    return parseN(text, 50);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'invalid') return 'refused';
    throw error;
  }
}

describe('parseN', () => {
  it('accepts every canonical decimal up to the largest n', () => {
    expect([0, 1, 9, 10, 49, 50].map((n) => parseN(String(n), 50))).toEqual([0, 1, 9, 10, 49, 50]);
  });

  it('refuses any text other than the decimal of a number in the range', () => {
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
    expect(() => parseN('79', 78)).toThrow('n must be a whole number from 0 to 78');
  });
});

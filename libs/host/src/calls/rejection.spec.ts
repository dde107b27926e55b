// Conversion of thrown values to plain data. test/promises/21 tests the kinds of values.
import { describe, expect, it } from 'vitest';
import { NotPlain } from './not-plain.js';
import { cut, MAX_CAUSES, MAX_ERROR_CHARS, MAX_NAME_CHARS, Rejection, rejectionPartsOf } from './rejection.js';

const coded = (message: string, code: unknown, more: object = {}) => Object.assign(new Error(message), { code }, more);

function causesOf(error: unknown): number {
  return error instanceof Error && error.cause !== undefined ? 1 + causesOf(error.cause) : 0;
}

describe('the parts of a rejection', () => {
  it('have the message of a declared error as it is, and its details as a copy', () => {
    const details = { sku: 'tea' };
    const parts = rejectionPartsOf(coded(' no\n tea', 'UNKNOWN_SKU', { details }), ['OTHER', 'UNKNOWN_SKU']);
    expect(parts).toMatchObject({ name: 'Error', message: ' no\n tea', code: 'UNKNOWN_SKU', details });
    expect(parts.details).not.toBe(details);
  });

  it('have the message of another error on one line, and no details', () => {
    const error = coded(' no\n tea', 'UNKNOWN_SKU', { details: { at: new URL('https://example.org') } });
    expect(rejectionPartsOf(error)).toMatchObject({ message: 'no tea', code: 'UNKNOWN_SKU', details: undefined });
    expect(rejectionPartsOf(error, ['toString', 'constructor']).details).toBeUndefined();
  });

  it('are refused for details that are not plain data', () => {
    const error = coded('no tea', 'UNKNOWN_SKU', { details: { at: new URL('https://example.org') } });
    expect(() => rejectionPartsOf(error, ['UNKNOWN_SKU'])).toThrow(NotPlain);
  });

  it.each([
    { code: 404, known: undefined },
    { code: '', known: undefined },
    { code: 'C'.repeat(MAX_NAME_CHARS + 1), known: undefined },
    { code: 'C'.repeat(MAX_NAME_CHARS), known: 'C'.repeat(MAX_NAME_CHARS) },
  ])('have no code that is not a string or too long', ({ code, known }) => {
    expect(rejectionPartsOf(coded('no', code)).code).toBe(known);
  });

  it('are cut and marked if they are too long', () => {
    const error = new Error('m'.repeat(MAX_ERROR_CHARS + 1), { cause: new Error('c'.repeat(MAX_ERROR_CHARS + 1)) });
    error.stack = 's'.repeat(MAX_ERROR_CHARS + 1);
    const { message, stack, cause } = rejectionPartsOf(error);
    for (const text of [message, stack, cause?.message]) {
      expect(text).toHaveLength(MAX_ERROR_CHARS);
      expect(text).toMatch(/… \(cut\)$/);
    }
    expect(cut('short', 5)).toBe('short');
  });

  it('have a limited chain of causes, even if the chain is endless', () => {
    const error = new Error('no');
    error.cause = error;
    expect(causesOf(new Rejection(rejectionPartsOf(error)))).toBe(MAX_CAUSES);
    expect(causesOf(new Rejection(rejectionPartsOf(new Error('no', { cause: null }))))).toBe(1);
  });
});

describe('a rejection', () => {
  it('looks like the error of the plugin, and hides its parts', () => {
    class Late extends Error {
      override readonly name = 'Late';
    }
    const parts = rejectionPartsOf(Object.assign(new Late('too late'), { code: 'LATE' }));
    const rejection = new Rejection(parts);
    expect(rejection).toMatchObject({ name: 'Late', message: 'too late', code: 'LATE', parts });
    expect(String(rejection)).toBe('Late: too late');
    expect(Object.keys(rejection)).toEqual(['code']);
    expect('details' in new Rejection(rejectionPartsOf(new Error('no')))).toBe(false);
  });
});

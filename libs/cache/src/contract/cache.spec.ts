// The cache contract, version 1: valid answers and times to live.
import { describe, expect, it } from 'vitest';
import { assertTtl, CACHE_CONTRACT, CACHE_HOST_CONTRACT, isCacheLookup } from './index.js';

describe('CACHE_CONTRACT', () => {
  it('is version 1 of the kind "cache": get and set, and optionally leases, of at most 100 ms each', () => {
    expect(CACHE_CONTRACT).toMatchObject({ kind: 'cache', version: 1 });
    const rules = { timeoutMs: 100, errors: ['KEY_UNAVAILABLE'] };
    expect(CACHE_CONTRACT.methods).toEqual({
      get: { args: ['key'], ...rules },
      set: { args: ['key', 'value', 'ttlMs'], ...rules },
      acquire: { args: ['key', 'token', 'ttlMs'], ...rules, optional: true },
      renew: { args: ['key', 'token', 'ttlMs'], ...rules, optional: true },
      release: { args: ['key', 'token'], ...rules, optional: true },
    });
    expect(CACHE_HOST_CONTRACT).toMatchObject({ kind: 'cache', version: 1, output: { get: isCacheLookup } });
  });

  it.each(['0', '', 'false', 'null', '1134903170', '💾'])('accepts a hit with the value "%s"', (value) => {
    expect(isCacheLookup({ status: 'hit', value })).toBe(true);
  });

  it.each(['not-found', 'expired'])('accepts the miss "%s"', (status) => {
    expect(isCacheLookup({ status })).toBe(true);
  });

  it('accepts an answer with additional members', () => {
    expect(isCacheLookup({ status: 'expired', sinceMs: 3 })).toBe(true);
  });

  it.each([
    undefined,
    null,
    '',
    'hit',
    0,
    false,
    [],
    {},
    { value: '1' },
    { status: 'hit' },
    { status: 'hit', value: undefined },
    { status: 'hit', value: null },
    { status: 'hit', value: 1 },
    { status: 'HIT', value: '1' },
    { status: 'miss' },
    { status: undefined },
  ])('refuses the answer %j', (answer) => {
    expect(isCacheLookup(answer)).toBe(false);
  });
});

describe('assertTtl', () => {
  it.each([1, 2, 15_000, Number.MAX_SAFE_INTEGER])('accepts %d ms', (ttlMs) => {
    expect(() => assertTtl(ttlMs)).not.toThrow();
  });

  it.each([0, -0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1])(
    'refuses %d ms',
    (ttlMs) => {
      expect(() => assertTtl(ttlMs)).toThrow(
        new RangeError(`ttlMs is ${ttlMs}; wanted a whole number of milliseconds, at least 1`),
      );
    },
  );

  it('refuses a number in a string', () => {
    expect(() => assertTtl('1000' as unknown as number)).toThrow(RangeError);
  });
});

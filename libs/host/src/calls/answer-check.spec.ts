// Checks of answers against the contract, and their messages.
import type { SchemaResult, StandardSchema } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { answerCheck, WrongAnswer } from './answer-check.js';

/** A minimal Standard Schema v1. */
const schema = (validate: (value: unknown) => unknown): StandardSchema => ({
  '~standard': { version: 1, validate: validate as StandardSchema['~standard']['validate'] },
});
const failing: SchemaResult<never> = {
  issues: [
    { message: 'not a price', path: ['offers', 0, { key: Symbol('price') }] },
    { message: 'not an offer', path: [] },
    { message: 'not at all' },
  ],
};
const wrong = (message: string) => expect.objectContaining({ constructor: WrongAnswer, message }) as unknown;

describe('a predicate', () => {
  it('returns the answer, or refuses it without a message', () => {
    const check = answerCheck((answer) => answer === 'tea');
    expect(check('tea')).toBe('tea');
    expect(() => check('coffee')).toThrow(wrong(''));
  });

  it('refuses an answer by throwing, too', () => {
    const check = answerCheck((answer) => (answer as { price: { amount: number } }).price.amount > 0);
    expect(() => check({})).toThrow(wrong(''));
  });
});

describe('a schema', () => {
  it('returns its output to the caller', async () => {
    expect(answerCheck(schema((value) => ({ value: `${String(value)}!` })))('tea')).toBe('tea!');
    await expect(answerCheck(schema(async (value) => ({ value: [value] })))('tea')).resolves.toEqual(['tea']);
    expect(answerCheck(z.object({ price: z.coerce.bigint() }))({ price: '7', more: 1 })).toEqual({ price: 7n });
  });

  it('may be a function, or return a promise of another library', async () => {
    const callable = Object.assign(
      () => false,
      schema((value) => ({ value })),
    );
    expect(answerCheck(callable)('tea')).toBe('tea');
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = { then: (onResult: (result: unknown) => void) => onResult({ value: 'tea' }) };
    await expect(answerCheck(schema(() => thenable))('tea')).resolves.toBe('tea');
  });

  it('reports the place of the error in the answer', async () => {
    const message = 'offers.0.Symbol(price): not a price; not an offer; not at all';
    expect(() => answerCheck(schema(() => failing))('tea')).toThrow(wrong(message));
    await expect(answerCheck(schema(async () => failing))('tea')).rejects.toEqual(wrong(message));
    const offers = z.object({ offers: z.array(z.object({ price: z.number() })) });
    const places = /^offers\.1\.price: .*number.*; offers\.2: /;
    expect(() => answerCheck(offers)({ offers: [{ price: 1 }, { price: '2' }, null] })).toThrow(places);
  });

  it.each([
    { how: 'throws', validate: () => fail('no table'), expected: 'its schema threw: no table' },
    { how: 'rejects', validate: async () => fail('no table'), expected: 'its schema threw: no table' },
    { how: 'returns undefined', validate: () => undefined, expected: /^its schema threw: Cannot read/ },
    { how: 'resolves with null', validate: async () => null, expected: /^its schema threw: Cannot read/ },
    { how: 'returns invalid issues', validate: () => ({ issues: [null] }), expected: /^its schema threw: Cannot/ },
  ])('that $how refuses every answer', async ({ validate, expected }) => {
    const check = answerCheck(schema(validate));
    const outcome = await (async () => check('tea'))().catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(WrongAnswer);
    expect((outcome as WrongAnswer).message).toMatch(expected);
  });
});

it('accepts every answer without a check', () => {
  expect(answerCheck(undefined)(undefined)).toBeUndefined();
});

function fail(message: string): never {
  throw new Error(message);
}
